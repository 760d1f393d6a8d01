import { createHmac } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_CLIENT_LEFT, FST_NETLIFY_PROXY_FAILED, FST_NETLIFY_PROXY_LOOP, FST_NETLIFY_PROXY_TIMEOUT, FST_NETLIFY_UNSAFE_PATH } from '../errors.ts'
import { onClientLeft } from '../http/client.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { SiteIdentity } from '../invoke/site-identity.ts'
import type { ProxyRule } from '../site/redirects/rule.ts'
import type { Destination } from '../site/redirects/target.ts'
import { leaveBodyUnread } from './functions.ts'
import { forwardedHeaders, returnedHeaders } from './proxy-headers.ts'
import { createProxySender, type ProxySender } from './proxy-sender.ts'
import { replyError } from './reply-error.ts'
import { showRequestId } from './show-request-id.ts'

/** A request that a rule sends to another server. */
export interface ProxyMatch {
  readonly kind: 'proxy'
  readonly destination: Destination
  readonly rule: ProxyRule
  readonly identity: SiteIdentity
  /** The value of one of the site's variables. */
  readonly variable: (name: string) => string | undefined
}

export interface Proxy {
  /** Makes sure that requests can be passed on. @throws FST_NETLIFY_MISSING_PACKAGE */
  ensure (): Promise<void>
  /** Throws what is wrong at once, sends what is wrong later. */
  forward (match: ProxyMatch, request: FastifyRequest, reply: FastifyReply): void
  close (): Promise<void>
}

/** Milliseconds until the other server begins to answer, and of silence from then on: Netlify's limit. */
const TIME_LIMIT = 26_000
const SERVER_NAME = 'fastify-netlify-functions'
/** Sites that may pass a request on to each other. */
const MAX_HOPS = 10
/** Of a signature, in seconds. */
const SIGNATURE_LIFETIME = 300
/** What some servers take for a way up, once they have decoded it. */
const WAY_UP = /(?:^|[/\\])\.\.?(?:[/\\]|$)/

/** Passes requests on to the servers that rules name. */
export function createProxy ({ trustPlatformHeaders }: { trustPlatformHeaders: boolean }): Proxy {
  const id = `id=${crypto.randomUUID()}`
  let sender: Promise<ProxySender> | undefined
  let ready: ProxySender | undefined

  return {
    async ensure () {
      sender ??= createProxySender(TIME_LIMIT)
      try {
        ready = await sender
      } catch (error) {
        sender = undefined
        throw error
      }
    },

    forward ({ destination: { origin, path, search }, rule, identity, variable }, request, reply) {
      if (ready === undefined) throw new Error('ensure() comes first')
      const requestId = createRequestId()
      showRequestId(request, reply, requestId)
      const cdnLoop = passedOn(request.headers['cdn-loop']?.toString() ?? '')
      if (isUnsafe(path)) throw new FST_NETLIFY_UNSAFE_PATH()
      const added = [...rule.headers, ...signature(rule, identity, variable)]

      const exchange = new AbortController()
      const timer = setTimeout(() => { exchange.abort(new FST_NETLIFY_PROXY_TIMEOUT(TIME_LIMIT / 1000)) }, TIME_LIMIT)
      onClientLeft(reply.raw, () => { exchange.abort(new FST_NETLIFY_CLIENT_LEFT()) })
      reply.raw.once('close', () => { clearTimeout(timer) })
      ready.send(reply, path, {
        getUpstream: () => origin,
        queryString: () => search.slice(1),
        // Its own rules would repeat a request that the other server cannot take now.
        retryDelay: () => null,
        rewriteRequestHeaders: (_request, headers) => forwardedHeaders(headers, { request, requestId, cdnLoop, added, trustPlatformHeaders }),
        rewriteHeaders (headers) {
          clearTimeout(timer)
          return returnedHeaders(headers)
        },
        onError (_reply, { error }) {
          clearTimeout(timer)
          request.log.warn({ err: error.cause ?? error, origin }, 'a request could not be passed on')
          if (request.body !== undefined) leaveBodyUnread(request, reply)
          replyError(reply, exchange.signal.aborted ? exchange.signal.reason as Error : failure(error))
        }
      }, exchange.signal)
    },

    async close () { await ready?.close() }
  }

  /** @throws FST_NETLIFY_PROXY_LOOP */
  function passedOn (cdnLoop: string): string {
    if (cdnLoop.includes(id) || cdnLoop.split(SERVER_NAME).length > MAX_HOPS) throw new FST_NETLIFY_PROXY_LOOP()
    return `${cdnLoop === '' ? '' : `${cdnLoop}, `}${SERVER_NAME}; ${id}`
  }
}

function isUnsafe (path: string): boolean {
  try {
    return WAY_UP.test(decodeURIComponent(path))
  } catch {
    return true
  }
}

function failure (error: NodeJS.ErrnoException): Error {
  const { cause = error } = error as { cause?: unknown }
  const hasTimedOut = (cause as NodeJS.ErrnoException).code === 'FST_REPLY_FROM_HTTP_REQUEST_TIMEOUT'
  return hasTimedOut ? new FST_NETLIFY_PROXY_TIMEOUT(TIME_LIMIT / 1000, { cause }) : new FST_NETLIFY_PROXY_FAILED({ cause })
}

/** A JSON Web Signature, by which the other server can tell that a request comes from this site. */
function signature ({ signed }: ProxyRule, { deploy, site }: SiteIdentity, variable: ProxyMatch['variable']): Array<[name: string, value: string]> {
  const key = signed === undefined ? undefined : variable(signed)
  if (!key) return []
  const claims = { deploy_context: deploy.context, netlify_id: site.id, site_url: site.url, iss: 'netlify', exp: Math.floor(Date.now() / 1000) + SIGNATURE_LIFETIME }
  const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return [['x-nf-sign', `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`]]
}
