import type { EventEmitter } from 'node:events'
import type { FastifyBaseLogger } from 'fastify'
import { requirePackage } from '../build/optional-package.ts'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { LogEntry } from './entry.ts'

/** Where entries are written, and when the next file is begun. */
export interface LogFileSettings {
  /** Absolute; a number is added before the ending. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds, or by the clock. */
  readonly frequency: 'daily' | 'hourly' | number | undefined
  /** Files beside the one that is written. */
  readonly keep: number
}

export interface LogFile {
  write (entry: LogEntry): void
  /** Writes what is left, and closes the file. Never rejects. Idempotent. */
  close (): Promise<void>
}

/** What pino-roll gives, as far as it is used here. */
interface RollingStream extends EventEmitter {
  write (text: string): boolean
  flush (): void
  end (): void
  destroy (): void
}
type OpenRollingStream = (options: Readonly<Record<string, unknown>>) => Promise<RollingStream>

const PACKAGE: string = 'pino-roll'
/** Bytes that wait for a slow disk; what comes on top is lost. */
const MOST_WAITING = 8 * 1024 * 1024
const PAUSE = 1000

/**
 * Opens the file that entries go to, one JSON line each. A disk that refuses them later is logged, once until it takes
 * them again, and costs the entries only.
 *
 * @param pause milliseconds between attempts to write to a disk that refuses
 * @throws FST_NETLIFY_MISSING_PACKAGE, FST_NETLIFY_INVALID_OPTION if it cannot be written
 */
export async function openLogFile ({ path, size, frequency, keep }: LogFileSettings, log: Pick<FastifyBaseLogger, 'error' | 'info'>, pause: number = PAUSE): Promise<LogFile> {
  requirePackage('logs.file', PACKAGE)
  const stream = await open({
    file: path,
    size: `${size}b`,
    ...(frequency !== undefined && { frequency }),
    limit: { count: keep, removeOtherLogFiles: true },
    mkdir: true,
    maxLength: MOST_WAITING,
    // With any other, it would not flush.
    minLength: 1
  }, path)
  let failedAt: number | undefined
  let lost = 0
  let closing: Promise<void> | undefined

  stream.on('error', (error: Error) => {
    if (failedAt === undefined) log.error({ err: error, file: path }, 'entries of the log of functions cannot be written to their file')
    failedAt = performance.now()
  })
  stream.on('drop', () => { lost++ })
  stream.on('write', () => {
    if (failedAt === undefined) return
    log.info({ file: path, lost }, 'entries of the log of functions are written to their file again')
    failedAt = undefined
    lost = 0
  })

  return {
    write (entry) {
      if (closing !== undefined) return
      if (failedAt === undefined) stream.write(`${JSON.stringify(entry)}\n`)
      else retry(failedAt)
    },
    close () {
      closing ??= close()
      return closing
    }
  }

  /** With what waits already: more would only wait as well. */
  function retry (since: number): void {
    lost++
    if (performance.now() - since < pause) return
    failedAt = performance.now()
    stream.flush()
  }

  async function close (): Promise<void> {
    await new Promise<void>((resolve) => {
      stream.once('close', resolve)
      // It does not close after that.
      stream.once('error', () => {
        stream.destroy()
        resolve()
      })
      stream.end()
    })
  }
}

async function open (options: Readonly<Record<string, unknown>>, path: string): Promise<RollingStream> {
  const { default: build } = await import(PACKAGE) as { default: OpenRollingStream }
  try {
    const stream = await build(options)
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject)
      stream.once('ready', () => {
        stream.off('error', reject)
        resolve()
      })
    })
    return stream
  } catch (error) {
    throw new FST_NETLIFY_INVALID_OPTION('logs.file', `names a file that cannot be written, ${path}: ${(error as Error).message}`, { cause: error })
  }
}
