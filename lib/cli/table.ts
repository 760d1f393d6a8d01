import { cut, toLine } from './text.ts'
import type { Style, Terminal } from './terminal.ts'

export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  readonly style?: Style
  /** Left out where the terminal is narrow. */
  readonly isSpare?: boolean
}

const GAP = 2
const LEAST_WIDTH = 5
/** Characters below which a terminal is narrow. */
const NARROW = 60

/** Draws rows below each other, in lines that fit the terminal. Texts may be anybody's. */
export function drawTable<Row> (rows: readonly Row[], all: ReadonlyArray<Column<Row>>, { width, paint }: Pick<Terminal, 'width' | 'paint'>): string {
  const columns = all.filter(({ isSpare = false }) => !isSpare || width >= NARROW)
  const cells = rows.map((row) => columns.map(({ text }) => toLine(text(row))))
  const titles = columns.map(({ title }) => title)
  const widths = fit(titles.map((title, index) => Math.max(title.length, ...cells.map((texts) => texts[index]!.length))), width)
  const line = (texts: readonly string[], styleOf: (index: number) => Style | undefined): string => texts.map((text, index) => {
    const cell = cut(text, widths[index]!)
    const padding = index === texts.length - 1 ? '' : ' '.repeat(widths[index]! - cell.length + GAP)
    const style = styleOf(index)
    return (style === undefined ? cell : paint(style, cell)) + padding
  }).join('').trimEnd()
  return [line(titles, () => 'bold'), ...cells.map((texts) => line(texts, (index) => columns[index]!.style))].map((text) => `${text}\n`).join('')
}

/** Takes from the widest column until the line fits. */
function fit (wanted: readonly number[], width: number): number[] {
  const widths = [...wanted]
  let over = widths.reduce((sum, each) => sum + each + GAP, -GAP) - width
  while (over > 0) {
    const widest = Math.max(...widths)
    if (widest <= LEAST_WIDTH) break
    widths[widths.indexOf(widest)] = widest - 1
    over--
  }
  return widths
}
