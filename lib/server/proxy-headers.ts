import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'

export interface ForwardedOptions {
  readonly request: FastifyRequest
  readonly requestId: string
  /** Who has passed the request on, this server last. */
  readonly cdnLoop: string
  /** Those of the rule. */
  readonly added: ReadonlyArray<readonly [name: string, value: string]>
  readonly trustPlatformHeaders: boolean
}

/** Between two hops only (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'])
/** What the client says about its way here; Fastify has decided what of it counts. */
const REPLACED = /^(?:forwarded|x-forwarded-.+|x-real-ip)$/
const PLATFORM_HEADER = /^(?:x-nf-|x-netlify-|client-ip$)/

/**
 * The headers of a request as another server gets them.
 *
 * @param headers those of the client without what its `connection` names, and `host` of the other server
 */
export function forwardedHeaders (headers: IncomingHttpHeaders, { request, requestId, cdnLoop, added, trustPlatformHeaders }: ForwardedOptions): IncomingHttpHeaders {
  const result: IncomingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    if (HOP_BY_HOP.has(name) || REPLACED.test(name) || (!trustPlatformHeaders && PLATFORM_HEADER.test(name))) continue
    result[name] = value
  }
  if (request.body === undefined) delete result['content-length']
  // Node.js frames the body of some methods only if it is told to.
  else if (result['content-length'] === undefined) result['transfer-encoding'] = 'chunked'

  const addresses = [...request.ips ?? [request.ip]].reverse().filter((address) => address !== undefined)
  const own = {
    ...(addresses.length > 0 && { 'x-forwarded-for': addresses.join(', ') }),
    ...(request.host !== '' && { 'x-forwarded-host': request.host }),
    'x-forwarded-proto': request.protocol === 'https' ? 'https' : 'http',
    'x-nf-request-id': requestId,
    'cdn-loop': cdnLoop
  }
  const client = request.ip === undefined ? {} : { 'client-ip': request.ip, 'x-nf-client-connection-ip': request.ip }
  return { ...client, ...result, ...own, ...Object.fromEntries(added) }
}

/** The headers of another server's response as the client gets them. */
export function returnedHeaders (headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = headers.connection?.toLowerCase().split(',').map((name) => name.trim()) ?? []
  // The id of this request is in the reply already.
  const isReturned = (name: string): boolean => !HOP_BY_HOP.has(name) && !named.includes(name) && name !== 'x-nf-request-id'
  return Object.fromEntries(Object.entries(headers).filter(([name, value]) => value !== undefined && isReturned(name)))
}
