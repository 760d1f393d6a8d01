import { format } from 'node:util'
import type { FastifyBaseLogger } from 'fastify'
import type { LogLevel, LogMessage } from './messages.ts'
import { packDetails, packError } from './portable-error.ts'

/** Makes the log of whatever `callOf` gives the number of, or of what belongs to no call; the pool writes it. */
export function createThreadLog (callOf: () => number | undefined, post: (message: LogMessage) => void): FastifyBaseLogger {
  const write = (level: LogLevel) => (...args: unknown[]): void => {
    const [first, ...others] = args
    const { err, ...details } = typeof first === 'object' && first !== null ? first as { err?: unknown } : {}
    const text = typeof first === 'string' ? args : others
    post({ type: 'log', call: callOf(), level, details: packDetails(details), error: err === undefined ? undefined : packError(err), text: format(...text) })
  }
  const log = {
    level: 'trace',
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    silent () {},
    child: () => log
  }
  // What a call logs with; the rest of a logger is the server's affair.
  return log as unknown as FastifyBaseLogger
}
