import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { FST_NETLIFY_CLIENT_LEFT, FST_NETLIFY_REQUEST_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionRequest } from '../functions/exchange.ts'
import { hasClientLeft } from './client.ts'

/**
 * Reads a request body, exactly as sent; `null` when it is empty. It is read whole before the function
 * is called, so that the limit is known first; without a limit it is streamed.
 *
 * @param payload the body as Fastify hands it to a content type parser
 * @param declared value of `content-length`
 * @param limit bytes; `Infinity` streams
 * @param response where the reply is written
 * @throws FST_NETLIFY_REQUEST_BODY_TOO_LARGE, FST_NETLIFY_CLIENT_LEFT
 */
export async function readBody (payload: Readable, declared: string | undefined, limit: number, response: ServerResponse): Promise<FunctionRequest['body']> {
  // While a hook of the host waited, say. Nothing more would be heard of the body, or half of it would pass for the whole.
  if (hasClientLeft(response)) throw new FST_NETLIFY_CLIENT_LEFT()
  if (Number(declared) > limit) throw new FST_NETLIFY_REQUEST_BODY_TOO_LARGE(limit)
  if (limit === Infinity) return toWebStream(payload, response)
  return join(await collect(payload, limit))
}

/** Buffers come from a shared pool; a function gets memory of its own. Copying each byte once shows in a small call's cost. */
function join (chunks: readonly Buffer[]): Uint8Array<ArrayBuffer> | null {
  const [first] = chunks
  if (first === undefined) return null
  if (chunks.length === 1) return new Uint8Array(first)
  const joined = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let place = 0
  for (const chunk of chunks) {
    joined.set(chunk, place)
    place += chunk.length
  }
  return joined
}

function collect (payload: Readable, limit: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)

    function onData (chunk: Buffer): void {
      size += chunk.length
      if (size > limit) finish(() => reject(new FST_NETLIFY_REQUEST_BODY_TOO_LARGE(limit)))
      else if (chunk.length > 0) chunks.push(chunk)
    }
    function onEnd (): void {
      finish(() => resolve(chunks))
    }
    function onError (error: Error): void {
      finish(() => reject(new FST_NETLIFY_CLIENT_LEFT({ cause: error })))
    }
    function onClose (): void {
      finish(() => reject(new FST_NETLIFY_CLIENT_LEFT()))
    }
    function finish (settle: () => void): void {
      payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
      // The rest of a body that is too large is read and thrown away, until the reply has ended.
      payload.on('error', () => {}).resume()
      settle()
    }
  })
}

/**
 * Pulls from the client as the function reads. What it has not read when the reply has ended is thrown
 * away, since no further request gets through the connection before.
 */
function toWebStream (payload: Readable, response: ServerResponse): ReadableStream<Uint8Array<ArrayBuffer>> {
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start (own) {
      controller = own
      payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose).pause()
      response.on('close', onClose)
    },
    pull () {
      payload.resume()
    },
    cancel: letGo
  }, { highWaterMark: 0 })

  function onData (chunk: Buffer<ArrayBuffer>): void {
    payload.pause()
    controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }
  function onEnd (): void {
    letGo()
    controller.close()
  }
  function onError (error: Error): void {
    letGo()
    controller.error(new FST_NETLIFY_CLIENT_LEFT({ cause: error }))
  }
  function onClose (): void {
    letGo()
    controller.error(new FST_NETLIFY_CLIENT_LEFT())
  }
  function letGo (): void {
    payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
    response.off('close', onClose)
    payload.on('error', () => {}).resume()
  }
}
