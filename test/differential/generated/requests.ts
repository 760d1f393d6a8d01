import fc from 'fast-check'
import type { Call } from '../exchange.ts'

const READERS = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData', 'stream', 'clone', 'copy', 'twice', 'none']
const TEXT_TYPES = ['text/plain', 'text/html; charset=latin1', 'application/json', 'APPLICATION/JSON', 'application/vnd.api+json', 'image/svg+xml', 'application/x-www-form-urlencoded', 'application/x-ndjson']
const BYTE_TYPES = ['application/octet-stream', 'image/png', 'multipart/form-data; boundary=x', 'application/pdf', 'x', 'text', '']
const PLACES: ReadonlyArray<readonly [name: string, route: string, segments: number]> = [['params-1', '/place1/:a', 1], ['params-2', '/place2/:a/:b', 2], ['params-4', '/place4/:a+', 3], ['params-6', '/place6/*', 2]]

function text (characters: string, escapes: readonly string[], maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...characters) }, fc.constantFrom(...escapes)), { maxLength }).map((parts) => parts.join(''))
}

const segment = text('abz059-_~!$&\'()*+,;=:@', ['%20', '%2F', '%C3%A9', '%E2%98%83', '%3A', '%25', '%7B', 'x.y'], 8).map((part) => `s${part}`)
const queryPart = text('abAZ09-._~!$\'()*,;:@/?[]{}|^`"<>\\', ['%20', '+', '%zz', '%', '%C3%A9', '%ff', '%00', '%26', '%3D'], 6)
const query = fc.array(fc.oneof(fc.tuple(fc.oneof(fc.constantFrom('a', 'b'), queryPart), queryPart).map((pair) => pair.join('=')), queryPart), { maxLength: 5 })
  .map((parts) => parts.length === 0 ? '' : `?${parts.join('&')}`)

const target = fc.oneof(
  query.map((search) => ({ function: 'record', target: `/.netlify/functions/record${search}` })),
  fc.constantFrom(...PLACES).chain(([name, route, count]) => fc.tuple(fc.array(segment, { minLength: count, maxLength: count }), query).map(([segments, search]) => ({
    function: name, route, target: `${route.slice(0, route.indexOf('/', 1))}/${segments.join('/')}${search}`
  })))
)

const latin1 = fc.array(fc.constantFrom(..."abc XYZ019\t!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\éÿ\u00a0\u0080"), { maxLength: 12 }).map((characters) => characters.join(''))
const name = fc.oneof(fc.constantFrom('x-a', 'X-A', 'accept', 'Accept-Language', 'user-agent', 'referer', 'authorization', 'origin', 'range', 'if-none-match', 'cache-control', 'x-forwarded-for', 'forwarded', 'via', 'cookie', 'set-cookie', 'content-language'),
  fc.array(fc.constantFrom(...'abcxyz019!#$%&\'*+-.^_`|~'), { minLength: 1, maxLength: 6 }).map((characters) => `x-o${characters.join('')}`))
const cookie = fc.tuple(text('abAB_-', [' ', '%20'], 3), fc.option(text('abc=09"', ['%3D', ' ', ','], 5))).map(([key, value]) => value === null ? key : `${key}=${value}`)
const headers = fc.tuple(fc.array(fc.tuple(name, latin1), { maxLength: 6 }), fc.array(cookie, { maxLength: 4 }))
  .map(([others, cookies]): Array<[string, string]> => cookies.length === 0 ? others : [...others, ['cookie', cookies.join('; ')]])

const body = fc.oneof(
  fc.record({ type: fc.constantFrom(...TEXT_TYPES), body: fc.oneof(fc.string({ unit: 'grapheme' }), fc.json(), fc.webQueryParameters()) }),
  fc.record({ type: fc.constantFrom(...BYTE_TYPES), body: fc.uint8Array({ maxLength: 64 }) }),
  fc.record({ type: fc.constant(undefined), body: fc.uint8Array({ maxLength: 16 }) })
)

const bodiless = fc.record({ method: fc.constantFrom('GET', 'OPTIONS', 'DELETE', 'POST') })
const bodied = fc.record({ method: fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'), reader: fc.constantFrom(...READERS) }).chain((call) => body.map((sent) => ({ ...call, ...sent })))

/** Any method, path, query, headers, cookies, body, and any way to read it. */
export const requestCall: fc.Arbitrary<Call> = fc.tuple(target, headers, fc.oneof<Array<fc.Arbitrary<{ method: string, type?: string | undefined, body?: string | Uint8Array, reader?: string }>>>(bodiless, bodied))
  .map(([place, sent, { method, type, reader, body }]) => ({
    title: 'a generated request',
    ...place,
    method,
    headers: [...sent, ...(type === undefined ? [] : [['content-type', type] as const]), ...(reader === undefined ? [] : [['x-reader', reader] as const])],
    ...(body !== undefined && { body })
  }))

/** The same for the Lambda form. */
export const lambdaCall: fc.Arbitrary<Call> = fc.tuple(requestCall, query)
  .map(([{ route: _, ...call }, search]) => ({ ...call, title: 'a generated event', function: 'lambda', twin: 'wrapped', target: `/.netlify/functions/lambda${search}` }))
