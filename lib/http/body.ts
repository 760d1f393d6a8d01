import { Readable } from 'node:stream'
import { FST_NETLIFY_CLIENT_LEFT, FST_NETLIFY_REQUEST_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionRequest } from '../functions/exchange.ts'

/**
 * Reads a request body, exactly as sent; `null` when it is empty. It is read whole before the function
 * is called, so that the limit is known first; without a limit it is streamed.
 *
 * @param payload the body as Fastify hands it to a content type parser
 * @param declared value of `content-length`
 * @param limit bytes; `Infinity` streams
 * @throws FST_NETLIFY_REQUEST_BODY_TOO_LARGE, FST_NETLIFY_CLIENT_LEFT
 */
export async function readBody (payload: Readable, declared: string | undefined, limit: number): Promise<FunctionRequest['body']> {
  if (Number(declared) > limit) throw new FST_NETLIFY_REQUEST_BODY_TOO_LARGE(limit)
  if (limit === Infinity) return Readable.toWeb(payload) as ReadableStream<Uint8Array<ArrayBuffer>>
  const chunks = await collect(payload, limit)
  if (chunks.length === 0) return null
  // Buffers come from a shared pool; a function gets memory of its own.
  return new Uint8Array(Buffer.concat(chunks))
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
