import { prettyFactory } from 'pino-pretty'
import { toSingleLines } from './text.ts'
import type { Terminal } from './terminal.ts'

export interface LogOptions {
  readonly level: string
  readonly isPretty: boolean
  readonly terminal: Terminal
  /** Called before each line. */
  readonly beforeLine?: () => void
  /** Whether lines are left out for the time being. */
  readonly isMuted?: () => boolean
  /** Default: the standard output. */
  readonly output?: NodeJS.WriteStream
}

/** Options of the app's logger. */
export interface Logger {
  readonly level: string
  readonly stream: { write (line: string): void }
}

const DEEPEST = 8

/** Makes a logger that writes at once: lines for a person, or one JSON text each. */
export function createLogger ({ level, isPretty, terminal, beforeLine, isMuted, output = process.stdout }: LogOptions): Logger {
  const colorize = (output === process.stderr ? terminal.paintError : terminal.paint)('red', ' ') !== ' '
  const format = isPretty ? prettyFactory({ colorize, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true }) : undefined
  return {
    level,
    stream: {
      write (line) {
        if (isMuted?.()) return
        beforeLine?.()
        output.write(format === undefined ? line : format(harmless(JSON.parse(line), 0)))
      }
    }
  }
}

/** JSON shows a control character as text; a terminal obeys it. */
function harmless (value: unknown, depth: number): unknown {
  if (typeof value === 'string') return toSingleLines(value)
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value
  if (Array.isArray(value)) return value.map((item) => harmless(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toSingleLines(key), harmless(item, depth + 1)]))
}
