import type { ReadyFunction } from '../../functions/definition.ts'
import type { FunctionRequest, FunctionResponse } from '../../functions/exchange.ts'
import { peekBody, type PeekedStream } from '../../http/response-body.ts'
import type { Invoker } from '../invoker.ts'
import { BodyReceiver } from './body-receiver.ts'
import { BodySender, WINDOW } from './body-sender.ts'
import type { BodyMessage, CallMessage, FromThread, Payload, ReaderMessage } from './messages.ts'
import { packError, unpackError } from './portable-error.ts'
import { ThreadInvocation } from './thread-invocation.ts'
import { createThreadLog } from './thread-log.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** One call, in its thread: hands the request to the invoker, and what comes of it to the pool. */
export class ThreadCall {
  readonly invocation: ThreadInvocation
  readonly #call: number
  readonly #request: FunctionRequest
  readonly #receiver: BodyReceiver | undefined
  readonly #post: (message: FromThread, payload?: Payload) => void
  readonly #onOver: () => void
  #sender: BodySender | undefined = undefined
  /** Promises given to `waitUntil`, in all and those that have not settled. */
  #works = 0
  #pending = 0
  #isAnswered = false

  constructor (message: CallMessage, body: Bytes | null, functionName: string, post: (message: FromThread, payload?: Payload) => void, onOver: () => void) {
    const { call, method, url, headers, platformHeaders, streams } = message
    this.#call = call
    this.#post = post
    this.#onOver = onOver
    this.invocation = new ThreadInvocation(message, functionName, createThreadLog(() => this.invocation.call, post), (work) => this.#keep(work))
    this.#receiver = streams ? new BodyReceiver(call, post, true) : undefined
    this.#request = { method, url, headers, ...(platformHeaders && { platformHeaders }), body: this.#receiver?.stream ?? body }
  }

  run (invoker: Invoker, definition: ReadyFunction): void {
    invoker.invoke(definition, this.#request, this.invocation).then((response) => this.#reply(response)).catch((error: unknown) => this.fail(error))
  }

  fail (error: unknown): void {
    this.#post({ type: 'failed', call: this.#call, error: packError(error) })
    this.#end()
  }

  receive (message: BodyMessage | ReaderMessage | { readonly type: 'abort', readonly reason: Parameters<typeof unpackError>[0] }, payload: Payload): void {
    switch (message.type) {
      case 'abort': return this.invocation.abort(unpackError(message.reason))
      case 'chunk': return this.#receiver?.push(payload as Bytes)
      case 'end': return this.#receiver?.end()
      case 'broken': return this.#receiver?.break(unpackError(message.error))
      case 'credit': return this.#sender?.grant(message.chunks, message.bytes)
      case 'cancel': return this.#sender?.cancel(message.error && unpackError(message.error))
    }
  }

  async #reply ({ status, headers, body, scope }: FunctionResponse): Promise<void> {
    const reply = { type: 'reply', call: this.#call, status, headers } as const
    if (!(body instanceof ReadableStream)) {
      this.#post({ ...reply, streams: false }, body)
      return this.#end()
    }
    const peeked = await peekBody(body, scope).catch((error: unknown) => failedSource(body, error))
    if (peeked.kind === 'complete') {
      this.#post({ ...reply, streams: false }, peeked.bytes)
      return this.#end()
    }
    this.#post({ ...reply, streams: true })
    this.#sender = new BodySender(this.#call, peeked, WINDOW, this.#post, () => this.#end())
  }

  #keep (work: Promise<unknown>): void {
    if (this.invocation.call === undefined) return this.#watch(work)
    const number = ++this.#works
    let isOver = false
    this.#pending++
    this.#post({ type: 'work', call: this.#call, work: number })
    const settle = (error?: unknown): void => {
      if (isOver) return
      isOver = true
      this.#pending--
      this.#post({ type: 'work-done', call: this.#call, work: number, error: error === undefined ? undefined : packError(error) })
      this.#checkOver()
    }
    work.then(() => settle(), (error: unknown) => settle(error ?? new Error(`${String(error)} was thrown, which is not an Error`)))
  }

  /** Of a call that the pool does not know any more: nobody waits for it. */
  #watch (work: Promise<unknown>): void {
    const { functionName, requestId, log } = this.invocation
    work.catch((error: unknown) => log.error({ function: functionName, requestId, err: error }, 'a promise given to waitUntil was rejected'))
  }

  #end (): void {
    this.#isAnswered = true
    this.#checkOver()
  }

  #checkOver (): void {
    if (!this.#isAnswered || this.#pending > 0 || this.invocation.call === undefined) return
    this.invocation.call = undefined
    this.#onOver()
  }
}

/** A body that has failed at the first look, for whoever reads it to find out. */
function failedSource (body: ReadableStream<unknown>, error: unknown): PeekedStream {
  return { kind: 'stream', reader: { read: async () => { throw error } }, scope: (read) => read(), cancel: () => { if (!body.locked) body.cancel().catch(() => {}) }, pending: [] }
}
