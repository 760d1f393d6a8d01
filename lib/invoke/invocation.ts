import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_TIMEOUT } from '../errors.ts'

/** One run of a function: who called it, and how long it may take. */
export interface Invocation {
  readonly functionName: string
  readonly requestId: string
  /** The client's address, `''` when there is none. */
  readonly ip: string
  readonly params: Readonly<Record<string, string>>
  /** The pattern that matched, `undefined` under a default URL. */
  readonly route: string | undefined
  readonly log: FastifyBaseLogger
  /** Epoch ms, or `Infinity`. */
  readonly deadline: number
  /** Aborts when the client leaves and when the time limit is reached. */
  readonly signal: AbortSignal
  /** Keeps work alive that goes on after the reply. */
  readonly waitUntil: (work: Promise<unknown>) => void
  abort (reason: Error): void
  /** Gives what `work` gives, or rejects with FST_NETLIFY_TIMEOUT when the limit comes first. */
  race<T> (work: Promise<T>): Promise<T>
  /** Frees the timer; the run is over. Idempotent. */
  end (): void
}

export type InvocationStart = Pick<Invocation, 'functionName' | 'requestId' | 'ip' | 'params' | 'route' | 'log' | 'waitUntil'> & {
  /** Milliseconds, or `Infinity`. */
  readonly timeout: number
}

/** `setTimeout` turns longer delays into none. */
const LONGEST_TIMER = 2 ** 31 - 1

export function startInvocation ({ timeout, ...start }: InvocationStart): Invocation {
  const controller = new AbortController()
  const expired = Promise.withResolvers<never>()
  expired.promise.catch(() => {})
  const timer = timeout > LONGEST_TIMER ? undefined : setTimeout(expire, timeout)

  function expire (): void {
    const error = new FST_NETLIFY_TIMEOUT(start.functionName, (timeout / 1000).toFixed(2))
    expired.reject(error)
    controller.abort(error)
  }

  return {
    ...start,
    deadline: Date.now() + timeout,
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    race: (work) => Promise.race([work, expired.promise]),
    end: () => clearTimeout(timer)
  }
}
