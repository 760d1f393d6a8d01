import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

t.test('each set-cookie is a header of its own, those of context.cookies after the function\'s', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/cookies.mjs': `
      export default (request, { cookies }) => {
        cookies.set('c', '3')
        cookies.delete('d')
        const headers = new Headers({ 'set-cookie': 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT' })
        headers.append('set-cookie', 'b=2')
        return new Response('hi', { headers })
      }`,
    'netlify/functions/redirect.mjs': `
      export default (request, { cookies }) => {
        cookies.set('seen', 'yes')
        return Response.redirect('https://example.com/')
      }`
  })
  const url = `${await listen(app)}/.netlify/functions`
  const response = await fetch(`${url}/cookies`)
  t.same(response.headers.getSetCookie(), [
    'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2', 'c=3', 'd=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'
  ])
  const redirect = await fetch(`${url}/redirect`, { redirect: 'manual' })
  t.equal(redirect.status, 302)
  t.equal(redirect.headers.get('location'), 'https://example.com/')
  t.same(redirect.headers.getSetCookie(), ['seen=yes'], 'a response whose headers are immutable gets them too')
})

t.test('a header that was appended is joined, and every byte of Latin-1 arrives', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/headers.mjs': `
      export default () => {
        const headers = new Headers({ vary: 'accept', 'x-latin': 'Gr\\u00fc\\u00dfe \\u00ff' })
        headers.append('vary', 'origin')
        return new Response('', { status: 200, statusText: 'Fine', headers })
      }`
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/headers`)
  t.equal(response.headers.get('vary'), 'accept, origin')
  t.equal(response.headers.get('x-latin'), 'Grüße ÿ')
  t.equal(response.statusText, 'OK', 'the status text is dropped')
})

const unsendable = [
  ['beyond Latin-1, in the handler', 'FST_NETLIFY_HEADER_NOT_LATIN1', 'export default () => new Response("", { headers: { "x-name": "→" } })'],
  ['beyond Latin-1, in a Lambda-compatible function', 'FST_NETLIFY_HEADER_NOT_LATIN1', 'export const handler = async () => ({ statusCode: 200, headers: { "x-name": "→" } })'],
  ['beyond Latin-1, in a cookie\'s attribute', 'FST_NETLIFY_HEADER_NOT_LATIN1', 'export default (request, { cookies }) => { cookies.set({ name: "n", value: "v", unparsed: ["Comment=→"] }); return new Response("") }'],
  ['a control character, in the handler', 'FST_NETLIFY_INVALID_RESPONSE', 'export default () => new Response("", { headers: { "x-name": "a\\u0001b" } })'],
  ['a control character, on a stream', 'FST_NETLIFY_INVALID_RESPONSE', `
    export default () => new Response(new ReadableStream({ cancel () {} }), { headers: { "x-name": "a\\u007fb" } })`],
  ['a control character, in a cookie\'s attribute', 'FST_NETLIFY_INVALID_RESPONSE', 'export default (request, { cookies }) => { cookies.set({ name: "n", value: "v", domain: "a\\r\\nset-cookie: b=c" }); return new Response("") }'],
  ['a content-length that is none', 'FST_NETLIFY_INVALID_RESPONSE', 'export default () => new Response(new ReadableStream({ cancel () {} }), { headers: { "content-length": "many" } })'],
  ['two content-lengths', 'FST_NETLIFY_INVALID_RESPONSE', 'export default () => new Response(new ReadableStream({ cancel () {} }), { headers: [["content-length", "2"], ["content-length", "3"]] })']
] as const

