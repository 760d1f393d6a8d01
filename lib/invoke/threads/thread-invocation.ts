import type { FastifyBaseLogger } from 'fastify'
import type { Caller } from '../caller.ts'
import type { Invocation } from '../invocation.ts'
import type { CallMessage } from './messages.ts'

/** A run of a function as its thread sees it. Its time is watched by the pool, which aborts it. */
export class ThreadInvocation implements Invocation {
  /** Names the call to whoever looks into the thread, as long as it is under way. */
  call: number | undefined
  readonly functionName: string
  readonly log: FastifyBaseLogger
  readonly deadline: number
  readonly caller: Caller | undefined
  readonly #message: CallMessage
  readonly #onWork: (work: Promise<unknown>) => void
  #controller: AbortController | undefined = undefined
  #abortReason: Error | undefined = undefined

  /** @param onWork takes the promises given to `waitUntil` */
  constructor (message: CallMessage, functionName: string, log: FastifyBaseLogger, onWork: (work: Promise<unknown>) => void) {
    this.call = message.call
    this.functionName = functionName
    this.log = log
    this.deadline = Date.now() + (message.remaining ?? Infinity)
    this.caller = message.caller
    this.#message = message
    this.#onWork = onWork
  }

  get requestId (): string { return this.#message.requestId }
  get job (): CallMessage['job'] { return this.#message.job }
  get ip (): string { return this.#message.ip }
  get params (): Readonly<Record<string, string>> { return this.#message.params }
  get route (): string | undefined { return this.#message.route }

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

  waitUntil (work: Promise<unknown>): void {
    this.#onWork(work)
  }

  abort (reason: Error): void {
    this.#abortReason ??= reason
    this.#controller?.abort(this.#abortReason)
  }

  onTimeout (): void {}

  async race<T> (work: Promise<T>): Promise<T> {
    return await work
  }

  end (): void {}
}
