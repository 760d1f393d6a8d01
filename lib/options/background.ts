import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { hostEnv } from '../invoke/process-env.ts'
import { readSealKeys } from '../queue/sealed-headers.ts'
import { LONGEST_TIMER } from '../queue/within.ts'
import type { ConcurrencyLimits } from '../server/concurrency.ts'
import { isCount, isHeaderName, isNatural, isRecord, isText } from './kinds.ts'
import { numbers } from './numbers.ts'

/** How background functions run. */
export interface BackgroundOptions {
  /**
   * Jobs run at once in this process. A number counts all functions together.
   * @default { total: 10, perFunction: Infinity }
   */
  concurrency?: number | { total?: number, perFunction?: number }
  /**
   * Milliseconds to wait before each further attempt of a job that threw; then it is kept as failed.
   * @default [60_000, 120_000]
   */
  retryDelays?: readonly number[]
  /**
   * Milliseconds that `app.close()` gives to running jobs, and to promises given to `waitUntil`.
   * @default 30_000
   */
  drainTimeout?: number
  /**
   * Milliseconds after which the jobs of a process that was killed go to another one, or to the next one. A process that
   * stands still for longer loses its jobs, too, and they run twice.
   * @default 30_000
   */
  leaseDuration?: number
  /**
   * Names of request headers that are stored encrypted, if there is a key, and never shown by `jobs`.
   * @default ['authorization', 'cookie']
   */
  secretHeaders?: readonly string[]
  /**
   * The key of these headers: 32 bytes in hex or base64. Of several, separated by commas, the first encrypts and all decrypt.
   * @default the environment variable NETLIFY_QUEUE_KEY, else none; the headers are stored as they are
   */
  encryptionKey?: string
}

export type ResolvedBackground = Readonly<Required<Omit<BackgroundOptions, 'concurrency' | 'encryptionKey'>>> & {
  readonly concurrency: ConcurrencyLimits
  readonly encryptionKey: string | undefined
}

/** Every default of {@link BackgroundOptions}. */
export const defaultBackground: ResolvedBackground = Object.freeze({
  concurrency: Object.freeze({ total: 10, perFunction: Infinity }),
  retryDelays: Object.freeze([60_000, 120_000]),
  drainTimeout: 30_000,
  leaseDuration: 30_000,
  secretHeaders: Object.freeze(['authorization', 'cookie']),
  encryptionKey: undefined
})

/** Shorter ones would end while a process merely collects garbage. */
const LEAST_LEASE = 100
const KEY_VARIABLE = 'NETLIFY_QUEUE_KEY'

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolveBackground (option: BackgroundOptions | undefined, env: Readonly<Record<string, string>>): ResolvedBackground {
  if (option !== undefined && !isRecord(option)) throw new FST_NETLIFY_INVALID_OPTION('background', 'must be an object')
  const given: BackgroundOptions = option ?? {}
  const { concurrency, retryDelays = defaultBackground.retryDelays, secretHeaders = defaultBackground.secretHeaders, encryptionKey, ...times } = given
  const { drainTimeout, leaseDuration } = defaultBackground
  const counts: unknown = typeof concurrency === 'number' ? { total: concurrency } : concurrency
  if (counts !== undefined && !isRecord(counts)) throw new FST_NETLIFY_INVALID_OPTION('background.concurrency', 'must be a number, or { total?, perFunction? }')
  if (!Array.isArray(retryDelays) || !retryDelays.every(isNatural)) {
    throw new FST_NETLIFY_INVALID_OPTION('background.retryDelays', 'must be a list of whole numbers, milliseconds, for instance [60_000, 120_000]')
  }
  if (!Array.isArray(secretHeaders) || !secretHeaders.every((name) => isHeaderName(name))) {
    throw new FST_NETLIFY_INVALID_OPTION('background.secretHeaders', 'must be a list of names of headers, for instance [\'authorization\', \'cookie\']')
  }
  const resolved = {
    ...numbers('background', times, { drainTimeout, leaseDuration }, isNatural, 'must be a whole number of at least 0', Object.keys(defaultBackground)),
    concurrency: numbers('background.concurrency', counts, { ...defaultBackground.concurrency }, isCount, 'must be a whole number of at least 1'),
    retryDelays: Object.freeze([...retryDelays]),
    secretHeaders: Object.freeze(secretHeaders.map((name: string) => name.toLowerCase())),
    encryptionKey: encryptionKeyOf(encryptionKey, env)
  }
  if (resolved.concurrency.total === Infinity) throw new FST_NETLIFY_INVALID_OPTION('background.concurrency.total', 'must be a whole number; each of these jobs runs in this process')
  if (resolved.leaseDuration < LEAST_LEASE || resolved.leaseDuration > LONGEST_TIMER) {
    throw new FST_NETLIFY_INVALID_OPTION('background.leaseDuration', `must be at least ${LEAST_LEASE} ms and at most ${LONGEST_TIMER}`)
  }
  return Object.freeze(resolved)
}

function encryptionKeyOf (given: unknown, env: Readonly<Record<string, string>>): string | undefined {
  const key = given === undefined ? { ...hostEnv.toObject(), ...env }[KEY_VARIABLE] : given
  if (key === undefined || (given === undefined && key === '')) return undefined
  if (isText(key) && readSealKeys(key) !== undefined) return key
  const rule = 'must be 32 bytes in hex or base64, as `openssl rand -hex 32` writes them; several are separated by commas'
  throw new FST_NETLIFY_INVALID_OPTION('background.encryptionKey', given === undefined ? `is taken from the variable ${KEY_VARIABLE}, which ${rule}` : rule)
}
