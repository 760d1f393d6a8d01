import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { createApp, listen } from '../helper.ts'

const files = {
  'netlify/functions/url.mjs': `
    export default (request, context) => Response.json({ url: request.url, context: String(context.url), ip: context.ip, headers: Object.fromEntries(request.headers) })`
}

/** Sends a head exactly as written and reads the connection to its end. */
async function send (app: FastifyInstance, ...lines: string[]): Promise<{ status: number, json: { url: string, context: string } }> {
  const { port } = new URL(app.listeningOrigin)
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  socket.end([...lines, '', ''].join('\r\n'))
  const text = Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString()
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  return { status: Number(head.split(' ')[1]), json: JSON.parse(body || '{}') }
}

t.test('the URL has the scheme and host that Fastify sees', async (t) => {
  const app = await createApp(t, files)
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'example.com', 'x-forwarded-for': '192.0.2.1' }
  const plain = await app.inject({ url: '/.netlify/functions/url?a=b', headers: { host: 'shop.example:8080', ...forwarded } })
  t.match(plain.json(), { url: 'http://shop.example:8080/.netlify/functions/url?a=b', ip: '127.0.0.1' }, 'a proxy that is not trusted is not believed')
  t.equal(plain.json().context, plain.json().url)
})

t.test('with trustProxy the URL and the address are those that the proxy tells', async (t) => {
  const app = await createApp(t, files, {}, { trustProxy: true })
  const response = await app.inject({
    url: '/.netlify/functions/url?a=b',
    headers: { host: 'inner:3000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'example.com', 'x-forwarded-for': '192.0.2.1, 10.0.0.1' }
  })
  t.match(response.json(), { url: 'https://example.com/.netlify/functions/url?a=b', context: 'https://example.com/.netlify/functions/url?a=b', ip: '192.0.2.1' })

  for (const headers of [{ 'x-forwarded-host': 'evil.example/path' }, { 'x-forwarded-host': 'a b' }, { 'x-forwarded-host': 'user@evil.example' }]) {
    const { statusCode } = await app.inject({ url: '/.netlify/functions/url', headers })
    t.equal(statusCode, 400, JSON.stringify(headers))
  }
  for (const [protocol, seen] of [['https', 'https'], ['HTTPS', 'https'], ['javascript:alert(1)//', 'http'], ['ftp', 'http']] as const) {
    const response = await app.inject({ url: '/.netlify/functions/url', headers: { host: 'example.com', 'x-forwarded-proto': protocol } })
    t.equal(response.json().url, `${seen}://example.com/.netlify/functions/url`)
  }
})

t.test('a request without a host gets localhost', async (t) => {
  const app = await createApp(t, files)
  await listen(app)
  const { status, json } = await send(app, 'GET /.netlify/functions/url HTTP/1.0')
  t.equal(status, 200)
  t.equal(json.url, 'http://localhost/.netlify/functions/url')
})

t.test('an absolute-form target keeps the path, and the host is that of the Host header', async (t) => {
  const app = await createApp(t, files)
  await listen(app)
  const { status, json } = await send(app, 'GET http://other.example/.netlify/functions/url?x=1 HTTP/1.1', 'host: here.example', 'connection: close')
  t.equal(status, 200)
  t.equal(json.url, 'http://here.example/.netlify/functions/url?x=1')
})

t.test('a host that could move the path, the user or the port of the URL is a 400', async (t) => {
  const app = await createApp(t, files)
  await listen(app)
  for (const host of ['evil.example/x', 'evil.example?', 'evil.example#', 'user@evil.example', 'evil.example\\x', 'a b', 'a:b', 'a:99999', 'a:', '[::1', ':80', 'a,b/c', '%2f', 'a%2fb', '<script>']) {
    const { status, json } = await send(app, 'GET /.netlify/functions/url HTTP/1.1', `host: ${host}`, 'connection: close')
    t.equal(status, 400, host)
    if (status !== 400) t.comment(json.url)
  }
  for (const host of ['localhost', 'EXAMPLE.com', '127.0.0.1:80', '[::1]', '[::1]:8080', 'under_score.example', 'xn--bcher-kva.example']) {
    const { status } = await send(app, 'GET /.netlify/functions/url HTTP/1.1', `host: ${host}`, 'connection: close')
    t.equal(status, 200, host)
  }
})

for (const isolation of ['inline', 'thread'] as const) {
  t.test(`the host of a bad request is told by its code, ${isolation}`, async (t) => {
    const app = await createApp(t, files, { isolation })
    const bad = await app.inject({ url: '/.netlify/functions/url', headers: { host: 'evil.example/x' } })
    t.equal(bad.statusCode, 400)
    t.equal(bad.json().code, 'FST_NETLIFY_INVALID_HOST')
    t.equal((await app.inject('/.netlify/functions/url')).statusCode, 200, 'and harms no other request')
  })
}

t.test('the path and query are those of the request line', async (t) => {
  const app = await createApp(t, files)
  await listen(app)
  for (const path of ['/.netlify/functions/url/%C3%A9/%2F', '/.netlify/functions/url//double', '/.netlify/functions/url?', '/.netlify/functions/url?a=%20&a=+&b', '/.netlify/functions/url/a;b=c']) {
    const { status, json } = await send(app, `GET ${path} HTTP/1.1`, 'host: example.com', 'connection: close')
    t.equal(status, 200, path)
    t.equal(json.url, `http://example.com${path}`)
  }
})

t.test('headers that only the platform sets are not taken from a client, unless they are trusted', async (t) => {
  const names = ['x-nf-account-id', 'x-nf-client-connection-ip', 'X-NF-Geo', 'x-nf-made-up', 'X-Netlify-Original-Pathname', 'client-ip']
  const headers = { ...Object.fromEntries([...names, 'x-netlify-event'].map((name) => [name, 'c3Bvb2ZlZA'])), 'x-nfl': 'kept', 'x-client-ip': 'kept' }
  const app = await createApp(t, files)
  const seen = (await app.inject({ url: '/.netlify/functions/url', headers })).json().headers
  t.notOk(Object.values(seen).includes('c3Bvb2ZlZA'))
  t.match(seen, { 'x-nfl': 'kept', 'x-client-ip': 'kept' })

  const trusting = await createApp(t, files, { trustPlatformHeaders: true })
  const trusted = (await trusting.inject({ url: '/.netlify/functions/url', headers })).json().headers
  for (const name of names) t.equal(trusted[name.toLowerCase()], 'c3Bvb2ZlZA', name)
})
