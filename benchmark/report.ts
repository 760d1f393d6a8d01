import { readFile, writeFile } from 'node:fs/promises'
import type { BootTimes } from './boot.ts'
import { BASELINE, type Figures } from './contest.ts'
import { spread, type Spread } from './statistics.ts'

const MARKED = /(<!-- bench:start -->\n)[^]*?(<!-- bench:end -->)/

/** The figures of one workload as a Markdown table, the server that needs the least CPU time first. */
export function figuresTable (figures: readonly Figures[]): string {
  const baseline = figures.find(({ name }) => name === BASELINE)?.cpu
  const rows = figures.toSorted((a, b) => a.cpu - b.cpu).map(({ title, cpu, cpuOfBursts, requestsPerSecond, p99 }) => [
    title,
    `${cpu.toFixed(1)} µs`,
    baseline === undefined ? '' : `${(baseline / cpu).toFixed(2)} ×`,
    ranged(spread(cpuOfBursts), (value) => value.toFixed(1)),
    ranged(spread(requestsPerSecond), (value) => Math.round(value).toLocaleString('en')),
    ranged(spread(p99), (value) => value.toFixed(1))
  ])
  return table(['server', 'CPU time per request', 'speed by CPU time', 'µs per request, by burst', 'requests/s', 'p99, ms'], rows)
}

export function bootTable ({ functions, cold, warm }: BootTimes): string {
  const seconds = (value: number): string => (value / 1000).toFixed(2)
  return table(['boot', 'process start to first 200, s'], [
    [`${functions} TypeScript functions, no cache`, ranged(cold, seconds)],
    [`${functions} TypeScript functions, unchanged since the last boot`, ranged(warm, seconds)]
  ])
}

/** Puts text between the markers of a file; one without markers stays as it is. */
export async function writeBetweenMarkers (file: URL, text: string): Promise<void> {
  const content = await readFile(file, 'utf8')
  await writeFile(file, content.replace(MARKED, (_all, start: string, end: string) => `${start}\n${text}\n\n${end}`))
}

function ranged ({ median, min, max }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(min)} to ${format(max)})`
}

function table (head: readonly string[], rows: readonly string[][]): string {
  const rule = head.map((_, column) => column === 0 ? '---' : '---:')
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
