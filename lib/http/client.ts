import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'

/**
 * Calls back when the client goes away before the end of its reply has been handed to Node.js; never after.
 * Fastify's `request.signal` and Node.js's `aborted` do not tell that reliably; the close of the response does.
 */
export function onClientLeft (response: ServerResponse, callback: () => void): void {
  if (hasClientLeft(response)) callback()
  // It closes once, so `once` and its wrapper are not needed.
  else response.on('close', () => { if (!response.writableEnded) callback() })
}

/** True from the moment the reply can no longer reach the client. */
export function hasClientLeft (response: ServerResponse): boolean {
  // An HTTP/2 response is a thin face of a stream, which alone knows that it is gone.
  const { stream } = response as { stream?: ServerHttp2Stream }
  return (stream ?? response).destroyed && !response.writableEnded
}
