import type { FastifyReply } from 'fastify'
import { FST_NETLIFY_CONTENT_LENGTH_MISMATCH, FST_NETLIFY_FUNCTION_FAILED, FST_NETLIFY_RESPONSE_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionResponse } from '../functions/exchange.ts'
import { toError } from '../functions/foreign-value.ts'
import { hasClientLeft } from './client.ts'
import { bodyStream, peekBody, type PeekedBody, type PeekedStream } from './response-body.ts'

export interface SendOptions {
  readonly functionName: string
  /** Bytes. */
  readonly maxBytes: number
  /** Its signal is aborted with the error that ends the response, such as the time limit; only a stream needs it. */
  readonly invocation: { readonly signal: AbortSignal }
  /** Called once, when nothing of the response is left to be made or sent; with the bytes of its body, and the error that broke it. */
  onEnd (bytes: number, error?: unknown): void
}

/** Takes the first look at a body. Throws what the body failed with. */
export async function peek (body: ReadableStream<unknown>, scope: FunctionResponse['scope'], { functionName }: SendOptions): Promise<PeekedBody> {
  try {
    return await peekBody(body, scope)
  } catch (error) {
    throw failure(functionName, error)
  }
}

/**
 * Sends a body that is still being made, under a head that is set already. A stream that fails is broken
 * off, so that no client takes it for complete; before its first byte it becomes an error instead.
 *
 * @param declared what the function named as `content-length`, else `NaN`
 */
export function sendStream (reply: FastifyReply, { headers }: FunctionResponse, declared: number, peeked: PeekedStream, options: SendOptions): void {
  const { functionName, maxBytes } = options
  const { raw } = reply
  let sent = 0

  if (reply.request.method === 'HEAD') {
    peeked.cancel()
    reply.send()
    return options.onEnd(0)
  }

  const { signal } = options.invocation
  let broken: unknown
  const stream = bodyStream(peeked, count, breakOff, raw)
  // Fastify listens only from the end of the host's onSend hooks on; an error before would end the process.
  stream.on('error', () => {})
  stream.once('close', () => {
    signal.removeEventListener('abort', onAbort)
    raw.off('pipe', flushHead)
    options.onEnd(sent, broken)
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
    else takeBackHead(reply, headers)
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

/** For the error that is sent instead; Fastify may have handed the headers on already. */
function takeBackHead (reply: FastifyReply, headers: FunctionResponse['headers']): void {
  for (const [name] of headers) {
    reply.removeHeader(name)
    reply.raw.removeHeader(name)
  }
}

/** Errors with a code of ours pass as they are; anything else is the function's own failure. */
function failure (functionName: string, thrown: unknown): Error {
  const error = toError(thrown)
  const { code } = error as NodeJS.ErrnoException
  if (typeof code === 'string' && code.startsWith('FST_NETLIFY_')) return error
  return new FST_NETLIFY_FUNCTION_FAILED(functionName, ' while its response body was read', { cause: error })
}
