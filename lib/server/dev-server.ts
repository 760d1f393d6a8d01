import { randomUUID } from 'node:crypto'
import { request as httpRequest, ServerResponse, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex, Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_CLIENT_LEFT, FST_NETLIFY_DEV_SERVER_UNREACHABLE } from '../errors.ts'
import { replyError } from './reply-error.ts'

/** The dev server of a framework, which gets what nothing else serves. */
export interface DevServer {
  /** Hands a request on, a WebSocket's too; its URL as it was sent. */
  serve (request: FastifyRequest, reply: FastifyReply): void
  /** What it answers to a GET, if that is an answer of 200. @throws FST_NETLIFY_DEV_SERVER_UNREACHABLE */
  get (target: string, maxBytes: number): Promise<Buffer | undefined>
}

/** A connection that a client wants to use for something else than HTTP from here on. */
interface Upgrade {
  readonly socket: Duplex
  /** What the client has sent already. */
  readonly head: Buffer
}

type HeaderPairs = string[]

/** Between two hops only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'])
/** Fastify has decided what of them counts. */
const REPLACED = ['host', 'content-length', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']
const ORIGIN = /^https?:\/\/[^/?#]*/i
/** Tells a request that has come back from one that has not. */
const VIA = `1.1 ${randomUUID()}`
/** Milliseconds for the source of an image. */
const IMAGE_TIMEOUT = 10_000
const LOOPBACK = /^(?:localhost|.+\.localhost|127\..+|\[::1\])$/
/** Of each server, as all its sites share one listener. */
const upgradesByServer = new WeakMap<object, WeakMap<IncomingMessage, Upgrade>>()

/**
 * Makes the proxy to a dev server.
 *
 * @param url its origin
 */
export function createDevServer (app: FastifyInstance, url: string): DevServer {
  const { protocol, hostname, port } = new URL(url)
  const upgrades = acceptUpgrades(app)
  const open = new Set<Duplex>()
  // Node.js leaves connections alone that speak another protocol, and would wait for them.
  app.addHook('preClose', (done) => {
    for (const socket of open) socket.destroy()
    done()
  })

  function ask (options: RequestOptions): ClientRequest {
    const send = protocol === 'https:' ? httpsRequest : httpRequest
    // A connection for each request: one that is kept would be dead after the dev server has been started anew.
    return send({ protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, agent: false, rejectUnauthorized: !LOOPBACK.test(hostname), ...options } as RequestOptions)
  }

  function unreachable (error: NodeJS.ErrnoException): Error {
    return new FST_NETLIFY_DEV_SERVER_UNREACHABLE(url, error.code ?? error.message, { cause: error })
  }

  function serve (request: FastifyRequest, reply: FastifyReply): void {
    if (request.headers.via?.includes(VIA)) throw unreachable(new Error('it is this server'))
    const upgrade = upgrades.get(request.raw)
    const { method, raw: { url: target = '/' } } = request
    // A client may write the whole URL into its request.
    const path = target.startsWith('/') ? target : `/${target.replace(ORIGIN, '').replace(/^\//, '')}`
    const headers = [...endToEnd(request.raw.rawHeaders), ...forwarded(request)]
    if (upgrade !== undefined && request.headers.upgrade?.toLowerCase() === 'websocket') {
      upgrades.delete(request.raw)
      const asked = ask({ method, path, headers: [...headers, 'connection', 'upgrade', 'upgrade', 'websocket'] })
      reply.hijack()
      tunnel(asked, upgrade, request)
      return
    }
    const body = request.body as Readable | undefined
    handOn(ask({ method, path, headers: [...headers, ...framing(request)] }), body, reply)
  }

  function handOn (asked: ClientRequest, body: Readable | undefined, reply: FastifyReply): void {
    let failure: Error | undefined
    let isAnswered = false
    asked.once('response', (response) => {
      isAnswered = true
      try {
        answer(reply, response)
      } catch (error) {
        response.destroy()
        replyError(reply, unreachable(error as Error))
      }
    })
    asked.on('error', (error) => { failure = error })
    asked.once('close', () => {
      if (isAnswered) return
      replyError(reply, reply.raw.destroyed ? new FST_NETLIFY_CLIENT_LEFT() : unreachable(failure ?? new Error('it has closed the connection')))
    })
    // A client that stops in the middle leaves no request behind that looks complete.
    reply.raw.once('close', () => { asked.destroy() })
    if (body === undefined) asked.end()
    else body.pipe(asked)
  }

  /** From here on both sides talk to each other. */
  function tunnel (asked: ClientRequest, { socket, head }: Upgrade, { log }: FastifyRequest): void {
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      asked.destroy()
    })
    socket.on('error', () => { socket.destroy() })
    asked.on('error', (error) => {
      if (socket.destroyed) return
      log.warn({ err: unreachable(error) }, 'a WebSocket cannot reach the dev server')
      refuse(socket, 502, 'Bad Gateway')
    })
    asked.once('response', (response) => {
      response.resume()
      refuse(socket, response.statusCode ?? 502, response.statusMessage ?? '')
    })
    asked.once('upgrade', (response, upstream, first) => {
      upstream.once('close', () => { socket.destroy() })
      upstream.on('error', () => { upstream.destroy() })
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines(response.rawHeaders)}\r\n`, 'latin1')
      socket.write(first)
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    asked.end()
  }

  async function get (target: string, maxBytes: number): Promise<Buffer | undefined> {
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        ask({ path: target, headers: { accept: 'image/*', host: new URL(url).host, via: VIA }, signal: AbortSignal.timeout(IMAGE_TIMEOUT) }).once('response', resolve).on('error', reject).end()
      })
      const chunks: Buffer[] = []
      let length = 0
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length
        if (length > maxBytes || response.statusCode !== 200) return undefined
        chunks.push(chunk)
      }
      return response.statusCode === 200 ? Buffer.concat(chunks) : undefined
    } catch (error) {
      throw unreachable(error as Error)
    }
  }

  return { serve, get }
}

function answer (reply: FastifyReply, response: IncomingMessage): void {
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) reply.header(name, value)
  }
  reply.code(response.statusCode ?? 502).send(response)
}

/**
 * Lets Fastify's router decide about upgrades, as about all other requests, so that hooks and routes of the host count.
 * Where the host has a listener of its own that does so, that one is enough.
 */
function acceptUpgrades (app: FastifyInstance): WeakMap<IncomingMessage, Upgrade> {
  const known = upgradesByServer.get(app.server)
  if (known !== undefined) return known
  const upgrades = new WeakMap<IncomingMessage, Upgrade>()
  upgradesByServer.set(app.server, upgrades)
  app.server.on('upgrade', (raw, socket, head) => {
    if (app.hasDecorator('websocketServer')) return
    upgrades.set(raw, { socket, head })
    socket.on('error', () => { socket.destroy() })
    const response = new ServerResponse(raw)
    response.assignSocket(raw.socket)
    response.once('finish', () => { socket.end() })
    app.routing(raw, response)
  })
  return upgrades
}

/** Names and values in turn, as they were sent. */
function endToEnd (rawHeaders: readonly string[]): HeaderPairs {
  const pairs: HeaderPairs = []
  const named = new Set([...HOP_BY_HOP, ...REPLACED])
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() !== 'connection') continue
    for (const name of rawHeaders[index + 1]!.split(',')) named.add(name.trim().toLowerCase())
  }
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    // The pseudo-headers of HTTP/2 begin with a colon.
    if (!named.has(name.toLowerCase()) && !name.startsWith(':')) pairs.push(name, rawHeaders[index + 1]!)
  }
  return pairs
}

/** The host stays the client's, as frameworks compare it with the origin of a form; HTTP/2 names it in another place. */
function forwarded ({ ip, host, protocol }: FastifyRequest): HeaderPairs {
  // A client on a Unix socket has no address.
  const client = ip ? ['x-forwarded-for', ip] : []
  return ['host', host, ...client, 'x-forwarded-host', host, 'x-forwarded-proto', protocol, 'via', VIA]
}

/** Node.js would write the body of a DELETE, say, without telling where it ends. */
function framing ({ body, headers }: FastifyRequest): HeaderPairs {
  if (body === undefined) return []
  const length = headers['content-length']
  return length === undefined ? ['transfer-encoding', 'chunked'] : ['content-length', length]
}

function refuse (socket: Duplex, status: number, text: string): void {
  if (socket.writable) socket.end(`HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function lines (rawHeaders: readonly string[]): string {
  let text = ''
  for (let index = 0; index < rawHeaders.length; index += 2) text += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`
  return text
}
