import { html, type Html } from './html.ts'
import type { Point } from './tally.ts'

const WIDTH = 120
const HEIGHT = 24
const WIDE = 600
const TALL = 160
const LEAST_POINTS = 10

/** Draws a small plot that needs no script. */
export function sparkline (values: readonly number[], label: string): Html {
  const highest = Math.max(...values, 1)
  const points = pointsOf(values.map((value) => value / highest), WIDTH, HEIGHT)
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}"><polygon points="0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}"/><polyline points="${points}"/></svg>`
}

/** Draws lines over the last hour; the page's script puts a plot with axes in their place. */
export function plot (name: string, caption: string, hour: readonly Point[], lines: ReadonlyArray<{ readonly label: string, readonly unit: string, readonly of: (point: Point) => number | undefined }>): Html {
  const points = withoutIdleStart(hour)
  const values = lines.map(({ of }) => points.map((point) => of(point) ?? null))
  const highest = Math.max(...values.flat().map((value) => value ?? 0), 0)
  const now = points.at(-1)?.at ?? 0
  const data = {
    // Minutes before now: the clock of the statistics is not the day's.
    ago: points.map(({ at }) => Math.round((now - at) / 1000)),
    lines: lines.map(({ label, unit }, index) => ({ label, unit, values: values[index]?.map(rounded) }))
  }
  return html`<figure class="plot" data-key="plot-${name}" data-plot="${JSON.stringify(data)}">
<figcaption>${caption}<span class="legend">${lines.map(({ label }, index) => html` <span class="line-${index}">${label}</span>`)}</span></figcaption>
<svg viewBox="0 0 ${WIDE} ${TALL}" preserveAspectRatio="none" role="img" aria-label="${caption}; at most ${rounded(highest) ?? 0} ${lines[0]?.unit}">
${values.map((line, index) => html`<polyline class="line-${index}" points="${pointsOf(line.map((value) => highest === 0 ? 0 : (value ?? 0) / highest), WIDE, TALL)}"/>`)}</svg>
<div class="canvas" data-keep="always" data-key="canvas-${name}" hidden></div>
</figure>`
}

/** What a process that is young has to show would else be a dot at the edge. */
function withoutIdleStart (hour: readonly Point[]): readonly Point[] {
  const first = hour.findIndex(({ count }) => count > 0)
  return hour.slice(Math.max(0, Math.min(first === -1 ? 0 : first, hour.length - LEAST_POINTS)))
}

/** @param shares of the height */
function pointsOf (shares: readonly number[], width: number, height: number): string {
  const step = width / Math.max(1, shares.length - 1)
  return shares.map((share, index) => `${(index * step).toFixed(1)},${(height - 1 - share * (height - 2)).toFixed(1)}`).join(' ')
}

function rounded (value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(3))
}
