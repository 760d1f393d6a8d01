import type { IncomingHttpHeaders } from 'node:http'

const PLATFORM_HEADER = /^(?:x-nf-|x-netlify-|client-ip$)/

/**
 * The headers of a request as a function sees them. Headers that Netlify's platform sets would be
 * believed by functions, so what a client sends under such a name is removed.
 */
export function functionHeaders (headers: IncomingHttpHeaders, trustPlatformHeaders: boolean): Record<string, string> {
  const result: Record<string, string> = Object.create(null)
  for (const name in headers) {
    const value = headers[name]
    // HTTP/2 has its pseudo headers here too.
    if (value === undefined || name.startsWith(':')) continue
    if (!trustPlatformHeaders && PLATFORM_HEADER.test(name)) continue
    result[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return result
}
