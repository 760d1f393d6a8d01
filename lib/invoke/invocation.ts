import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_TIMEOUT } from '../errors.ts'
import type { IsolationMode } from '../functions/definition.ts'
import type { FunctionRequest } from '../functions/exchange.ts'
import type { InvocationRecord, Outcome, Trigger } from '../functions/invocation-record.ts'
import { createSharedDeadlines, startDeadline, type Deadline, type Expiring, type StartDeadline } from './deadline.ts'
import type { Observers } from './observers.ts'

/** One run of a function: who called it, and how long it may take. */
export interface Invocation {
  readonly functionName: string
  readonly requestId: string
  /** The client's address, `''` when there is none. */
  readonly ip: string
  readonly params: Readonly<Record<string, string>>
  /** The pattern that matched, `undefined` under a default URL. */
  readonly route: string | undefined
  readonly job?: InvocationRecord['job']
  /** Headers of the span that it is, for a thread; set by whoever traces. */
  trace?: Readonly<Record<string, string>> | undefined
  readonly log: FastifyBaseLogger
  /** Epoch ms, or `Infinity`. */
  readonly deadline: number
  /** Aborts when the client leaves and when the time limit is reached. Made when it is first read. */
  readonly signal: AbortSignal
  /** Keeps work alive that goes on after the reply, until the time limit. */
  waitUntil (work: Promise<unknown>): void
  abort (reason: Error): void
  /** @throws the reason, once the call is aborted */
  throwIfAborted (): void
  /** Calls back with FST_NETLIFY_TIMEOUT when the time is up, unless the run is over by then. */
  onTimeout (callback: (error: Error) => void): void
  /** Gives what `work` gives, or rejects with FST_NETLIFY_TIMEOUT when the limit comes first; `onLate` gets what comes later. */
  race<T> (work: Promise<T>, onLate?: (value: T) => void): Promise<T>
  /** The run is over; frees the timer, unless work given to `waitUntil` goes on. The first call counts. */
  end (ending?: Ending): void
}

/** How a run has ended. */
export interface Ending {
  /** Of the reply. */
  readonly status?: number | undefined
  /** Of the reply's body. */
  readonly bytesOut?: number
  /** What it failed with, or its reply broke off with. */
  readonly error?: unknown
}

/** What is called, and by whom. */
export interface Call extends Pick<Invocation, 'functionName' | 'requestId' | 'ip' | 'params' | 'route' | 'log'> {
  readonly trigger: Trigger
  readonly isolation: IsolationMode
  readonly deployId: string
  readonly request: FunctionRequest
  /** What stands in the request line, where making a URL of it would cost something. */
  readonly target?: string
  readonly job?: InvocationRecord['job']
}

/** Takes the work that goes on after the reply; it settles at the time limit at the latest. */
export type WaitUntil = (work: Promise<unknown>, invocation: Pick<Invocation, 'functionName' | 'requestId' | 'log'>) => void

/**
 * Begins a run.
 *
 * @param timeout milliseconds, or `Infinity`
 * @param isConnected whether a connection keeps the process alive for the call, so that its time limit need not
 */
export type StartInvocation = (call: Call, timeout: number, isConnected?: boolean) => Invocation

/** Gives what starts the invocations of a site. */
export function createInvocations (waitUntil: WaitUntil, observers: Observers): StartInvocation {
  const startSharedDeadline = createSharedDeadlines()
  return (call, timeout, isConnected = false) => {
    const run = new Run(call, timeout, waitUntil, observers, isConnected ? startSharedDeadline : startDeadline)
    if (observers.any) observers.begun(run, call)
    return run
  }
}

/** Everything that a short call does not need is made when it is first asked for. */
class Run implements Invocation, Expiring {
  trace: Invocation['trace'] = undefined
  readonly #call: Call
  readonly #timeLimit: number
  readonly #onWaitUntil: WaitUntil
  readonly #observers: Observers
  readonly #begun = performance.now()
  #deadline: Deadline
  #controller: AbortController | undefined = undefined
  #abortReason: Error | undefined = undefined
  #timeout: Error | undefined = undefined
  /** Those who wait for the call, to be told that its time is up. */
  #waiting: Array<(error: Error) => void> | undefined = undefined
  #pending = 0
  #ended = false

