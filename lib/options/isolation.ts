import { availableParallelism } from 'node:os'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { IsolationMode } from '../functions/definition.ts'
import type { IsolationRules } from '../invoke/isolation.ts'

/** Where functions run. See docs/isolation.md. */
export interface IsolationOptions {
  /**
   * Functions that a client waits for.
   * @default 'inline'
   */
  request?: IsolationMode
  /**
   * Background functions.
   * @default 'thread'
   */
  background?: IsolationMode
  /**
   * Scheduled functions.
   * @default 'thread'
   */
  scheduled?: IsolationMode
  /**
   * By globs for the names of functions, such as `{ 'report-*': 'thread' }`. The first that fits counts, whatever the kind.
   * @default {}
   */
  functions?: Readonly<Record<string, IsolationMode>>
  /**
   * Threads that are kept ready, and at most. Requests have threads of their own, and so has every size of memory. A number
   * is the most.
   * @default { min: 1, max: os.availableParallelism() }
   */
  threads?: number | { min?: number, max?: number }
  /**
   * Megabytes of a thread's heap and buffers; a function that takes more ends its thread. `config.memory` overrides it for
   * one function.
   * @default 1024
   */
  memory?: number
  /**
   * Milliseconds after which a thread that has nothing to do ends, if there are more than `threads.min`.
   * @default 60_000
   */
  idleTimeout?: number
}

/** The option `isolation` with every default filled in. */
export interface ResolvedIsolation extends IsolationRules {
  readonly threads: { readonly min: number, readonly max: number }
  readonly memory: number
  readonly idleTimeout: number
}

/** Every default of the option `isolation`. */
export const defaultIsolation: ResolvedIsolation = Object.freeze({
  request: 'inline',
  background: 'thread',
  scheduled: 'thread',
  functions: Object.freeze({}),
  threads: Object.freeze({ min: 1, max: availableParallelism() }),
  memory: 1024,
  idleTimeout: 60_000
})

const KINDS = ['request', 'background', 'scheduled'] as const
const KEYS = [...KINDS, 'functions', 'threads', 'memory', 'idleTimeout']
/** Megabytes; with less, there is hardly room for more than the thread itself. */
const LEAST_MEMORY = 64

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolveIsolation (option: unknown): ResolvedIsolation {
  if (option === undefined) return defaultIsolation
  if (isMode(option)) return Object.freeze({ ...defaultIsolation, request: option, background: option, scheduled: option })
  if (!isRecord(option)) throw invalid('', 'must be \'inline\', \'thread\', or an object such as { request: \'thread\' }')
  const unknown = Object.keys(option).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) throw invalid(`.${unknown}`, `is not known; the keys are ${KEYS.join(', ')}`)
  return Object.freeze({
    ...defaultIsolation,
    ...Object.fromEntries(KINDS.filter((kind) => option[kind] !== undefined).map((kind) => [kind, modeOf(`.${kind}`, option[kind])])),
    functions: functionsOf(option.functions ?? {}),
    threads: threadsOf(option.threads ?? {}),
    memory: numberOf('.memory', option.memory, defaultIsolation.memory, LEAST_MEMORY, 'megabytes'),
    idleTimeout: numberOf('.idleTimeout', option.idleTimeout, defaultIsolation.idleTimeout, 0, 'milliseconds')
  })
}

function functionsOf (functions: unknown): IsolationRules['functions'] {
  if (!isRecord(functions)) throw invalid('.functions', 'must be an object such as { \'report-*\': \'thread\' }')
  return Object.freeze(Object.fromEntries(Object.entries(functions).map(([glob, mode]) => [glob, modeOf(`.functions['${glob}']`, mode)])))
}

function threadsOf (threads: unknown): ResolvedIsolation['threads'] {
  const given: unknown = typeof threads === 'number' ? { max: threads } : threads
  if (!isRecord(given)) throw invalid('.threads', 'must be a number, or { min?, max? }')
  const { min, max, ...others } = given
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw invalid(`.threads.${unknown}`, 'is not known; the keys are min, max')
  const most = numberOf('.threads.max', max, Math.max(defaultIsolation.threads.max, Number(min ?? 1)), 1, 'threads')
  const least = numberOf('.threads.min', min, Math.min(defaultIsolation.threads.min, most), 0, 'threads')
  if (least > most) throw invalid('.threads.min', `must not be greater than max, which is ${most}`)
  return Object.freeze({ min: least, max: most })
}

function numberOf (key: string, value: unknown, byDefault: number, least: number, unit: string): number {
  if (value === undefined) return byDefault
  if (!Number.isInteger(value) || (value as number) < least) throw invalid(key, `must be a whole number of ${unit}, at least ${least}`)
  return value as number
}

function modeOf (key: string, value: unknown): IsolationMode {
  if (!isMode(value)) throw invalid(key, 'must be \'inline\' or \'thread\'')
  return value
}

function isMode (value: unknown): value is IsolationMode {
  return value === 'inline' || value === 'thread'
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid (key: string, rule: string): Error {
  return new FST_NETLIFY_INVALID_OPTION(`isolation${key}`, rule)
}
