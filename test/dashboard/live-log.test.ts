import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { captureLog, listen } from '../helper.ts'
import { BASE, createDashboardApp } from './site.ts'

interface Watcher {
  readonly status: number
  readonly headers: Headers
  /** The next line that was sent. */
  next (): Promise<{ id: number, text: string, level: string, function: string }>
  /** Whether it has ended without an error. */
  ended (): Promise<boolean>
  leave (): void
}

t.test('new lines arrive as they are printed, as the filter has it', async (t) => {
  const { app, origin } = await start(t)
  const all = await watch(t, origin, 'function=hello')
  const warnings = await watch(t, origin, 'function=hello&level=warn')
  const words = await watch(t, origin, 'function=hello&text=NEEDLE')
  t.equal(all.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  t.equal(all.headers.get('cache-control'), 'no-store')
  t.ok(all.headers.get('content-security-policy'))

  await app.inject('/.netlify/functions/orders')
  await app.inject(`/hello?${new URLSearchParams({ say: 'first\n<b>\u2028line', warn: 'a needle' })}`)
  t.match(await all.next(), { function: 'hello', level: 'info', text: 'first\n<b>\u2028line' })
  t.match(await all.next(), { level: 'warn', text: 'a needle' })
  t.match(await all.next(), { level: 'invocation', text: /^GET \/hello: 200 succeeded in / })
  t.match(await warnings.next(), { text: 'a needle' })
  t.match(await words.next(), { text: 'a needle' })
  await app.inject('/hello?fail=Oh')
  t.match(await warnings.next(), { level: 'error', text: /500 failed in .*Oh/ })
})

t.test('a browser that comes back gets what it has missed', async (t) => {
  const { app, origin } = await start(t)
  await app.inject('/hello?say=one')
  await app.inject('/hello?say=two')
  const entries = app.netlifyFunctions.logs.list({ type: 'output' })
  const one = entries.at(-1)!
  for (const [query, headers] of [['', { 'last-event-id': String(one.id) }], [`after=${one.id}`, {}]] as const) {
    const watcher = await watch(t, origin, query, headers)
    t.match(await watcher.next(), { level: 'invocation' })
    t.match(await watcher.next(), { text: 'two' })
  }
  const watcher = await watch(t, origin, 'after=nonsense')
  await app.inject('/hello?say=three')
  t.match(await watcher.next(), { text: 'three' })
})

t.test('who has missed more than may wait gets the newest of it', async (t) => {
  const { app, origin } = await start(t)
  for (let count = 1; count <= 60; count++) await app.inject(`/hello?say=${`${count} `.padEnd(9_000, 'x')}`)
  const { next } = await watch(t, origin, 'after=0&text=xxx')
  let last: { text: string } | undefined
  do last = await next(); while (!last.text.startsWith('60 '))
  await app.inject('/hello?say=and+xxx')
  t.match(await next(), { text: 'and xxx' }, 'and stays')
})

t.test('a filter that is given twice is none', async (t) => {
  const { app, origin } = await start(t)
  const watcher = await watch(t, origin, 'text=one&text=two&after=1&after=2&function=a&function=b')
  await app.inject('/hello?say=three')
  t.match(await watcher.next(), { text: 'three' })
})

t.test('so many watch and no more, until one leaves', async (t) => {
  const { app, origin } = await start(t)
  const left = new Promise<void>((resolve) => { app.server.once('request', (_request, response) => { response.once('close', resolve) }) })
  const first = await watch(t, origin)
  const others = await Promise.all(Array.from({ length: 19 }, async () => await watch(t, origin)))
  t.equal((await watch(t, origin)).status, 503)
  first.leave()
  await left
  t.equal((await watch(t, origin)).status, 200)
  await app.inject('/hello?say=still')
  t.match(await others[0]!.next(), { text: 'still' })
})

t.test('close() ends them and does not wait', async (t) => {
  const { app, origin } = await start(t)
  const watchers = await Promise.all([watch(t, origin), watch(t, origin)])
  await app.close()
  for (const watcher of watchers) t.ok(await watcher.ended())
})

t.test('close() does not wait for who does not read', { timeout: 30_000 }, async (t) => {
  const { app, origin } = await start(t)
  const answered = new Promise<ServerResponse>((resolve) => { app.server.once('request', (_request, response) => resolve(response)) })
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(`GET ${BASE}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await once(socket, 'data')
  socket.pause()
  const response = await answered
  for (let count = 0; count < 3_000 && response.writableLength === 0; count++) await app.inject(`/hello?say=${'x'.repeat(9_000)}`)
  t.ok(response.writableLength > 0)
  await app.close()
})

t.test('who does not read is let go, and the others stay', { timeout: 30_000 }, async (t) => {
  const { app, origin } = await start(t)
  const watcher = await watch(t, origin)
  const socket: Socket = connect(Number(new URL(origin).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(`GET ${BASE}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await once(socket, 'data')
  socket.pause()
  const text = 'x'.repeat(9_000)
  // The system takes some megabytes before anything waits in this process.
  let count = 0
  while (count++ < 3_000 && await connections(app) > 1) {
    await app.inject(`/hello?say=${text}`)
    t.match(await watcher.next(), { text })
    await watcher.next()
  }
  t.equal(await connections(app), 1, `after ${count} lines`)
})

async function start (t: Test): Promise<{ app: FastifyInstance, origin: string }> {
  const app = await createDashboardApp(t, {}, { logger: captureLog().logger } as object)
  return { app, origin: await listen(app) }
}

async function watch (t: Test, origin: string, query = '', headers: Record<string, string> = {}): Promise<Watcher> {
  const controller = new AbortController()
  t.teardown(() => controller.abort())
  const response = await fetch(`${origin}${BASE}/events?${query}`, { headers, signal: controller.signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let waiting = ''
  return {
    status: response.status,
    headers: response.headers,
    async next () {
      for (;;) {
        const match = /^data: ([^\n]*)\n\n/m.exec(waiting)
        if (match !== null) {
          waiting = waiting.slice(match.index + match[0].length)
          return JSON.parse(match[1]!)
        }
        const { value, done } = await reader.read()
        if (done) throw new Error('the log has ended')
        waiting += value
      }
    },
    async ended () {
      for (;;) if ((await reader.read()).done) return true
    },
    leave: () => controller.abort()
  }
}

async function connections (app: FastifyInstance): Promise<number> {
  return await new Promise((resolve, reject) => { app.server.getConnections((error, count) => error ? reject(error) : resolve(count)) })
}
