import { atMost, type GoalResult } from '../goal.ts'
import { ranged, table } from '../markdown.ts'
import type { Reference } from '../reference.ts'
import type { Section } from '../section.ts'
import type { BootTimes } from './times.ts'

/** Reports the boot times. */
export function bootSection (boot: BootTimes, reference: Reference): Section {
  const { functions, cold, warm } = boot
  const rows = [
    [`${functions} TypeScript functions, no cache`, ranged(cold, seconds)],
    [`${functions} TypeScript functions, unchanged since the last boot`, ranged(warm, seconds)]
  ]
  return {
    title: 'Boot',
    text: table(['boot', 'process start to first 200, s'], rows),
    goals: [goal('no cache', cold.median, 1 / 8), goal('unchanged', warm.median, 1 / 12)]
  }

  function goal (what: string, milliseconds: number, part: number): GoalResult {
    return atMost(`boot, ${functions} TypeScript functions, ${what}`, `${reference.title}, ${seconds(reference.boot)} s`, part, milliseconds / reference.boot)
  }
}

function seconds (milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2)
}
