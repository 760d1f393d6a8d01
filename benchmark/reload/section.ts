import { atMost, type GoalResult } from '../goal.ts'
import { titles } from '../isolation.ts'
import { ranged, table } from '../markdown.ts'
import type { Section } from '../section.ts'
import type { Remains } from './remains.ts'
import type { ReloadFigures } from './traffic.ts'

/** In threads, memory may be so many times what it was. */
const MOST = 1.05
/** Of the reasons of failures, which may be many. */
const SHOWN = 3

/** Reports what reloads cost those who make requests, and what they leave behind. */
export function reloadSection (reloads: readonly ReloadFigures[], remains: readonly Remains[]): Section {
  const traffic = table(['a site that is reloaded under load, functions', 'reloads', 'a reload, ms', 'requests', 'failed', 'p99, ms'], reloads.map((figures) => [
    `${figures.functions}, ${titles[figures.isolation]}`,
    String(figures.reloads.length),
    ranged(figures.reloads, (value) => value.toFixed(0)),
    figures.requests.toLocaleString('en'),
    failed(figures),
    ranged(figures.p99, (value) => value.toFixed(1))
  ]))
  const memory = table(['a function is changed and reloaded', 'after', 'and after', 'its size, KB', 'heap, MB', 'whole process, MB', 'bytes left for each byte changed'], remains.map((figures) => {
    const { isolation, few, many, source, before, after } = figures
    return [
      titles[isolation],
      String(few),
      String(many),
      (source / 1024).toFixed(0),
      `${megabytes(before.heapUsed)} → ${megabytes(after.heapUsed)}`,
      `${megabytes(before.rss)} → ${megabytes(after.rss)}`,
      ((after.rss - before.rss) / (many - few) / source).toFixed(1)
    ]
  }))
  return { title: 'Reload', text: `${traffic}\n\n${memory}`, goals: [...reloads.map(trafficGoal), ...remains.flatMap(memoryGoals)] }
}

function failed ({ failures }: ReloadFigures): string {
  const kinds = [...new Set(failures)]
  const others = kinds.length > SHOWN ? ', …' : ''
  return kinds.length === 0 ? '0' : `${failures.length}: ${kinds.slice(0, SHOWN).join(', ')}${others}`
}

function trafficGoal ({ isolation, reloads, requests, failures: { length } }: ReloadFigures): GoalResult {
  const work = `${reloads.length} reloads under load, ${titles[isolation]}: failed requests`
  return { work, against: `of ${requests.toLocaleString('en')}`, goal: '0', measured: String(length), reached: length === 0 }
}

/** Inline, Node.js keeps every version of a module. */
function memoryGoals ({ isolation, few, many, before, after }: Remains): GoalResult[] {
  if (isolation === 'inline') return []
  return [
    atMost(`memory: heap after ${many} reloads, in threads`, `after ${few}`, MOST, after.heapUsed / before.heapUsed),
    atMost(`memory: process after ${many} reloads, in threads`, `after ${few}`, MOST, after.rss / before.rss)
  ]
}

function megabytes (bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}
