import type { FunctionInfo } from '../index.ts'
import { failedOf } from './site.ts'
import { drawTable, type Column } from './table.ts'
import { cut, toLine } from './text.ts'
import type { Terminal } from './terminal.ts'

const COLUMNS: ReadonlyArray<Column<FunctionInfo>> = [
  { title: 'FUNCTION', text: ({ name }) => name, style: 'cyan' },
  { title: 'KIND', text: ({ kind }) => kind ?? '?' },
  { title: 'METHOD', text: ({ config }) => config?.method?.join(' ') ?? 'any', isSpare: true },
  { title: 'PATH OR SCHEDULE', text: whereOf },
  { title: 'RUNS', text: ({ isolation }) => isolation ?? '-', style: 'dim', isSpare: true }
]
const LONGEST_REASON = 500

/** Draws a site's functions, `most` of them, and below why some cannot run. */
export function drawFunctions (functions: readonly FunctionInfo[], terminal: Terminal, most: number = Infinity): string {
  const failed = failedOf(functions)
  const ready = functions.filter(({ state }) => state !== 'failed')
  return [
    ready.length === 0 ? '' : drawTable(ready.slice(0, most), COLUMNS, terminal),
    rest(ready.length - most),
    ...failed.slice(0, most).map((info) => drawFailure(info, terminal)),
    rest(failed.length - most)
  ].join('')
}

function drawFailure ({ name, error }: FunctionInfo, { paint }: Terminal): string {
  return `${paint('red', `failed ${toLine(name)}:`)} ${cut(toLine(error?.message ?? 'unknown reason'), LONGEST_REASON)}\n`
}

function rest (count: number): string {
  return count > 0 ? `and ${count.toLocaleString('en')} more\n` : ''
}

function whereOf ({ schedule, events, routes }: FunctionInfo): string {
  if (schedule !== undefined) return `${schedule} (UTC)`
  return events.length > 0 ? `event ${events.join(', ')}` : routes.join(', ')
}
