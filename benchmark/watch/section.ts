import { lessThan } from '../goal.ts'
import { ranged, table } from '../markdown.ts'
import type { Section } from '../section.ts'
import { spread } from '../statistics.ts'
import type { SaveTimes } from './saves.ts'

const GOAL = 100

/** Reports how soon a change is served. */
export function watchSection ({ functions, times }: SaveTimes): Section {
  return {
    title: 'Watch',
    text: table(['`watch`', 'saves', 'from save to served, ms'], [[`one of ${functions} functions is saved`, String(times.length), ranged(times, (value) => value.toFixed(0))]]),
    goals: [lessThan(`from save to served, one of ${functions} functions, \`watch\``, GOAL, spread(times).median)]
  }
}
