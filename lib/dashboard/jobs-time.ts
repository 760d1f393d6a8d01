import { html, type Html } from './html.ts'

const UNITS: ReadonlyArray<readonly [milliseconds: number, name: string]> = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1_000, 's']]

/** A moment in UTC. */
export function moment (time: number | Date): Html {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return html`unknown`
  const iso = date.toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`
}

/** A moment in UTC, and below it by the browser's clock, which the page's script knows. */
export function twoClocks (time: Date): Html {
  return html`${moment(time)}<time class="local" datetime="${time.toISOString()}" data-local></time>`
}

/** How long ago, or how long until then, with the moment itself behind it. */
export function distance (time: number, now: number): Html {
  const date = new Date(time)
  const title = Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString()
  const text = time > now ? `in ${span(time - now)}` : `${span(now - time)} ago`
  return html`<time datetime="${title}" title="${title}" data-relative>${text}</time>`
}

/** A length of time, in the largest unit that it fills. */
function span (milliseconds: number): string {
  const [size, name] = UNITS.find(([size]) => milliseconds >= size) ?? []
  return size === undefined ? `${Math.max(0, Math.round(milliseconds))} ms` : `${Math.floor(milliseconds / size)} ${name}`
}
