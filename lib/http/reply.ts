import { isUtf8 } from 'node:buffer'
import type { FastifyReply } from 'fastify'
import { FST_NETLIFY_CONTENT_LENGTH_MISMATCH, FST_NETLIFY_FUNCTION_FAILED, FST_NETLIFY_RESPONSE_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionResponse } from '../functions/exchange.ts'
import { toError } from '../functions/foreign-value.ts'
import { hasClientLeft } from './client.ts'
import { checkResponseHeaders } from './headers.ts'
import { bodyStream, peekBody, type PeekedBody, type PeekedStream } from './response-body.ts'

/** Between two hops only (RFC 9110, 7.6.1): Node.js writes its own, and HTTP/2 forbids them. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'])
const NULL_BODY_STATUS = new Set([204, 205, 304])
/** A 304 may tell the length of what it stands for; these stand for nothing (RFC 9110, 8.6 and 15.3.6). */
const NO_CONTENT_STATUS = new Set([204, 205])
/** What Fastify gives to bytes without a content type. */
const DEFAULT_TYPE = 'application/octet-stream'

const BEYOND_ASCII = /[\x80-\xff]/

/** Bytes. */
const SHORT_TEXT = 16 * 1024

const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/

/** What the function named as its content type, of replies for which Fastify puts another one: none, or no media type. */
const ownTypes = new WeakMap<FastifyReply, string | undefined>()

/** Replies with a header that Node.js would write as UTF-8, not as Latin-1, when it sends the head with a string. */
const beyondAscii = new WeakSet<FastifyReply>()

export interface SendOptions {
  readonly functionName: string
  /** Bytes. */
  readonly maxBytes: number
  /** Aborted with the error that ends the response, for instance when the time limit is reached. */
  readonly signal: AbortSignal
  /** Called once, when nothing of the response is left to be made or sent; with the error that broke it. */
  readonly onEnd: (error?: unknown) => void
}

/**
 * Sends what a function returned: a body that is complete in one write with its length, a stream chunk
 * by chunk. A stream that fails is broken off, so that no client takes it for complete.
 *
 * @throws FST_NETLIFY_RESPONSE_BODY_TOO_LARGE, or what the body failed with, while nothing has been sent
 */
export async function sendFunctionResponse (reply: FastifyReply, response: FunctionResponse, options: SendOptions): Promise<void> {
  const { body, headers, status } = response
  const { functionName, maxBytes } = options
  if (hasClientLeft(reply.raw)) {
    discardBody(response)
    return options.onEnd()
  }
  const declared = declaredLength(response)
  try {
    checkResponseHeaders(functionName, headers)
    if (body instanceof ReadableStream && declared > maxBytes) throw new FST_NETLIFY_RESPONSE_BODY_TOO_LARGE(functionName, maxBytes)
  } catch (error) {
    discardBody(response)
    throw error
  }
  if (NULL_BODY_STATUS.has(status)) {
    discardBody(response)
    setHead(reply, response)
    reply.send()
    return options.onEnd()
  }

  const peeked: PeekedBody = body instanceof ReadableStream ? await peek(body, response.scope, options) : { kind: 'complete', bytes: toBytes(body ?? '') }
  if (peeked.kind === 'stream') return sendStream(reply, response, declared, peeked, options)

  if (peeked.bytes.length > maxBytes) throw new FST_NETLIFY_RESPONSE_BODY_TOO_LARGE(functionName, maxBytes)
  setHead(reply, response)
  reply.send(peeked.bytes)
  options.onEnd()
}

/**
 * A short body that is text, as a string: Node.js sends it in one buffer with the head, where bytes need
 * a second one, at half of a small reply's cost.
 */
export function shortText (reply: FastifyReply, payload: unknown): unknown {
  return !beyondAscii.has(reply) && Buffer.isBuffer(payload) && payload.length <= SHORT_TEXT && isUtf8(payload) ? payload.toString() : payload
}

/** Takes back Fastify's default content type; a client sees what the function said, or a hook of the host. */
export function removeDefaultContentType (reply: FastifyReply): void {
  const type = ownTypes.get(reply)
  if (!ownTypes.delete(reply) || reply.getHeader('content-type') !== DEFAULT_TYPE) return
  if (type === undefined) reply.removeHeader('content-type')
  else reply.header('content-type', type)
}

