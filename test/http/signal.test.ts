import { EventEmitter, once } from 'node:events'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'
import { http2c } from './exchange.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

/** Runs until the client has left, and tells why its signal aborted. */
const waiting = `
  export default async (request) => {
    const body = await request.text()
    const aborted = new Promise((resolve) => request.signal.addEventListener('abort', resolve))
    probe.emit('running', body)
    await aborted
    probe.emit('aborted', request.signal.reason.code)
    return new Response('nobody hears this')
  }`

for (const method of ['GET', 'POST'] as const) {
  const body = method === 'POST' ? 'the body' : ''

  t.test(`the signal aborts when the client leaves, ${method} over HTTP/1.1`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/waiting.mjs': waiting })
    const running = once(probe, 'running')
    const request = http.request(`${await listen(app)}/.netlify/functions/waiting`, { method, agent: false })
    request.on('error', () => {})
    request.end(body)
    t.same(await running, [body])
    const aborted = once(probe, 'aborted')
    request.destroy()
    t.same(await aborted, ['FST_NETLIFY_CLIENT_LEFT'])
  })

  t.test(`the signal aborts when the client resets the stream, ${method} over HTTP/2`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/waiting.mjs': waiting }, {}, http2c.serverOptions)
    const session = http2.connect(await listen(app))
    t.teardown(() => session.destroy())
    const running = once(probe, 'running')
    const stream = session.request({ ':method': method, ':path': '/.netlify/functions/waiting' }, { endStream: method === 'GET' })
    stream.on('error', () => {})
    if (method === 'POST') stream.end(body)
    t.same(await running, [body])
    const aborted = once(probe, 'aborted')
    stream.close(http2.constants.NGHTTP2_CANCEL)
    t.same(await aborted, ['FST_NETLIFY_CLIENT_LEFT'])
  })
}

t.test('the signal aborts when the HTTP/2 connection breaks', async (t) => {
  const app = await createApp(t, { 'netlify/functions/waiting.mjs': waiting }, {}, http2c.serverOptions)
  const session = http2.connect(await listen(app))
  session.on('error', () => {})
  const running = once(probe, 'running')
  session.request({ ':path': '/.netlify/functions/waiting' }).on('error', () => {})
  await running
  const aborted = once(probe, 'aborted')
  session.destroy()
  await aborted
})

/** Answers, and tells at the end of the test whether the signals of its calls have aborted. */
const answering = `
  export default async (request) => {
    const body = await request.text()
    probe.emit('signal', request.signal)
    const { searchParams } = new URL(request.url)
    if (searchParams.has('stream')) return new Response(ReadableStream.from(['one ', 'two']))
    if (searchParams.has('nothing')) return undefined
    return new Response(body || 'hello')
  }`

const calls = [['GET', ''], ['POST', ''], ['HEAD', ''], ['GET', '?stream'], ['GET', '?nothing'], ['POST', '?nothing'], ['POST', '?stream'], ['HEAD', '?stream']] as const

t.test('the signal does not abort after a reply has been sent, over one HTTP/1.1 connection', async (t) => {
  const app = await createApp(t, { 'netlify/functions/answering.mjs': answering })
  const url = `${await listen(app)}/.netlify/functions/answering`
  const signals: AbortSignal[] = []
  probe.on('signal', (signal) => signals.push(signal))
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<number | undefined>()
  for (const [method, query] of calls) {
    const request = http.request(url + query, { method, agent })
    request.end(method === 'POST' ? 'the body' : undefined)
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    ports.add(response.socket.localPort)
    await text(response)
  }
  agent.destroy()
  await app.close()
  t.equal(ports.size, 1)
  t.equal(signals.length, calls.length)
  for (const [index, signal] of signals.entries()) t.notOk(signal.aborted, String(calls[index]))
  probe.removeAllListeners()
})

t.test('the signal does not abort after a reply has been sent, over one HTTP/2 connection', async (t) => {
  const app = await createApp(t, { 'netlify/functions/answering.mjs': answering }, {}, http2c.serverOptions)
  const session = http2.connect(await listen(app))
  const signals: AbortSignal[] = []
  probe.on('signal', (signal) => signals.push(signal))
  for (const [method, query] of calls) {
    const stream = session.request({ ':method': method, ':path': `/.netlify/functions/answering${query}` }, { endStream: method !== 'POST' })
    if (method === 'POST') stream.end('the body')
    stream.resume()
    await once(stream, 'close')
  }
  session.close()
  await app.close()
  t.equal(signals.length, calls.length)
  for (const [index, signal] of signals.entries()) t.notOk(signal.aborted, String(calls[index]))
  probe.removeAllListeners()
})

t.test('the signal does not abort after a reply to inject()', async (t) => {
  const app = await createApp(t, { 'netlify/functions/answering.mjs': answering })
  const signals: AbortSignal[] = []
  probe.on('signal', (signal) => signals.push(signal))
  for (const [method, query] of calls) await app.inject({ method, url: `/.netlify/functions/answering${query}` })
  await app.close()
  t.equal(signals.length, calls.length)
  for (const [index, signal] of signals.entries()) t.notOk(signal.aborted, String(calls[index]))
  probe.removeAllListeners()
})

t.test('the signal does not abort after a reply to inject()', async (t) => {
  const app = await createApp(t, { 'netlify/functions/answering.mjs': answering })
  for (const [method, query] of calls) {
    const called = once(probe, 'signal')
    await app.inject({ method, url: `/.netlify/functions/answering${query}`, ...(method === 'POST' && { payload: 'the body' }) })
    const [signal] = await called as [AbortSignal]
    await setImmediate()
    t.notOk(signal.aborted, `${method} ${query}`)
  }
})

t.test('the signal aborts at the time limit, with its error', async (t) => {
  const app = await createApp(t, { 'netlify/functions/waiting.mjs': waiting }, { limits: { timeout: 100 } })
  const aborted = once(probe, 'aborted')
  const response = await fetch(`${await listen(app)}/.netlify/functions/waiting`)
  t.equal(response.status, 504)
  t.same(await aborted, ['FST_NETLIFY_TIMEOUT'])
})

t.test('a call to another server with the signal ends when the client leaves, and is no error of the function', async (t) => {
  const upstream = http.createServer(() => probe.emit('called')).listen(0, '127.0.0.1')
  t.teardown(() => upstream.close())
  await once(upstream, 'listening')
  const { port } = upstream.address() as { port: number }
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/proxy.mjs': `export default (request) => fetch('http://127.0.0.1:${port}', { signal: request.signal })`
  }, {}, { logger: log.logger })
  const called = once(probe, 'called')
  const request = http.request(`${await listen(app)}/.netlify/functions/proxy`, { agent: false })
  request.on('error', () => {})
  request.end()
  await called
  request.destroy()
  await log.line(({ err }) => err?.code === 'FST_NETLIFY_CLIENT_LEFT')
  t.notOk(log.lines.some(({ level }) => level >= 40))
})

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))
