import type { FastifyBaseLogger } from 'fastify'
import type { Loadable } from '../../build/load.ts'
import type { ReadyFunction } from '../../functions/definition.ts'
import type { FunctionRequest, FunctionResponse } from '../../functions/exchange.ts'
import type { Caller } from '../caller.ts'
import type { Invocation } from '../invocation.ts'
import { BodyReceiver } from './body-receiver.ts'
import { BodySender, sourceOf } from './body-sender.ts'
import type { FromThread, Payload, ToThread } from './messages.ts'
import { packError, unpackError } from './portable-error.ts'
import type { RegisteredSite } from './site-registry.ts'
import { MAX_LOSSES, type Task, type TaskMessage } from './task.ts'

/** RFC 9110, 9.2.2 */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** What the call is made of. */
export interface CallOptions {
  readonly site: RegisteredSite
  readonly loadable: Loadable
  readonly definition: ReadyFunction
  readonly request: FunctionRequest
  readonly invocation: Invocation
  readonly caller: Caller | undefined
}

/** A call of a function. */
export class CallTask implements Task {
  readonly type = 'call'
  readonly site: RegisteredSite
  readonly loadable: Loadable
  readonly response: Promise<FunctionResponse>
  losses = 0
  readonly #options: CallOptions
  readonly #url: string
  readonly #answer = Promise.withResolvers<FunctionResponse>()
  readonly #works = new Map<number, PromiseWithResolvers<void>>()
  #call = -1
  #post: (message: ToThread, payload?: Payload) => void = () => {}
  #sender: BodySender | undefined = undefined
  #receiver: BodyReceiver | undefined = undefined
  /** Of a job: it has not ended before what it gave to `waitUntil` has. */
  #held: FunctionResponse | undefined = undefined
  #isAnswered = false
  #isExpired = false

  constructor (options: CallOptions) {
    this.site = options.site
    this.loadable = options.loadable
    this.response = this.#answer.promise
    this.#options = options
    const { invocation, request } = options
    // Of a client's words no URL may be made; better here than when a thread has the call already.
    this.#url = request.url
    invocation.onTimeout((error) => {
      this.#isExpired = true
      this.#reject(error)
    })
    const { signal } = invocation
    signal.addEventListener('abort', () => this.#post({ type: 'abort', call: this.#call, reason: packError(signal.reason) }), { once: true })
  }

  get bundle (): string { return this.#options.definition.bundle }
  get functionName (): string { return this.#options.definition.name }
  get requestId (): string { return this.#options.invocation.requestId }
  get log (): FastifyBaseLogger { return this.#options.invocation.log }
  get isExpired (): boolean { return this.#isExpired }

  get canRunAgain (): boolean {
    if (this.#isAnswered || this.#isExpired || this.#sender !== undefined) return false
    return this.#isJob ? this.losses < MAX_LOSSES : this.losses === 0 && IDEMPOTENT.has(this.#options.request.method)
  }

  get canRunTwice (): boolean {
    return !this.#isJob && this.canRunAgain
  }

  get #isJob (): boolean {
    return this.#options.definition.kind !== 'request'
  }

  begin (call: number, post: (message: ToThread, payload?: Payload) => void): void {
    const { definition, request, invocation, caller } = this.#options
    const { method, headers, platformHeaders, body } = request
    const { requestId, job, trace, ip, params, route, deadline, signal } = invocation
    this.#call = call
    this.#post = post
    const streams = body instanceof ReadableStream
    const remaining = deadline === Infinity ? null : deadline - Date.now()
    post({
      type: 'call',
      call,
      site: this.site.number,
      bundle: definition.bundle,
      kind: definition.kind,
      method,
      url: this.#url,
      headers,
      platformHeaders: platformHeaders === headers ? undefined : platformHeaders,
      streams,
      requestId,
      job,
      trace,
      ip,
      params,
      route,
      remaining,
      caller
    }, streams ? null : body)
    if (signal.aborted) post({ type: 'abort', call, reason: packError(signal.reason) })
  }

  withdraw (): void {
    this.#post = () => {}
    this.#held = undefined
    // It begins anew, and so does this work.
    for (const { resolve } of this.#works.values()) resolve()
    this.#works.clear()
  }

  receive (message: TaskMessage, payload: Payload): void {
    switch (message.type) {
      case 'reply': return this.#reply(message, payload)
      case 'failed': return this.#reject(unpackError(message.error))
      case 'work': return this.#addWork(message.work)
      case 'work-done': return this.#endWork(message.work, message.error && unpackError(message.error))
      case 'chunk': return this.#receiver?.push(payload as Uint8Array<ArrayBuffer>)
      case 'end': return this.#receiver?.end()
      case 'broken': return this.#receiver?.break(unpackError(message.error))
      case 'credit': return this.#send(message)
      case 'cancel': return this.#sender?.cancel(message.error && unpackError(message.error))
      case 'over': return this.#end()
      case 'loaded': // Answers no call.
    }
  }

  fail (error: Error): void {
    this.#post = () => {}
    this.#reject(error)
    this.#receiver?.break(error)
    this.#sender?.cancel(error)
    // What a job has given to `waitUntil` is a part of it.
    if (this.#works.size > 0 && this.#isJob) this.#options.invocation.abort(error)
    for (const { reject } of this.#works.values()) reject(error)
    this.#works.clear()
  }

  #reply ({ status, headers, streams }: Extract<FromThread, { type: 'reply' }>, payload: Payload): void {
    if (this.#isExpired) return streams ? this.#post({ type: 'cancel', call: this.#call, error: undefined }) : undefined
    if (streams) this.#receiver = new BodyReceiver(this.#call, (message) => this.#post(message), false)
    const response: FunctionResponse = { status, headers, body: this.#receiver?.stream ?? payload as string | Uint8Array | null }
    if (this.#isJob) this.#held = response
    else this.#resolve(response)
  }

  #resolve (response: FunctionResponse): void {
    this.#isAnswered = true
    this.#answer.resolve(response)
  }

  #reject (error: Error): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#answer.reject(error)
  }

  #addWork (number: number): void {
    const work = Promise.withResolvers<void>()
    this.#works.set(number, work)
    // A job that is begun anew has new promises; these are heard of only when they fail.
    if (this.#isJob) work.promise.catch(() => {})
    else this.#options.invocation.waitUntil(work.promise)
  }

  #endWork (number: number, error: Error | undefined): void {
    const work = this.#works.get(number)
    this.#works.delete(number)
    if (error === undefined) return work?.resolve()
    if (this.#isJob) this.#options.invocation.waitUntil(Promise.reject(error))
    else work?.reject(error)
  }

  /** The function reads the body of its request: for the first time, or on. */
  #send ({ chunks, bytes }: Extract<FromThread, { type: 'credit' }>): void {
    const { body } = this.#options.request
    if (this.#sender !== undefined) return this.#sender.grant(chunks, bytes)
    if (!(body instanceof ReadableStream) || body.locked) return
    this.#sender = new BodySender(this.#call, sourceOf(body), { chunks, bytes }, (message, chunk) => this.#post(message, chunk ?? null), () => {})
  }

  #end (): void {
    this.#post = () => {}
    if (this.#held !== undefined) this.#resolve(this.#held)
    // What was streamed to the thread and not read is let go.
    this.#sender?.cancel()
  }
}
