import type { FastifyReply } from 'fastify'
import type { FunctionResponse } from '../functions/exchange.ts'
import { sendFunctionResponse, type SendOptions } from '../http/reply.ts'
import type { Invocation } from '../invoke/invocation.ts'
import { discardBody } from '../invoke/invoker.ts'
import { replyError } from './reply-error.ts'

/** The reply of a call under way. It has what sending asks for, so that nothing more is made for each call. */
export class PendingReply implements SendOptions {
  readonly invocation: Invocation
  readonly maxBytes: number
  readonly #reply: FastifyReply
  readonly #leave: () => void
  #isAnswered = false
  #status: number | undefined = undefined

  /**
   * @param maxBytes of the body
   * @param leave takes the call off those under way; may be called twice
   */
  constructor (reply: FastifyReply, invocation: Invocation, maxBytes: number, leave: () => void) {
    this.invocation = invocation
    this.maxBytes = maxBytes
    this.#reply = reply
    this.#leave = leave
  }

  get functionName (): string {
    return this.invocation.functionName
  }

  /** What a function gives after its time is thrown away. */
  send (response: FunctionResponse): void {
    if (this.#isAnswered) return discardBody(response)
    this.#isAnswered = true
    this.#status = response.status
    try {
      sendFunctionResponse(this.#reply, response, this)
    } catch (error) {
      this.onError(error as Error)
    }
  }

  /** The call has failed, or its time is up before it gave anything. */
  fail (error: Error): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.onError(error)
  }

  onEnd (bytesOut: number, error?: unknown): void {
    this.invocation.end({ status: this.#status, bytesOut, error })
    this.#leave()
  }

  onError (error: Error): void {
    this.#status = (error as { statusCode?: number }).statusCode ?? 500
    this.onEnd(0, error)
    replyError(this.#reply, error)
  }
}
