import { FST_NETLIFY_INVALID_HOST } from '../errors.ts'

const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i

/** The last origin that was checked, and what it was made of; most requests have the same. */
let known = { protocol: '', host: '', origin: '' }

/**
 * The URL of a request with the public origin, as Fastify sees it.
 *
 * @param protocol that of the connection or, behind a trusted proxy, `X-Forwarded-Proto`, which may be anything
 * @param host from `Host` or, behind a trusted proxy, `X-Forwarded-Host`; empty for HTTP/1.0
 * @param target what stands in the request line
 * @throws FST_NETLIFY_INVALID_HOST when the host is none, and could move the path of the URL
 */
export function requestUrl (protocol: string, host: string, target: string): string {
  const origin = protocol === known.protocol && host === known.host ? known.origin : checkOrigin(protocol, host)
  if (target.startsWith('/')) return origin + target
  const path = target.replace(ABSOLUTE_FORM, '')
  return `${origin}${path.startsWith('/') ? '' : '/'}${path}`
}

/** No path can spoil a URL whose origin is one. */
function checkOrigin (protocol: string, host: string): string {
  if (host !== '' && !HOST.test(host)) throw new FST_NETLIFY_INVALID_HOST()
  const scheme = protocol.toLowerCase() === 'https' ? 'https' : 'http'
  const origin = `${scheme}://${host || 'localhost'}`
  if (!URL.canParse(origin)) throw new FST_NETLIFY_INVALID_HOST()
  known = { protocol, host, origin }
  return origin
}
