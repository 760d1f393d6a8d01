import type { Figures } from '../contest.ts'
import { atMost } from '../goal.ts'
import { ranged, table } from '../markdown.ts'
import type { Section } from '../section.ts'

/** The first is what the others are compared with, unless they say otherwise. */
export const operateServers: readonly string[] = ['operate-no-history', 'netlify-functions', 'operate-metrics', 'operate-logger', 'operate-logs', 'operate-tracing']

/** Of CPU time per request. */
const METRICS = 1.03

/** Reports what it costs to watch `hello`. */
export function operateSection (figures: readonly Figures[]): Section {
  const cpuOf = (name: string): number => figures.find((own) => own.name === name)?.cpu ?? NaN
  const rows = figures.map(({ title, cpu, cpuOfBursts }) => [
    title, `${cpu.toFixed(1)} µs`, `${(cpu / cpuOf('netlify-functions')).toFixed(3)} ×`, ranged(cpuOfBursts, (value) => value.toFixed(1))
  ])
  return {
    title: 'Logs, metrics and traces',
    text: table(['`hello`', 'CPU time per request', 'of the defaults\'', 'µs per request, by burst'], rows),
    goals: [atMost('`hello` with `metrics`: CPU time per request', 'without', METRICS, cpuOf('operate-metrics') / cpuOf('netlify-functions'))]
  }
}