for (const { name, serverOptions, request } of protocols) {
  for (const [title, code, source] of unsendable) {
    t.test(`${title}: a header that cannot be sent is a coded 500 over ${name}`, async (t) => {
      const app = await createApp(t, { 'netlify/functions/bad.mjs': source, 'netlify/functions/good.mjs': 'export default () => new Response("good")' }, {}, serverOptions)
      const origin = await listen(app)
      const exchange = await request(`${origin}/.netlify/functions/bad`)
      t.equal(exchange.status, 500)
      t.equal(exchange.headers['set-cookie'], undefined)
      t.equal(JSON.parse((await exchange.rest()).body).code, code)
      t.equal((await (await request(`${origin}/.netlify/functions/good`)).rest()).body, 'good')
    })
  }

  t.test(`what holds for one hop only is not passed on, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/hop.mjs': `
        export default () => new Response('hello', { headers: {
          connection: 'close', 'keep-alive': 'timeout=1', 'proxy-connection': 'close', te: 'trailers', trailer: 'x-late',
          'transfer-encoding': 'chunked', upgrade: 'h2c', 'x-kept': 'yes'
        } })`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/hop`)
    const { headers } = exchange
    for (const header of ['proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']) t.equal(headers[header], undefined, header)
    t.not(headers['keep-alive'], 'timeout=1')
    t.equal(headers['x-kept'], 'yes')
    t.equal(headers['content-length'], '5')
    t.same(await exchange.rest(), { body: 'hello', ending: 'complete' })
  })

  t.test(`a complete body is sent with its own length, whatever content-length says, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/short.mjs': 'export default () => new Response("hello", { headers: { "content-length": "3" } })',
      'netlify/functions/long.mjs': 'export default () => new Response("hello", { headers: { "content-length": "30" } })',
      'netlify/functions/lambda.mjs': 'export const handler = async () => ({ statusCode: 200, headers: { "Content-Length": 3 }, body: "hello" })',
      'netlify/functions/null.mjs': 'export default () => new Response(null, { headers: { "content-length": "30" } })',
      'netlify/functions/nothing.mjs': 'export default () => new Response(null, { status: 204, headers: { "content-length": "30" } })',
      'netlify/functions/reset.mjs': 'export default () => new Response(null, { status: 205, headers: { "content-length": "30" } })'
    }, {}, serverOptions)
    const origin = await listen(app)
    for (const [name, length, body] of [['short', '5', 'hello'], ['long', '5', 'hello'], ['lambda', '5', 'hello'], ['null', '0', ''], ['nothing', undefined, ''], ['reset', '0', '']] as const) {
      const exchange = await request(`${origin}/.netlify/functions/${name}`)
      t.equal(exchange.headers['content-length'], length, name)
      t.same(await exchange.rest(), { body, ending: 'complete' }, name)
    }
  })
}

t.test('a HEAD may say how long the body of GET is', async (t) => {
  const app = await createApp(t, { 'netlify/functions/head.mjs': 'export default () => new Response(null, { headers: { "content-length": "1234" } })' })
  const response = await fetch(`${await listen(app)}/.netlify/functions/head`, { method: 'HEAD' })
  t.equal(response.headers.get('content-length'), '1234')
})

t.test('a compressed response of fetch() is passed on decoded, and does not claim otherwise', async (t) => {
  const upstream = createServer((_request, response) => {
    const bytes = gzipSync('hello '.repeat(1000))
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip', 'content-length': bytes.length, etag: '"a"', connection: 'keep-alive', 'keep-alive': 'timeout=99' })
    response.end(bytes)
  }).listen(0, '127.0.0.1')
  t.teardown(() => upstream.close())
  await once(upstream, 'listening')
  const app = await createApp(t, { 'netlify/functions/proxy.mjs': 'export default () => fetch(process.env.UPSTREAM)' }, { env: { UPSTREAM: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` } })

  const response = await fetch(`${await listen(app)}/.netlify/functions/proxy`)
  t.equal(response.headers.get('content-encoding'), null)
  t.equal(response.headers.get('etag'), '"a"')
  t.not(response.headers.get('keep-alive'), 'timeout=99')
  t.equal(await response.text(), 'hello '.repeat(1000))
})

t.test('a response that says itself how it is encoded is sent as it is', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/zipped.mjs': `
      import { gzipSync } from 'node:zlib'
      export default () => new Response(gzipSync('hello'), { headers: { 'content-encoding': 'gzip' } })`
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/zipped`)
  t.equal(response.headers.get('content-encoding'), 'gzip')
  t.equal(await response.text(), 'hello')
})

t.test('a response that cannot be sent is a 500 that says why', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/used.mjs': 'export default async () => { const response = new Response("hi"); await response.text(); return response }',
    'netlify/functions/locked.mjs': 'export default () => { const response = new Response("hi"); response.body.getReader(); return response }',
    'netlify/functions/error.mjs': 'export default () => Response.error()',
    'netlify/functions/cookie.mjs': 'export default (request, { cookies }) => { cookies.set("a", "b c"); return new Response("hi") }'
  }, {}, { logger: log.logger })
  for (const [name, reason] of [['used', /already used or locked/], ['locked', /already used or locked/], ['error', /status is 0; it must be between 200 and 599/], ['cookie', /cookie 'a' cannot contain character ' '/]] as const) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.equal(response.statusCode, 500)
    t.equal(response.json().code, 'FST_NETLIFY_INVALID_RESPONSE')
    t.match(response.json().message, reason)
    t.match(await log.line(({ err }) => err !== undefined && reason.test(err.message)), { level: 50, err: { code: 'FST_NETLIFY_INVALID_RESPONSE' } })
  }
})
