import { FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_RESPONSE_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionResponse } from '../functions/exchange.ts'
import { describe } from '../functions/foreign-value.ts'

interface AsyncSource extends AsyncIterable<unknown> {
  on?: (event: 'error', listener: () => void) => unknown
  destroy?: () => unknown
}

/**
 * Reads the body of a result: text, base64, a web stream, a Node.js stream or another async iterable. `maxBytes`
 * holds for text and base64, once decoded; a stream is counted while it is sent. Throws
 * FST_NETLIFY_INVALID_LAMBDA_RESULT or FST_NETLIFY_RESPONSE_BODY_TOO_LARGE.
 */
export function resultBody (body: unknown, isBase64Encoded: boolean, maxBytes: number, functionName: string): FunctionResponse['body'] {
  if (!body) return null
  if (typeof body === 'string') {
    const content = isBase64Encoded ? Buffer.from(body, 'base64') : body
    if (Buffer.byteLength(content) > maxBytes) throw new FST_NETLIFY_RESPONSE_BODY_TOO_LARGE(functionName, maxBytes)
    return content
  }
  if (body instanceof ReadableStream) {
    if (body.locked) throw new FST_NETLIFY_INVALID_LAMBDA_RESULT('Your function response has a stream body that is already being read.')
    return body
  }
  if (isAsyncSource(body)) return webStream(body)
  throw new FST_NETLIFY_INVALID_LAMBDA_RESULT(`Your function response must have a string or a stream body. You gave: ${describe(body)}`)
}

/** Ends a stream body that nobody will read. Never throws. */
export function discardBody (body: unknown): void {
  try {
    if (isAsyncSource(body)) webStream(body).cancel().catch(ignore)
  } catch {
    // A body whose own methods throw holds nothing that could be let go.
  }
}

function isAsyncSource (body: unknown): body is AsyncSource {
  return typeof body === 'object' && body !== null &&
    Symbol.asyncIterator in body && typeof body[Symbol.asyncIterator] === 'function'
}

/**
 * Reads a chunk only when one is asked for. Unlike `ReadableStream.from`, it destroys a Node.js stream that is
 * cancelled before its first chunk; unlike `Readable.toWeb`, it reads nothing ahead.
 */
function webStream (source: AsyncSource): ReadableStream<unknown> {
  // Without a listener, an error before the first read would end the process; the read reports it all the same.
  source.on?.('error', ignore)
  const chunks = source[Symbol.asyncIterator]()
  return new ReadableStream<unknown>({
    async pull (controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel () {
      if (source.destroy) source.destroy()
      else await chunks.return?.()
    }
  }, { highWaterMark: 0 })
}

function ignore (): void {}
