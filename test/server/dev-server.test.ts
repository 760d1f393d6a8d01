import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { connect } from 'node:http2'
import { createServer as createNetServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite, listen, type SiteFiles } from '../helper.ts'

/** A framework's dev server that says what it was asked. */
async function startDevServer (t: Test, listener: RequestListener = echo, port = 0): Promise<{ url: string, server: Server }> {
  const server = createServer(listener).listen(port, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function echo (request: IncomingMessage, response: Parameters<RequestListener>[1]): Promise<void> {
  const body = await text(request)
  response.writeHead(request.url === '/missing' ? 404 : 200, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'], 'x-dev': 'yes' })
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
}

/** A server that gives the same answer to everything. */
async function startRaw (t: Test, answer: string): Promise<string> {
  const server = createNetServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer))).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const site: SiteFiles = {
  'netlify/functions/hello.mjs': 'export default () => new Response("function")\nexport const config = { path: "/hello" }',
  'netlify/functions/plain.mjs': 'export default () => new Response("plain")',
  'public/file.txt': 'file',
  'public/404.html': 'own 404'
}

t.test('the dev server gets what neither a function nor a file serves', async (t) => {
  const { url: devServer } = await startDevServer(t)
  const origin = await listen(await createApp(t, site, { publish: 'public', devServer }))
  const get = async (path: string): Promise<string> => await (await fetch(origin + path)).text()
  t.equal(await get('/hello'), 'function')
  t.equal(await get('/.netlify/functions/plain'), 'plain')
  t.equal(await get('/file.txt'), 'file')
  t.match(JSON.parse(await get('/src/%C3%BC%20main.ts?t=1&t=2&x=%2F')), { method: 'GET', url: '/src/%C3%BC%20main.ts?t=1&t=2&x=%2F' })
  t.match(JSON.parse(await get('/@vite/client')), { url: '/@vite/client' })
})

t.test('what is Netlify\'s never goes there', async (t) => {
  const urls: string[] = []
  const { url: devServer } = await startDevServer(t, ({ url }, response) => {
    urls.push(url!)
    response.end()
  })
  const app = await createApp(t, site, { devServer })
  for (const path of ['/.netlify/functions/none', '/.netlify/builders/none', '/.netlify/identity', '/.netlify', '/.netlify/', '/x/../.netlify/x', '/.NETLIFY/x']) {
    t.equal((await app.inject(path)).statusCode, 404, path)
  }
  t.strictSame(urls, [])
})

t.test('a request arrives as it was sent', async (t) => {
  const { url: devServer } = await startDevServer(t)
  const origin = await listen(await createApp(t, site, { devServer }))
  const sent = await fetch(`${origin}/form`, {
    method: 'PUT', body: 'a=1', headers: { 'content-type': 'not a type', 'x-own': 'kept', origin, 'x-forwarded-host': 'forged.test', 'accept-encoding': 'br' }
  })
  t.match(await sent.json(), {
    method: 'PUT',
    body: 'a=1',
    headers: { 'content-type': 'not a type', 'content-length': '3', 'x-own': 'kept', host: origin.slice(7), origin, 'x-forwarded-host': origin.slice(7), 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1', 'accept-encoding': 'br' }
  })
  const streamed = await fetch(`${origin}/form`, { method: 'POST', body: new Blob(['streamed']).stream(), duplex: 'half' } as RequestInit)
  t.match(await streamed.json(), { body: 'streamed', headers: { 'transfer-encoding': 'chunked' } })
  t.match(await (await fetch(`${origin}/x`, { method: 'DELETE' })).json(), { method: 'DELETE', body: '' })
  const deleted = await fetch(`${origin}/x`, { method: 'DELETE', body: new Blob(['GET /smuggled HTTP/1.1\r\n\r\n']).stream(), duplex: 'half' } as RequestInit)
  t.match(await deleted.json(), { method: 'DELETE', body: 'GET /smuggled HTTP/1.1\r\n\r\n' })
})

t.test('an answer arrives as it was given', async (t) => {
  const { url: devServer } = await startDevServer(t)
  const origin = await listen(await createApp(t, site, { publish: 'public', devServer }))
  const missing = await fetch(`${origin}/missing`)
  t.equal(missing.status, 404, 'not the site\'s own page')
  t.strictSame([missing.headers.get('content-type'), missing.headers.get('x-dev'), missing.headers.getSetCookie()], ['application/json', 'yes', ['a=1', 'b=2']])
  t.match(await missing.json(), { url: '/missing' })
  const head = await fetch(`${origin}/x`, { method: 'HEAD' })
  t.strictSame([head.status, head.headers.get('x-dev'), await head.text()], [200, 'yes', ''])
})

t.test('answers without a body keep their headers', async (t) => {
  const { url: devServer } = await startDevServer(t, ({ url }, response) => { response.writeHead(Number(url!.slice(1)), { etag: '"a"', location: '/elsewhere?a=1' }).end() })
  const origin = await listen(await createApp(t, site, { devServer }))
  for (const status of [204, 302, 304]) {
    const response = await fetch(`${origin}/${status}`, { redirect: 'manual' })
    t.strictSame([response.status, response.headers.get('etag'), response.headers.get('location'), await response.text()], [status, '"a"', '/elsewhere?a=1', ''])
  }
})

t.test('an answer streams, and ends when the client leaves', async (t) => {
  const left = Promise.withResolvers<void>()
  const { url: devServer } = await startDevServer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    response.once('close', () => left.resolve())
  })
  const origin = await listen(await createApp(t, site, { devServer }))
  const abort = new AbortController()
  const { body } = await fetch(`${origin}/events`, { signal: abort.signal })
  const { value } = await body!.getReader().read()
  t.equal(Buffer.from(value!).toString(), 'data: 1\n\n')
  abort.abort()
  await left.promise
})

