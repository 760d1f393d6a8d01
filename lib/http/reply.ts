import { isUtf8 } from 'node:buffer'
import type { FastifyReply } from 'fastify'
import { FST_NETLIFY_RESPONSE_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionResponse } from '../functions/exchange.ts'
import { hasClientLeft } from './client.ts'
import { checkResponseHeaders } from './headers.ts'
import { setHead } from './reply-head.ts'
import { peek, sendStream, type SendOptions as StreamOptions } from './reply-stream.ts'

export interface SendOptions extends StreamOptions {
  /** Called with what the body failed with while nothing has been sent. */
  onError (error: Error): void
}

const NULL_BODY_STATUS = new Set([204, 205, 304])
/** Bytes; of what is sent as a string although it came as bytes. */
const SHORT_TEXT = 16 * 1024
/** Bytes that a character of a string takes at most. */
const MAX_CHARACTER = 3

/**
 * Sends what a function returned: a body that is complete in one write with its length, a stream chunk
 * by chunk. A stream that fails is broken off, so that no client takes it for complete.
 *
 * @throws FST_NETLIFY_RESPONSE_BODY_TOO_LARGE, FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_RESPONSE
 */
export function sendFunctionResponse (reply: FastifyReply, response: FunctionResponse, options: SendOptions): void {
  const { body, status } = response
  if (hasClientLeft(reply.raw)) {
    discardBody(response)
    return options.onEnd(0)
  }
  if (body instanceof ReadableStream) {
    sendBody(reply, response, body, options).catch((error: Error) => options.onError(error))
  } else if (NULL_BODY_STATUS.has(status)) {
    setHead(reply, response, options.functionName)
    reply.send()
    options.onEnd(0)
  } else {
    sendWhole(reply, response, body ?? '', options)
  }
}

/**
 * A text leaves as a string: Node.js sends it in one buffer with the head, where bytes need a second one,
 * at half of a small reply's cost.
 */
function sendWhole (reply: FastifyReply, response: FunctionResponse, body: string | Uint8Array, options: SendOptions): void {
  const { functionName, maxBytes } = options
  if (body.length * MAX_CHARACTER > maxBytes && Buffer.byteLength(body) > maxBytes) throw new FST_NETLIFY_RESPONSE_BODY_TOO_LARGE(functionName, maxBytes)
  const { allowsText } = setHead(reply, response, functionName)
  if (typeof body === 'string') {
    reply.send(allowsText ? body : Buffer.from(body))
    options.onEnd(Buffer.byteLength(body))
  } else {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    reply.send(allowsText && bytes.length <= SHORT_TEXT && isUtf8(bytes) ? bytes.toString() : bytes)
    options.onEnd(bytes.length)
  }
}

async function sendBody (reply: FastifyReply, response: FunctionResponse, body: ReadableStream<unknown>, options: SendOptions): Promise<void> {
  const { functionName, maxBytes } = options
  const declared = declaredLength(response)
  try {
    checkResponseHeaders(functionName, response.headers)
    if (declared > maxBytes) throw new FST_NETLIFY_RESPONSE_BODY_TOO_LARGE(functionName, maxBytes)
  } catch (error) {
    discardBody(response)
    throw error
  }
  if (NULL_BODY_STATUS.has(response.status)) {
    discardBody(response)
    setHead(reply, response, functionName)
    reply.send()
    return options.onEnd(0)
  }
  const peeked = await peek(body, response.scope, options)
  if (peeked.kind === 'complete') return sendWhole(reply, response, peeked.bytes, options)
  setHead(reply, response, functionName)
  sendStream(reply, response, declared, peeked, options)
}

/** Tells a response's producer that nobody reads on. */
function discardBody ({ body }: Pick<FunctionResponse, 'body'>): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => {})
}

/** `NaN` when the function names none. */
function declaredLength ({ headers }: FunctionResponse): number {
  const value = headers.find(([name]) => name === 'content-length')?.[1]
  return value === undefined ? NaN : Number(value)
}
