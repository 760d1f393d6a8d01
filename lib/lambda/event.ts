import { isUtf8 } from 'node:buffer'
import type { FunctionRequest } from '../functions/exchange.ts'

/** What a Lambda-compatible handler gets as its first argument: plain data of its own, free to be changed. */
export interface LambdaEvent {
  rawUrl: string
  /** Without the question mark. */
  rawQuery: string
  path: string
  httpMethod: string
  headers: Record<string, string>
  multiValueHeaders: Record<string, string[]>
  queryStringParameters: Record<string, string>
  multiValueQueryStringParameters: Record<string, string[]>
  body: string | null
  isBase64Encoded: boolean
  /** The pattern of `config.path` that matched. */
  route: string | undefined
  /** Only where Blobs are on: what `connectLambda(event)` of @netlify/blobs reads. */
  blobs?: string
}

/** A request whose body, if any, is in memory: an event cannot hold a stream. */
export type BufferedRequest = FunctionRequest & { readonly body: Uint8Array<ArrayBuffer> | null }

const URL_PARTS = /^[^:]+:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/

const TEXT_TYPES: ReadonlySet<string> = new Set([
  'application/csp-report',
  'application/graphql',
  'application/json',
  'application/javascript',
  'application/x-www-form-urlencoded',
  'application/x-ndjson',
  'application/xml'
])

/**
 * Writes a request as the event of a Lambda-compatible handler. Path and query stay as they were sent.
 * A body is text or base64 by its content type, as on Netlify; a text body that is not UTF-8 is base64 too,
 * so that no byte is lost. Without a body, `body` is null, as Netlify's `HandlerEvent` type has it.
 */
export function lambdaEvent (request: BufferedRequest, route: string | undefined): LambdaEvent {
  const [, path = '', rawQuery = ''] = URL_PARTS.exec(request.url) ?? []
  const isBase64Encoded = !isTextType(request.headers['content-type']) || (request.body !== null && !isUtf8(request.body))
  return {
    rawUrl: request.url,
    rawQuery,
    path: path || '/',
    httpMethod: request.method,
    headers: { ...request.headers },
    multiValueHeaders: mapValues(Object.entries(request.headers), (value) => [value]),
    ...queryParameters(rawQuery),
    body: request.body === null ? null : bodyText(request.body, isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
    route
  }
}

/** Reads the body of a request into memory. Rejects with the error of the body's stream. */
export async function bufferRequest (request: FunctionRequest): Promise<BufferedRequest> {
  const { method, url, headers, body } = request
  const whole = body instanceof ReadableStream ? new Uint8Array(await new Response(body).arrayBuffer()) : body
  return { method, url, headers, body: whole }
}

function isTextType (contentType: string | undefined): boolean {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type.startsWith('text/') || type.endsWith('+json') || type.endsWith('+xml') || TEXT_TYPES.has(type)
}

function queryParameters (rawQuery: string): Pick<LambdaEvent, 'queryStringParameters' | 'multiValueQueryStringParameters'> {
  const parameters = new Map<string, string[]>()
  // Of a query that starts with one, the constructor would take a question mark away.
  for (const [name, value] of new URLSearchParams(`?${rawQuery}`)) {
    const values = parameters.get(name)
    if (values) values.push(value)
    else parameters.set(name, [value])
  }
  return {
    queryStringParameters: mapValues(parameters, (values) => values.join(', ')),
    multiValueQueryStringParameters: Object.fromEntries(parameters)
  }
}

/** `Object.fromEntries` defines each key, so `__proto__` is one like any other. */
function mapValues<From, To> (entries: Iterable<[string, From]>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Array.from(entries, ([name, value]) => [name, map(value)]))
}

function bodyText (body: Uint8Array<ArrayBuffer>, encoding: 'base64' | 'utf8'): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(encoding)
}
