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
  /** Keeps work alive that goes on after the reply, until the time limit. */
  readonly waitUntil: (work: Promise<unknown>) => void
  abort (reason: Error): void
  /** Gives what `work` gives, or rejects with FST_NETLIFY_TIMEOUT when the limit comes first. */
  race<T> (work: Promise<T>): Promise<T>
  /** The run is over; frees the timer, unless work given to `waitUntil` goes on. Idempotent. */
  end (): void
}

export type InvocationStart = Pick<Invocation, 'functionName' | 'requestId' | 'ip' | 'params' | 'route' | 'log'> & {
  /** Milliseconds, or `Infinity`. */
  readonly timeout: number
  /** Takes the work that goes on after the reply; it settles at the time limit at the latest. */
  readonly waitUntil: (work: Promise<unknown>, invocation: Pick<Invocation, 'functionName' | 'requestId' | 'log'>) => void
}

/** `setTimeout` turns longer delays into none. */
const LONGEST_TIMER = 2 ** 31 - 1

export function startInvocation ({ timeout, ...start }: InvocationStart): Invocation {
  const controller = new AbortController()
  const expired = Promise.withResolvers<never>()
  expired.promise.catch(() => {})
  const deadline = Date.now() + timeout
  let timer = timeout > LONGEST_TIMER ? undefined : setTimeout(expire, timeout)
  let pending = 0
  let ended = false

  function expire (): void {
    const error = new FST_NETLIFY_TIMEOUT(start.functionName, (timeout / 1000).toFixed(2))
    expired.reject(error)
    controller.abort(error)
  }

  return {
    ...start,
    deadline,
    signal: controller.signal,
    waitUntil,
    abort (reason) {
      controller.abort(reason)
      // Nobody waits for its end any more, so neither does the process.
      timer?.unref()
    },
    race,
    end () {
      ended = true
      // From here on, the server's close decides how long the process waits.
      if (pending > 0) timer?.unref()
      else clearTimeout(timer)
    }
  }

  function race<T> (work: Promise<T>): Promise<T> {
    return Promise.race([work, expired.promise])
  }

  function waitUntil (work: Promise<unknown>): void {
    if (ended && pending === 0 && timer !== undefined) timer = setTimeout(expire, deadline - Date.now()).unref()
    pending++
    start.waitUntil(race(work).finally(() => {
      pending--
      if (ended && pending === 0) clearTimeout(timer)
    }), start)
  }
}
