import type { IncomingHttpHeaders } from 'node:http'
import { FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_RESPONSE } from '../errors.ts'
import { EVENT_HEADER } from '../functions/events.ts'
import type { FunctionResponse } from '../functions/exchange.ts'

// RFC 9110, 5.5, with the bytes beyond ASCII that Node.js writes as Latin-1.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const BEYOND_LATIN1 = /[\u0100-\uffff]/
const PLATFORM_HEADER = /^(?:x-nf-|x-netlify-|client-ip$)/

/**
 * The headers of a request as a function sees them. Headers that Netlify's platform sets would be
 * believed by functions, so what a client sends under such a name is removed. Which handler a function is called
 * by is nothing that even a trusted client decides.
 */
export function functionHeaders (headers: IncomingHttpHeaders, trustPlatformHeaders: boolean): Record<string, string> {
  const result: Record<string, string> = Object.create(null)
  for (const name in headers) {
    const value = headers[name]
    // HTTP/2 has its pseudo headers here too.
    if (value === undefined || name.startsWith(':') || name === EVENT_HEADER) continue
    if (!trustPlatformHeaders && PLATFORM_HEADER.test(name)) continue
    result[name] = typeof value === 'string' ? value : value.join(', ')
  }
  // Over HTTP/2 a client sends the host under another name.
  const authority = headers[':authority']
  if (authority !== undefined) result.host ??= String(authority)
  return result
}

/**
 * Finds a header that Node.js would refuse to write once the reply has begun; `Headers` of the Fetch standard takes
 * more than HTTP does.
 *
 * @throws FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_RESPONSE
 */
export function checkResponseHeaders (functionName: string, headers: FunctionResponse['headers']): void {
  for (const [name, value] of headers) {
    if (!FIELD_VALUE.test(value)) {
      if (BEYOND_LATIN1.test(value)) throw new FST_NETLIFY_HEADER_NOT_LATIN1(`header "${name}"`)
      throw new FST_NETLIFY_INVALID_RESPONSE(functionName, `its header "${name}" has a control character`)
    }
    if (name === 'content-length' && !/^\d+$/.test(value)) {
      throw new FST_NETLIFY_INVALID_RESPONSE(functionName, `its content-length is "${value}", which is no number of bytes`)
    }
  }
}
