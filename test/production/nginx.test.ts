import { once } from 'node:events'
import { connect } from 'node:http2'
import t from 'tap'
import { createGunzip } from 'node:zlib'
import { findFreePort } from '../queue/redis-server.ts'
import { ask, missingNginx, open, startNginx } from './nginx-server.ts'
import { createProductionSite, startServer } from './server-process.ts'

const SIX_MEGABYTES = 6 * 1024 * 1024
const streamed = (type: string): string => `export default () => new Response(new ReadableStream({
  async start (controller) {
    controller.enqueue(new TextEncoder().encode('data: one\\n\\n'))
    await new Promise((resolve) => { globalThis.next = resolve })
    controller.enqueue(new TextEncoder().encode('data: two\\n\\n'))
    controller.close()
  }
}), { headers: { 'content-type': '${type}' } })`
const files = {
  'netlify/functions/seen.mjs': 'export default async (req, { ip }) => Response.json({ url: req.url, ip, bytes: (await req.arrayBuffer()).byteLength })',
  'netlify/functions/page.mjs': streamed('text/html; charset=utf-8'),
  'netlify/functions/events.mjs': streamed('text/event-stream'),
  'netlify/functions/go-on.mjs': 'export default () => { globalThis.next(); return new Response() }',
  'netlify/functions/left.mjs': `let told
const left = new Promise((resolve) => { told = resolve })
export default (req) => req.method === 'POST'
  ? left.then(() => new Response('cancelled'))
  : new Response(new ReadableStream({ start (controller) { controller.enqueue(new Uint8Array(10)) }, cancel () { told() } }))`,
  'netlify/functions/endless.mjs': 'export default () => new Promise(() => {})\nexport const config = { timeout: 1 }'
}

t.test('nginx in front, as docs/production says', { skip: missingNginx() }, async (t) => {
  const upstream = await findFreePort()
  const root = await createProductionSite(t, files)
  await startServer(t, root, { PORT: String(upstream) })
  const { port, test } = await startNginx(t, [upstream, upstream])
  const url = (name: string): string => `/.netlify/functions/${name}`

  t.match(test, /test is successful/)
  t.notMatch(test, /\[(?:warn|emerg)\]/)

  await t.test('functions see the client\'s address and URL, whatever the client says of them', async (t) => {
    const headers = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'ftp', 'x-forwarded-host': 'evil.example', forwarded: 'for=6.6.6.6' }
    const { body } = await ask(port, `${url('seen')}?a=1`, { localAddress: '127.0.0.2', headers })
    t.same(JSON.parse(body), { url: `https://example.com${url('seen')}?a=1`, ip: '127.0.0.2', bytes: 0 })
  })

  await t.test('HTTP/2 to the client', async (t) => {
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    t.teardown(() => session.close())
    const request = session.request({ ':path': url('seen'), ':authority': 'example.com' })
    const [headers] = await once(request, 'response') as [Record<string, unknown>]
    t.equal(headers[':status'], 200)
    t.match(JSON.parse(String(Buffer.concat(await request.toArray()))), { url: `https://example.com${url('seen')}` })
  })

  for (const name of ['page', 'events']) {
    await t.test(`a stream of ${name} arrives chunk by chunk`, async (t) => {
      const response = await open(port, url(name))
      t.equal(String((await once(response, 'data'))[0]), 'data: one\n\n')
      await ask(port, url('go-on'))
      t.equal(String((await once(response, 'data'))[0]), 'data: two\n\n')
      response.resume()
      await once(response, 'end')
    })
  }

  await t.test('so it does compressed; an event stream is left as it is', async (t) => {
    const response = await open(port, url('page'), { headers: { 'accept-encoding': 'gzip' } })
    t.equal(response.headers['content-encoding'], 'gzip')
    const page = response.pipe(createGunzip())
    t.equal(String((await once(page, 'data'))[0]), 'data: one\n\n')
    await ask(port, url('go-on'))
    t.equal(String((await once(page, 'data'))[0]), 'data: two\n\n')

    const events = await open(port, url('events'), { headers: { 'accept-encoding': 'gzip' } })
    t.equal(events.headers['content-encoding'], undefined)
    events.destroy()
  })

  await t.test('a client that leaves cancels the stream', async (t) => {
    const response = await open(port, url('left'))
    await once(response, 'data')
    response.destroy()
    t.equal((await ask(port, url('left'), { method: 'POST' })).body, 'cancelled')
  })

  await t.test('uploads up to the limit of both reach the function', async (t) => {
    t.match(JSON.parse((await ask(port, url('seen'), { method: 'POST', body: Buffer.alloc(SIX_MEGABYTES) })).body), { bytes: SIX_MEGABYTES })
    t.equal((await ask(port, url('seen'), { method: 'POST', body: Buffer.alloc(SIX_MEGABYTES + 1) })).status, 413)
  })

  await t.test('a function that takes too long gets the server\'s own 504', async (t) => {
    const { status, body } = await ask(port, url('endless'))
    t.equal(status, 504)
    t.match(JSON.parse(body), { code: /^FST_NETLIFY_/ })
  })

  await t.test('health is for this machine', async (t) => {
    t.same(JSON.parse((await ask(port, '/health/ready')).body), { ready: true, live: true, checks: { functions: { ok: true }, queue: { ok: true }, closing: false } })
    t.equal((await ask(port, '/health/ready', { localAddress: '127.0.0.2' })).status, 403)
  })
})
