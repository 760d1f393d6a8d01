import { Transform, type TransformCallback } from 'node:stream'
import type { LambdaContext } from './context.ts'
import type { LambdaEvent } from './event.ts'
import { toError } from '../functions/foreign-value.ts'

/** A Lambda handler that writes its response into a stream. */
export type StreamingHandler = (event: LambdaEvent, responseStream: ResponseStream, context: LambdaContext) => unknown

/** The global that Lambda gives to functions that stream, as far as `stream()` of @netlify/functions and its like need it. */
export interface AwsLambda {
  streamifyResponse (handler: StreamingHandler): (event: LambdaEvent, context: LambdaContext) => Promise<unknown>
  readonly HttpResponseStream: {
    /** Names the status code and headers of what is written next. */
    from (responseStream: ResponseStream, metadata: object): ResponseStream
  }
}

export const awslambda: AwsLambda = { streamifyResponse, HttpResponseStream: { from } }

/**
 * Gives an ordinary handler, whose result has the stream as its body and is there with the first byte: what fails
 * before is an error, what fails after breaks the stream.
 */
function streamifyResponse (handler: StreamingHandler): (event: LambdaEvent, context: LambdaContext) => Promise<unknown> {
  return async (event, context) => await new Promise((resolve, reject) => {
    const stream = new ResponseStream(resolve)
    stream.once('close', () => reject(stream.errored ?? new Error('the response stream was destroyed before anything was written')))
    run().catch((error: unknown) => {
      reject(error)
      stream.destroy(toError(error))
    })

    async function run (): Promise<void> {
      await handler(event, stream, context)
    }
  })
}

function from (responseStream: ResponseStream, metadata: object): ResponseStream {
  responseStream.setMetadata(metadata)
  return responseStream
}

/** What a streaming handler writes to, and what the reply reads from. */
class ResponseStream extends Transform {
  readonly #onStart: (result: object) => void
  #metadata: object = { statusCode: 200, headers: { 'content-type': 'application/octet-stream' } }

  constructor (onStart: (result: object) => void) {
    super()
    this.#onStart = onStart
    // A function that has no listener, and a client that leaves, must not end the process.
    this.on('error', () => {})
  }

  setMetadata (metadata: object): void {
    this.#metadata = metadata
  }

  setContentType (type: string): void {
    this.setMetadata({ statusCode: 200, headers: { 'content-type': type } })
  }

  override _transform (chunk: Buffer, _encoding: string, callback: TransformCallback): void {
    this.#onStart({ ...this.#metadata, body: this })
    callback(null, chunk)
  }

  override _flush (callback: TransformCallback): void {
    this.#onStart({ ...this.#metadata, body: this })
    callback()
  }
}
export type { ResponseStream }
