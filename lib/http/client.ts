import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'

/**
 * Calls back when the client goes away before its reply has been written; never when it got it all.
 * Fastify's `request.signal` and Node.js's `aborted` do not tell that reliably; the close of the response does.
 */
export function onClientLeft (response: ServerResponse, callback: () => void): void {
  if (hasClientLeft(response)) callback()
  else response.once('close', () => { if (!wroteAll(response)) callback() })
}

/** True from the moment the reply can no longer reach the client. */
export function hasClientLeft (response: ServerResponse): boolean {
  return (streamOf(response)?.destroyed ?? response.destroyed) && !wroteAll(response)
}

function wroteAll (response: ServerResponse): boolean {
  const stream = streamOf(response)
  if (stream === undefined) return response.writableFinished
  // Node.js ends a stream that the client has reset, so `aborted` tells more than the end.
  return stream.writableFinished && !stream.aborted
}

/** An HTTP/2 response is a thin face of a stream, which alone knows its state. */
function streamOf (response: ServerResponse): ServerHttp2Stream | undefined {
  return (response as { stream?: ServerHttp2Stream }).stream
}
