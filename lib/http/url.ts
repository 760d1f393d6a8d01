import { FST_NETLIFY_INVALID_HOST } from '../errors.ts'

const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i

/** The last origin that was checked; most requests have the same. No path can spoil a URL whose origin is one. */
let validOrigin = ''

/**
 * The URL of a request with the public origin, as Fastify sees it.
 *
 * @param protocol that of the connection or, behind a trusted proxy, `X-Forwarded-Proto`, which may be anything
 * @param host from `Host` or, behind a trusted proxy, `X-Forwarded-Host`; empty for HTTP/1.0
 * @param target what stands in the request line
 * @throws FST_NETLIFY_INVALID_HOST when the host is none, and could move the path of the URL
 */
export function requestUrl (protocol: string, host: string, target: string): string {
  if (host !== '' && !HOST.test(host)) throw new FST_NETLIFY_INVALID_HOST()
  const scheme = protocol.toLowerCase() === 'https' ? 'https' : 'http'
  const origin = `${scheme}://${host || 'localhost'}`
  if (origin !== validOrigin) {
    if (!URL.canParse(origin)) throw new FST_NETLIFY_INVALID_HOST()
    validOrigin = origin
  }
  if (target.startsWith('/')) return origin + target
  const path = target.replace(ABSOLUTE_FORM, '')
  return `${origin}${path.startsWith('/') ? '' : '/'}${path}`
}
