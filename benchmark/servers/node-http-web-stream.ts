import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { listenWith, type BenchServer } from '../server.ts'

/** The way that Node.js itself offers from a web stream to a response. */
export const server: BenchServer = {
  title: '`node:http`, the stream of the function piped',
  async start ({ handler, path }) {
    return await listenWith(createServer(async (_request, response) => {
      const { headers, body } = await handler!(new Request(`http://localhost${path}`), { params: {} })
      response.setHeaders(headers)
      // The types of the DOM and of Node.js differ for the same class.
      Readable.fromWeb(body as ReadableStream<Uint8Array>).pipe(response)
    }))
  }
}