/** Tells a response's producer that nobody reads on. */
function discardBody ({ body }: Pick<FunctionResponse, 'body'>): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => {})
}

async function peek (body: ReadableStream<unknown>, scope: FunctionResponse['scope'], { functionName }: SendOptions): Promise<PeekedBody> {
  try {
    return await peekBody(body, scope)
  } catch (error) {
    throw failure(functionName, error)
  }
}

function sendStream (reply: FastifyReply, response: FunctionResponse, declared: number, peeked: PeekedStream, options: SendOptions): void {
  const { functionName, maxBytes, signal } = options
  const { raw } = reply
  let sent = 0

  setHead(reply, response)
  if (reply.request.method === 'HEAD') {
    peeked.cancel()
    reply.send()
    return options.onEnd()
  }

  let broken: unknown
  const stream = bodyStream(peeked, count, breakOff)
  // Fastify listens only from the end of the host's onSend hooks on; an error before would end the process.
  stream.on('error', () => {})
  stream.once('close', () => {
    signal.removeEventListener('abort', onAbort)
    raw.off('pipe', flushHead)
    options.onEnd(broken)
  })
  signal.addEventListener('abort', onAbort)
  raw.on('pipe', flushHead)
  // A hook of the host may have failed, or sent something else: then nobody has read the stream.
  raw.once('close', () => { stream.destroy() })
  reply.send(stream)

  function count (bytes: number, done: boolean): void {
    sent += bytes
    if (sent > maxBytes) throw new FST_NETLIFY_RESPONSE_BODY_TOO_LARGE(functionName, maxBytes)
    if (sent > declared || (done && sent < declared)) throw new FST_NETLIFY_CONTENT_LENGTH_MISMATCH(functionName, declared, sent)
  }

  function onAbort (): void {
    breakOff(signal.reason)
    stream.destroy(toError(signal.reason))
  }

  /** Ending the response would make it look complete; only this breaks HTTP/1.1 and HTTP/2 alike. */
  function breakOff (reason: unknown): void {
    if (broken !== undefined || hasClientLeft(raw)) return
    broken = failure(functionName, reason)
    if (raw.headersSent) reply.log.error({ err: broken, function: functionName }, 'response body broken off')
    else takeBackHead(reply, response)
    stream.destroy(toError(broken))
    if (raw.headersSent) raw.destroy(toError(broken))
  }

  /** A client sees the head at once, however long the first chunk takes. */
  function flushHead (): void {
    setImmediate(() => {
      if (!raw.headersSent && !raw.destroyed) raw.flushHeaders()
    })
  }
}

function setHead (reply: FastifyReply, { status, headers }: FunctionResponse): void {
  reply.code(status)
  let type: string | undefined
  for (const [name, value] of headers) {
    if (HOP_BY_HOP.has(name) || (name === 'content-length' && NO_CONTENT_STATUS.has(status))) continue
    if (name === 'content-type') type = value
    if (BEYOND_ASCII.test(value)) beyondAscii.add(reply)
    reply.header(name, value)
  }
  if (type === undefined || !MEDIA_TYPE.test(type)) ownTypes.set(reply, type)
}

/** For the error that is sent instead; Fastify may have handed the headers on already. */
function takeBackHead (reply: FastifyReply, { headers }: FunctionResponse): void {
  for (const [name] of headers) {
    reply.removeHeader(name)
    reply.raw.removeHeader(name)
  }
}

/** `NaN` when the function names none. */
function declaredLength ({ headers }: FunctionResponse): number {
  const value = headers.find(([name]) => name === 'content-length')?.[1]
  return value === undefined ? NaN : Number(value)
}

function toBytes (body: string | Uint8Array): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

/** Errors with a code of ours pass as they are; anything else is the function's own failure. */
function failure (functionName: string, thrown: unknown): Error {
  const error = toError(thrown)
  const { code } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && code.startsWith('FST_NETLIFY_')) return error
  return new FST_NETLIFY_FUNCTION_FAILED(functionName, ' while its response body was read', { cause: error })
}