t.test('a request ends when the client leaves before there is an answer', async (t) => {
  const left = Promise.withResolvers<void>()
  const { url: devServer } = await startDevServer(t, (_request, response) => {
    response.once('close', () => left.resolve())
    abort.abort()
  })
  const origin = await listen(await createApp(t, site, { devServer }))
  const abort = new AbortController()
  await t.rejects(fetch(`${origin}/slow`, { signal: abort.signal }))
  await left.promise
})

t.test('an upload that breaks off does not look complete', async (t) => {
  const ended = Promise.withResolvers<string>()
  const { url: devServer } = await startDevServer(t, (request) => {
    request.once('end', () => ended.resolve('complete'))
    request.once('error', () => ended.resolve('broken off'))
    request.once('data', () => upload.destroy())
  })
  const origin = await listen(await createApp(t, site, { devServer }))
  const upload = httpRequest(`${origin}/upload`, { method: 'POST' })
  upload.on('error', () => {})
  upload.write('part')
  t.equal(await ended.promise, 'broken off')
})

t.test('a client of HTTP/2 is served, too', async (t) => {
  const { url: devServer } = await startDevServer(t)
  const app = Fastify({ http2: true })
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root: await createSite(t, site), devServer })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const client = connect(`http://127.0.0.1:${port}`)
  t.teardown(() => client.destroy())
  const request = client.request({ ':method': 'POST', ':path': '/x?a=1', 'content-type': 'text/plain', cookie: 'a=1' })
  request.end('body')
  const [headers] = await once(request, 'response') as [Record<string, unknown>]
  t.match(headers, { ':status': 200, 'x-dev': 'yes', 'set-cookie': ['a=1', 'b=2'] })
  t.match(JSON.parse(await text(request)), { method: 'POST', url: '/x?a=1', body: 'body', headers: { host: `127.0.0.1:${port}`, cookie: 'a=1', ':path': undefined } })
})

t.test('a dev server that is down is a 502 that says so, until it is up again', async (t) => {
  const { server, url: devServer } = await startDevServer(t)
  const origin = await listen(await createApp(t, site, { devServer }))
  t.equal((await fetch(`${origin}/x`)).status, 200)
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
  for (const init of [{}, { method: 'POST', body: 'x' }]) {
    const down = await fetch(`${origin}/x`, init)
    t.match(await down.json(), { statusCode: 502, code: 'FST_NETLIFY_DEV_SERVER_UNREACHABLE', message: `The dev server ${devServer} does not answer (ECONNREFUSED); start it, or correct the option "devServer"` })
  }
  await startDevServer(t, echo, Number(new URL(devServer).port))
  t.equal((await fetch(`${origin}/x`)).status, 200)
})

t.test('a dev server that is the app itself is found out', async (t) => {
  const { url: devServer, server } = await startDevServer(t)
  server.close()
  await once(server, 'close')
  const app = await createApp(t, site, { devServer })
  await app.listen({ port: Number(new URL(devServer).port), host: '127.0.0.1' })
  const response = await fetch(`${devServer}/x`)
  t.match(await response.json(), { statusCode: 502, message: /\(it is this server\)/ })
})

t.test('a status that is none is a failure, and no end of the process', async (t) => {
  const devServer = await startRaw(t, 'HTTP/1.1 999 What\r\ncontent-length: 2\r\n\r\nok')
  const origin = await listen(await createApp(t, site, { devServer }))
  t.match(await (await fetch(`${origin}/x`)).json(), { statusCode: 502, code: 'FST_NETLIFY_DEV_SERVER_UNREACHABLE' })
})

t.test('a host that takes its time over replies gets each once', async (t) => {
  const { url: devServer } = await startDevServer(t)
  const { logger, lines } = captureLog('warn')
  const app = Fastify({ logger })
  t.teardown(async () => { await app.close() })
  app.addHook('onSend', async (_request, _reply, payload) => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => { setImmediate(resolve) })
    return payload
  })
  await app.register(netlifyFunctions, { root: await createSite(t, site), devServer })
  t.match(await (await fetch(`${await listen(app)}/x`)).json(), { url: '/x' })
  t.strictSame(lines, [])
})

t.test('one that breaks its answer off breaks ours off', async (t) => {
  const { url: devServer } = await startDevServer(t, ({ url }, response) => {
    if (url === '/nothing') response.destroy()
    else response.writeHead(200, { 'content-length': 10 }).write('part', () => response.destroy())
  })
  const origin = await listen(await createApp(t, site, { devServer }))
  t.equal((await fetch(`${origin}/nothing`)).status, 502)
  const response = await fetch(`${origin}/part`)
  await t.rejects(response.text())
})