  constructor (call: Call, timeout: number, waitUntil: WaitUntil, observers: Observers, begin: StartDeadline) {
    this.#call = call
    this.#timeLimit = timeout
    this.#onWaitUntil = waitUntil
    this.#observers = observers
    this.#deadline = begin(timeout, this)
  }

  get functionName (): string { return this.#call.functionName }
  get requestId (): string { return this.#call.requestId }
  get ip (): string { return this.#call.ip }
  get params (): Call['params'] { return this.#call.params }
  get route (): string | undefined { return this.#call.route }
  get job (): Call['job'] { return this.#call.job }
  get log (): FastifyBaseLogger { return this.#call.log }

  get deadline (): number {
    return Date.now() + this.#deadline.remaining()
  }

  get signal (): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason)
    }
    return this.#controller.signal
  }

  throwIfAborted (): void {
    if (this.#abortReason !== undefined) throw this.#abortReason
  }

  abort (reason: Error): void {
    this.#stop(reason)
    // Nobody waits for its end any more, so neither does the process.
    this.#deadline.unref()
  }

  expire (): void {
    const error = new FST_NETLIFY_TIMEOUT(this.functionName, (this.#timeLimit / 1000).toFixed(2))
    this.#timeout = error
    this.#stop(error)
    for (const callback of this.#waiting ?? []) callback(error)
  }

  onTimeout (callback: (error: Error) => void): void {
    if (this.#timeout !== undefined) callback(this.#timeout)
    else (this.#waiting ??= []).push(callback)
  }

  race<T> (work: Promise<T>, onLate?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then((value) => {
        if (this.#timeout === undefined) resolve(value)
        else onLate?.(value)
      }, reject)
      this.onTimeout(reject)
    })
  }

  waitUntil (work: Promise<unknown>): void {
    if (this.#ended && this.#pending === 0) this.#resume()
    this.#pending++
    this.#onWaitUntil(this.race(work).finally(() => {
      this.#pending--
      if (this.#ended && this.#pending === 0) this.#deadline.clear()
    }), this)
  }

  end (ending: Ending = {}): void {
    if (!this.#ended && this.#observers.any) this.#observers.ended(this.#recordOf(ending), this, this.#call)
    this.#ended = true
    // From here on, the server's close decides how long the process waits.
    if (this.#pending > 0) this.#deadline.unref()
    else this.#deadline.clear()
  }

  #recordOf ({ status, bytesOut = 0, error }: Ending): InvocationRecord {
    const { functionName, trigger, requestId, job, isolation, deployId, request, target } = this.#call
    const { method, body } = request
    const duration = performance.now() - this.#begun
    return {
      function: functionName,
      trigger,
      requestId,
      job,
      outcome: this.#outcomeOf(error),
      status,
      error: error ?? this.#timeout,
      startedAt: Date.now() - duration,
      duration,
      // Of a body that is streamed, the client's word has to do.
      bytesIn: body instanceof Uint8Array ? body.length : body === null ? 0 : Number(request.headers['content-length'] ?? 0) || 0,
      bytesOut,
      isolation,
      deployId,
      method,
      path: pathOf(target ?? request.url)
    }
  }

  #outcomeOf (error: unknown): Outcome {
    // The first reason is the one that stays.
    if (this.#abortReason !== undefined && this.#abortReason !== this.#timeout) return 'cancelled'
    return error === undefined && this.#timeout === undefined ? 'succeeded' : 'failed'
  }

  #stop (reason: Error): void {
    this.#abortReason ??= reason
    this.#controller?.abort(this.#abortReason)
  }

  /** Work that is handed over after the end of the call has what is left of its time. */
  #resume (): void {
    const left = this.#deadline.remaining()
    if (left === Infinity || this.#timeout !== undefined) return
    this.#deadline = startDeadline(left, this)
    this.#deadline.unref()
  }
}

/** Of an absolute URL, or of what stands in a request line. */
function pathOf (target: string): string {
  const start = target.startsWith('/') ? 0 : target.indexOf('/', target.indexOf('//') + 2)
  if (start < 0) return '/'
  const end = target.indexOf('?', start)
  return end < 0 ? target.slice(start) : target.slice(start, end)
}
