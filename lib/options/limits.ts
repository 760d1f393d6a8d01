import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { ConcurrencyLimits } from '../server/concurrency.ts'
import { isCount, isLimit, isRecord } from './kinds.ts'
import { numbers } from './numbers.ts'

/** Time and size. `Infinity` means no limit. */
export interface Limits {
  /**
   * Milliseconds a request may take, its stream included. `config.timeout`, in seconds, overrides it for one function.
   * @default 10_000
   */
  timeout?: number
  /**
   * Milliseconds a background function may run.
   * @default 900_000
   */
  backgroundTimeout?: number
  /**
   * Milliseconds a scheduled function may run.
   * @default 30_000
   */
  scheduledTimeout?: number
  /**
   * Bytes of a request body. A finite limit has the body read whole before the call; `Infinity` streams it.
   * @default 6_291_456
   */
  requestBody?: number
  /**
   * Bytes of the body that a Lambda-compatible function returns.
   * @default 6_291_456
   */
  responseBody?: number
  /**
   * Bytes of the body of a `Response`, streamed or not.
   * @default 20_971_520
   */
  streamedBody?: number
  /**
   * Bytes of the body of a call of a background function.
   * @default 262_144
   */
  backgroundBody?: number
  /**
   * Invocations under way at once, streams included; one more gets 503. A number counts all functions together.
   * Background and scheduled runs count under `background.concurrency` instead.
   * @default Infinity
   */
  concurrency?: number | { total?: number, perFunction?: number }
}

export type ResolvedLimits = Readonly<Required<Omit<Limits, 'concurrency'>>> & { readonly concurrency: ConcurrencyLimits }

/** Every default of {@link Limits}. */
export const defaultLimits: ResolvedLimits = Object.freeze({
  timeout: 10_000,
  backgroundTimeout: 900_000,
  scheduledTimeout: 30_000,
  requestBody: 6 * 1024 * 1024,
  responseBody: 6 * 1024 * 1024,
  streamedBody: 20 * 1024 * 1024,
  backgroundBody: 256 * 1024,
  concurrency: Object.freeze({ total: Infinity, perFunction: Infinity })
})

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolveLimits (limits: Limits | undefined): ResolvedLimits {
  if (limits !== undefined && !isRecord(limits)) throw new FST_NETLIFY_INVALID_OPTION('limits', 'must be an object')
  const { concurrency, ...others } = limits ?? {}
  const { concurrency: anyNumber, ...defaults } = defaultLimits
  const given: unknown = typeof concurrency === 'number' ? { total: concurrency } : concurrency
  if (given !== undefined && !isRecord(given)) throw new FST_NETLIFY_INVALID_OPTION('limits.concurrency', 'must be a number, or { total?, perFunction? }')
  return Object.freeze({
    ...numbers('limits', others, defaults, isLimit, 'must be a number greater than 0, or Infinity', Object.keys(defaultLimits)),
    concurrency: numbers('limits.concurrency', given, { ...anyNumber }, isCount, 'must be a whole number of at least 1, or Infinity')
  })
}
