import type { FunctionRequest, FunctionResponse } from '../functions/exchange.ts'

/** A global `Request` for a function. A GET or HEAD never has a body; the Fetch standard forbids it. */
export function toNativeRequest (request: Omit<FunctionRequest, 'headers'> & { readonly headers: HeadersInit }, signal: AbortSignal): Request {
  const { method, url, headers } = request
  const body = method === 'GET' || method === 'HEAD' ? null : request.body
  return new Request(url, { method, headers, body, signal, ...(body instanceof ReadableStream && { duplex: 'half' }) } as RequestInit)
}

/** Takes a `Response` apart. Its body is read later, and only once. */
export function fromNativeResponse (response: Response): FunctionResponse {
  if (response.bodyUsed || response.body?.locked) throw new TypeError('its body is already used or locked')
  if (response.status < 200) throw new RangeError(`its status is ${response.status}; it must be between 200 and 599`)
  return { status: response.status, headers: forwardable(response), body: response.body }
}

/** fetch() has decoded the body of a response that comes from it, and still names the encoding and the old length. */
function forwardable (response: Response): Array<[string, string]> {
  const headers = [...response.headers]
  if (response.url === '' || !response.headers.has('content-encoding')) return headers
  return headers.filter(([name]) => name !== 'content-encoding' && name !== 'content-length')
}
