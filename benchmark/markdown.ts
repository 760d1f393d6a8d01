import { readFile, writeFile } from 'node:fs/promises'
import { spread, type Spread } from './statistics.ts'

const MARKED = /(<!-- bench:start -->\n)[^]*?(<!-- bench:end -->)/

/** A table whose first columns hold text, and the others figures. */
export function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>, textColumns = 1): string {
  const rule = head.map((_, column) => column < textColumns ? '---' : '---:')
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Median with minimum and maximum. */
export function ranged (values: readonly number[] | Spread, format: (value: number) => string): string {
  const { median, min, max } = 'median' in values ? values : spread(values)
  return `${format(median)} (${format(min)} to ${format(max)})`
}

/** Puts text between the markers of a file; one without markers stays as it is. */
export async function writeBetweenMarkers (file: URL, text: string): Promise<void> {
  const content = await readFile(file, 'utf8')
  await writeFile(file, content.replace(MARKED, (_all, start: string, end: string) => `${start}\n${text}\n\n${end}`))
}
