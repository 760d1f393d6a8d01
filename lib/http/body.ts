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

/** A function gets memory of its own; what comes from the network has that, and shows in a small call's cost when it is copied. */
function join (chunks: readonly Buffer[]): Uint8Array<ArrayBuffer> | null {
  const [first] = chunks
  if (first === undefined) return null
  if (chunks.length === 1) return ownsItsMemory(first) ? new Uint8Array(first.buffer) : new Uint8Array(first)
  const joined = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0))
  let place = 0
  for (const chunk of chunks) {
    joined.set(chunk, place)
    place += chunk.length
  }
  return joined
}

/** Small buffers that were made in other ways are parts of a pool. */
function ownsItsMemory (chunk: Buffer): chunk is Buffer<ArrayBuffer> {
  return chunk.byteLength === chunk.buffer.byteLength && chunk.buffer instanceof ArrayBuffer
}

function collect (payload: Readable, limit: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let isWhole = false
    payload.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)

    function onData (given: Buffer | string): void {
      // A hook of the host may have put a stream of texts in its place.
      const chunk = typeof given === 'string' ? Buffer.from(given) : given
      size += chunk.length
      if (size > limit) fail(new FST_NETLIFY_REQUEST_BODY_TOO_LARGE(limit))
      else if (chunk.length > 0) chunks.push(chunk)
    }
    // Nothing is taken off a body that has come whole, as that would cost as much as putting it on.
    function onEnd (): void {
      isWhole = true
      // The listeners stay, and would keep the parts beside the whole.
      resolve(chunks.splice(0))
    }
    function onError (error: Error): void {
      if (!isWhole) fail(new FST_NETLIFY_CLIENT_LEFT({ cause: error }))
    }
    function onClose (): void {
      if (!isWhole) fail(new FST_NETLIFY_CLIENT_LEFT())
    }
    function fail (error: Error): void {
      payload.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
      // The rest of a body that is too large is read and thrown away, until the reply has ended.
      payload.on('error', () => {}).resume()
      reject(error)
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
