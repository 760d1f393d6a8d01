import type { Call } from '../exchange.ts'

/** Results of Lambda-compatible handlers. */
const RESULTS: Readonly<Record<string, string>> = {
  'a text': '{ statusCode: 200, body: "hellö" }',
  'no body': '{ statusCode: 204 }',
  'an empty body': '{ statusCode: 200, body: "" }',
  'a null body': '{ statusCode: 200, body: null }',
  base64: '{ statusCode: 200, isBase64Encoded: true, body: "AID/", headers: { "content-type": "image/png" } }',
  'a status': '{ statusCode: 418, body: "x" }',
  headers: '{ statusCode: 200, headers: { "X-A": "b", "x-number": 5, "x-yes": true }, body: "x" }',
  'several values': '{ statusCode: 200, multiValueHeaders: { "x-a": ["1", "2"], "set-cookie": ["a=1", "b=2; Path=/"] }, body: "x" }',
  'one cookie': '{ statusCode: 200, headers: { "Set-Cookie": "a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT" }, body: "x" }',
  'headers and values of other names': '{ statusCode: 200, headers: { "x-a": "1" }, multiValueHeaders: { "x-b": ["2"] }, body: "x" }',
  'headers and values of the same name': '{ statusCode: 200, headers: { "x-a": "1" }, multiValueHeaders: { "X-A": ["2"] }, body: "x" }',
  'a redirect': '{ statusCode: 302, headers: { location: "/there" } }',
  'unknown keys': '{ statusCode: 200, body: "x", cookies: ["a=1"], metadata: { version: 1 } }',
  'a content type': '{ statusCode: 200, headers: { "content-type": "text/html" }, body: "<p>" }',
  'no content type and bytes': '{ statusCode: 200, isBase64Encoded: true, body: "AID/" }',
  undefined: 'undefined',
  'no status': '{ body: "x" }',
  'a status that is text': '{ statusCode: "201", body: "x" }',
  'a status of 99': '{ statusCode: 99, body: "x" }',
  'a body that is an object': '{ statusCode: 200, body: { a: 1 } }'
}

/** `record` tells what the handler was given; `x-case` names one of the results. */
const HANDLER = `
  const results = [${Object.values(RESULTS).map((result) => `() => (${result})`).join(',\n')}]
  export async function run (event, context) {
    const named = event.headers['x-case']
    if (named !== undefined) return results[named]()
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ event: ordered(event), context: Object.keys(context).sort(), id: context.awsRequestId.length }) }
  }
  function ordered (event) {
    const { 'x-nf-request-id': id, ...headers } = event.headers
    const { 'x-nf-request-id': ids, ...multiValueHeaders } = event.multiValueHeaders
    return { ...event, headers, multiValueHeaders }
  }`

export const lambdaFiles: Readonly<Record<string, string>> = {
  '_lambda.mjs': HANDLER,
  'lambda.mjs': 'export { run as handler } from \'./_lambda.mjs\'',
  'wrapped.mjs': `
    import { withLambda } from '@netlify/aws-lambda-compat'
    import { run } from './_lambda.mjs'
    export default withLambda(run)`
}

const CALLS: ReadonlyArray<Omit<Call, 'function'>> = [
  { title: 'GET' },
  { title: 'GET with a query', target: '?a=1&b=%C3%BC+x&c' },
  { title: 'GET with a repeated parameter', target: '?a=1&a=2' },
  { title: 'GET with a query that starts with another question mark', target: '??a=1' },
  { title: 'GET with a query that no URL holds as it is', target: '?a="<>\'`|^{}[]\\&b=%zz&c=%ff' },
  { title: 'GET with more path', target: '/more/%C3%BC' },
  { title: 'DELETE', method: 'DELETE' },
  { title: 'a header with a comma', headers: [['accept', 'a, b'], ['x-twice', '1'], ['x-twice', '2']] },
  { title: 'a text', method: 'POST', headers: [['content-type', 'text/plain']], body: 'hellö' },
  { title: 'JSON', method: 'POST', headers: [['content-type', 'application/json; charset=utf-8']], body: '{"a":1}' },
  { title: 'a form', method: 'PUT', headers: [['content-type', 'application/x-www-form-urlencoded']], body: 'a=1&b=2' },
  { title: 'bytes', method: 'POST', headers: [['content-type', 'application/octet-stream']], body: Uint8Array.of(0, 128, 255) },
  { title: 'a body without a type', method: 'PATCH', body: 'x' },
  { title: 'a POST without a body', method: 'POST', headers: [['content-type', 'application/json']] },
  ...Object.keys(RESULTS).map((title, index) => ({ title: `a result: ${title}`, headers: [['x-case', String(index)]] as const }))
]

/** The Lambda form here against withLambda() in the bootstrap, and withLambda() in both. */
export const lambdaCalls: Call[] = [
  ...CALLS.map((call): Call => ({ ...call, function: 'lambda', twin: 'wrapped', target: `/.netlify/functions/lambda${call.target ?? ''}` })),
  ...CALLS.map((call): Call => ({ ...call, title: `withLambda: ${call.title}`, function: 'wrapped', target: `/.netlify/functions/wrapped${call.target ?? ''}` }))
]
