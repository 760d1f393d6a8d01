import { prettyFactory } from 'pino-pretty'
import { shortLine } from './short-line.ts'
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
  /** Whether people get the whole of lines about invocations, and of errors that show where in the site they are. */
  readonly isVerbose?: boolean
  /** Whether people get no line for a function that cannot run, as a table is going to name it. */
  readonly hidesFailures?: () => boolean
  /** Default: the standard output. */
  readonly output?: NodeJS.WriteStream
}

/** Options of the app's logger. */
export interface Logger {
  readonly level: string
  readonly stream: { write (line: string): void }
}

interface Line extends Readonly<Record<string, unknown>> {
  readonly err?: { readonly code?: string, readonly message?: string }
  readonly msg?: string
}

const DEEPEST = 8
/** Errors whose message shows the place in the site; the rest of them shows ours. */
const PLACED: ReadonlySet<string | undefined> = new Set(['FST_NETLIFY_BUILD_FAILED', 'FST_NETLIFY_LOAD_FAILED'])

/** Makes a logger that writes at once: lines for a person, or one JSON text each. */
export function createLogger ({ level, isPretty, terminal, beforeLine, isMuted, isVerbose, hidesFailures, output = process.stdout }: LogOptions): Logger {
  const colorize = (output === process.stderr ? terminal.paintError : terminal.paint)('red', ' ') !== ' '
  const format = isPretty ? prettyFactory({ colorize, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true }) : undefined
  return {
    level,
    stream: {
      write (line) {
        if (isMuted?.()) return
        const text = format === undefined ? line : pretty(JSON.parse(line), format)
        if (text === undefined) return
        beforeLine?.()
        output.write(text)
      }
    }
  }

  function pretty (line: Line, format: (line: unknown) => string): string | undefined {
    const isFailure = !isVerbose && PLACED.has(line.err?.code)
    if (isFailure && hidesFailures?.()) return undefined
    return format(harmless(isVerbose ? line : isFailure ? shorten(line) : shortLine(line), 0))
  }
}

function shorten ({ err, msg, ...line }: Line): Line {
  return { ...line, msg: `${msg}: ${err?.message}` }
}

/** JSON shows a control character as text; a terminal obeys it. */
function harmless (value: unknown, depth: number): unknown {
  if (typeof value === 'string') return toSingleLines(value)
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value
  if (Array.isArray(value)) return value.map((item) => harmless(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toSingleLines(key), harmless(item, depth + 1)]))
}
