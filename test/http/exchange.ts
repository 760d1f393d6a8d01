import { EventEmitter, once } from 'node:events'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import type { Readable } from 'node:stream'
import type { FastifyServerOptions } from 'fastify'

/** A request as its client sees it: each piece when it arrives, and whether the transfer came to its end. */
export interface Exchange {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Waits for the next piece of the body; `undefined` when there is none to come. */
  next (): Promise<string | undefined>
  /** Reads on to the end of the transfer. */
  rest (): Promise<{ readonly body: string, readonly ending: 'complete' | 'broken' }>
  /** Breaks the connection (HTTP/1.1) or resets the stream (HTTP/2). */
  leave (): void
}

export interface ExchangeOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** One version of HTTP, for tests that must hold for each. */
export interface Protocol {
  readonly name: string
  readonly serverOptions: FastifyServerOptions
  /** Sends a request and waits for the head of its response. */
  request (url: string, options?: ExchangeOptions): Promise<Exchange>
}

export const http1: Protocol = {
  name: 'HTTP/1.1',
  serverOptions: {},
  async request (url, { method = 'GET', headers = {}, body } = {}) {
    const request = http.request(url, { method, headers, agent: false })
    request.end(body)
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    // Without a listener, a broken transfer would be an uncaught exception too.
    request.on('error', () => {})
    return exchange(response.statusCode ?? 0, response.headers, response, () => request.destroy(), () => response.complete)
  }
}

export const http2c: Protocol = {
  name: 'HTTP/2',
  // Fastify's types tie this to a server of another type, which a test site does not care about.
  serverOptions: { http2: true } as FastifyServerOptions,
  async request (url, { method = 'GET', headers = {}, body } = {}) {
    const { origin, pathname, search } = new URL(url)
    const session = http2.connect(origin)
    const stream = session.request({ ':method': method, ':path': pathname + search, ...headers }, { endStream: body === undefined && (method === 'GET' || method === 'HEAD') })
    if (!stream.writableEnded) stream.end(body)
    const [head] = await once(stream, 'response') as [http2.IncomingHttpHeaders]
    stream.once('close', () => session.close())
    const status = Number(head[':status'])
    return exchange(status, head, stream, () => stream.close(http2.constants.NGHTTP2_CANCEL), () => stream.rstCode === http2.constants.NGHTTP2_NO_ERROR)
  }
}

export const protocols: readonly Protocol[] = [http1, http2c]

function exchange (status: number, headers: Exchange['headers'], body: Readable, leave: () => void, isComplete: () => boolean): Exchange {
  const pieces: string[] = []
  const events = new EventEmitter()
  body.setEncoding('utf8')
  body.on('data', (piece: string) => {
    pieces.push(piece)
    events.emit('change')
  })
  body.on('error', () => {})
  body.on('close', () => events.emit('change'))

  async function next (): Promise<string | undefined> {
    while (pieces.length === 0 && !body.closed) await once(events, 'change')
    return pieces.shift()
  }

  return {
    status,
    headers,
    next,
    leave,
    async rest () {
      let text = ''
      for (let piece = await next(); piece !== undefined; piece = await next()) text += piece
      return { body: text, ending: isComplete() ? 'complete' : 'broken' }
    }
  }
}
