import { FST_NETLIFY_INVALID_HOST } from '../errors.ts'

const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i

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
  const path = target.startsWith('/') ? target : target.replace(ABSOLUTE_FORM, '')
  const scheme = protocol.toLowerCase() === 'https' ? 'https' : 'http'
  const url = `${scheme}://${host || 'localhost'}${path.startsWith('/') ? '' : '/'}${path}`
  if (!URL.canParse(url)) throw new FST_NETLIFY_INVALID_HOST()
  return url
}
