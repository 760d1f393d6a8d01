import type { Call } from '../exchange.ts'

const JSON_TYPE = ['content-type', 'application/json'] as const
const FORM_TYPE = ['content-type', 'application/x-www-form-urlencoded'] as const
const MULTIPART = ['--b', 'content-disposition: form-data; name="field"', '', 'välue', '--b', 'content-disposition: form-data; name="file"; filename="a.bin"', 'content-type: application/octet-stream', '', 'bytes', '--b--', ''].join('\r\n')
const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']
const READERS = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData', 'stream', 'clone', 'copy', 'twice', 'none']
const BODIES: ReadonlyArray<readonly [type: string | undefined, body: string | Uint8Array]> = [
  ['application/json', '{"a":[1,"ü"]}'],
  ['application/json; charset=utf-8', '{"a":'],
  ['application/x-www-form-urlencoded', 'a=1&a=2&b=%C3%BC+x&c'],
  ['multipart/form-data; boundary=b', MULTIPART],
  ['application/octet-stream', BYTES],
  ['text/plain', 'plain tëxt'],
  ['image/png', BYTES],
  [undefined, 'no type at all']
]
const QUERIES = ['?', '?a', '?a=', '?a=1&a=2&b=', '?=x', '?&&', '?a=%C3%BC&b=%2F&c=+', '?a=%zz', '?a=%', '?q=[1]&x={y}', '?a="<>`', '?a=b?c=d', '?a=\'', '?__proto__=1&constructor=2', '?a;b=c', '?a=|^\\']
const HEADERS: ReadonlyArray<ReadonlyArray<readonly [string, string]>> = [
  [['x-twice', 'a'], ['x-twice', 'b']],
  [['X-Upper', 'Case Kept']],
  [['x-empty', '']],
  [['x-spaces', '  inside  kept  ']],
  [['x-tab', 'a\tb']],
  [['x-latin1', 'é ÿ']],
  [['accept', 'text/html, */*;q=0.1'], ['accept', 'text/plain']],
  [['user-agent', 'first'], ['user-agent', 'second']],
  [['authorization', 'Bearer a.b.c']],
  [['cookie', 'a=1'], ['cookie', 'b=2; c=3']],
  [['cookie', '']],
  [['set-cookie', 'a=1'], ['set-cookie', 'b=2']],
  [['if-none-match', '"etag"'], ['range', 'bytes=0-1']],
  [['origin', 'https://other.example'], ['referer', 'https://other.example/page']],
  [['x-forwarded-for', '203.0.113.7'], ['x-forwarded-proto', 'https'], ['x-forwarded-host', 'evil.example']],
  [['content-type', 'application/json']],
  [['__proto__', 'polluted'], ['constructor', 'x']],
  [['x-long', 'x'.repeat(4000)]],
  [['x-nf-geo', 'c3Bvb2ZlZA=='], ['x-nf-client-connection-ip', '203.0.113.7'], ['x-nf-account-id', 'spoofed']],
  [['x-nf-made-up', 'spoofed'], ['x-netlify-event', 'deploy_succeeded'], ['client-ip', '203.0.113.7']],
  [['x-nf-identity-info', 'eyJ1c2VyIjp7fX0=']],
  [['cdn-loop', 'netlify']]
]

export const requestCalls: Call[] = [
  ...METHODS.map((method): Call => ({ title: `${method} without a body`, function: 'record', method })),
  ...METHODS.filter((method) => method !== 'HEAD').map((method): Call => ({ title: `${method} with a body`, function: 'record', method, headers: [JSON_TYPE], body: '{"a":1}' })),
  { title: 'a POST with an empty body', function: 'record', method: 'POST', headers: [JSON_TYPE], body: '' },
  ...BODIES.flatMap(([type, body]) => READERS.map((reader): Call => ({
    title: `${type} read by ${reader}`, function: 'record', method: 'POST', headers: [...(type === undefined ? [] : [['content-type', type] as const]), ['x-reader', reader]], body
  }))),
  { title: 'a form that is not UTF-8', function: 'record', method: 'POST', headers: [FORM_TYPE, ['x-reader', 'bytes']], body: Uint8Array.of(97, 61, 0xff) },
  ...QUERIES.map((query): Call => ({ title: `the query ${query}`, function: 'record', target: `/.netlify/functions/record${query}` })),
  ...HEADERS.map((headers): Call => ({ title: `the headers ${JSON.stringify(headers).slice(0, 100)}`, function: 'record', headers })),
  { title: 'more path under the default URL', function: 'record', target: '/.netlify/functions/record/more/%C3%BC//x' },
  { title: 'an upper-case host with a port', function: 'record', host: 'SITE.Example:8080' }
]
