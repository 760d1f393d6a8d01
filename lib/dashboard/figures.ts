import type { Summary } from './tally.ts'

/** What stands for a figure that there is none of. */
const NONE = '–'

/** A duration, in the unit that it is read best in. */
export function duration (milliseconds: number | undefined): string {
  if (milliseconds === undefined) return NONE
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  return milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${(milliseconds / 60_000).toFixed(1)} min`
}

export function rate (perSecond: number): string {
  if (perSecond === 0) return '0'
  if (perSecond < 0.1) return perSecond.toFixed(2)
  return perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))
}

/** The share that failed: never 0 % if any did. */
export function errorRate ({ count, failed }: Pick<Summary, 'count' | 'failed'>): string {
  if (count === 0) return NONE
  const percent = failed / count * 100
  if (failed > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent === 0 || percent >= 10 ? Math.round(percent) : percent.toFixed(1)} %`
}

export function count (number: number): string {
  return number.toLocaleString('en')
}

export function bytes (number: number): string {
  if (number < 1024) return `${number} B`
  return number < 1024 ** 2 ? `${(number / 1024).toFixed(1)} KB` : `${(number / 1024 ** 2).toFixed(1)} MB`
}
