import { EventEmitter, once } from 'node:events'
import * as http2 from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate as everythingDue } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { errors } from '../../lib/index.ts'
import { createConcurrency } from '../../lib/server/concurrency.ts'
import { http2c, protocols } from '../http/exchange.ts'
import { createApp, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })
t.beforeEach(() => { probe.removeAllListeners() })

/** Runs until the test lets it end. */
const held = `
  export default async (request) => {
    const { promise, resolve } = Promise.withResolvers()
    probe.emit('begun', resolve)
    return await promise ?? new Response('done')
  }`
const files = { 'netlify/functions/one.mjs': held, 'netlify/functions/two.mjs': held }

interface Call {
  readonly response: Promise<{ readonly statusCode: number }>
  readonly end: (response?: Response) => void
}

/** Calls a function and waits until it runs. */
async function call (app: FastifyInstance, name: string): Promise<Call> {
  const begun = once(probe, 'begun')
  const response = app.inject(`/.netlify/functions/${name}`).then((response) => response)
  const [end] = await begun as [Call['end']]
  return { response, end }
}

async function status (app: FastifyInstance, name: string): Promise<number> {
  return (await app.inject(`/.netlify/functions/${name}`)).statusCode
}

t.test('a number limits all functions together: one call more gets 503, and does not run', async (t) => {
  const app = await createApp(t, files, { limits: { concurrency: 2 } })
  const calls = [await call(app, 'one'), await call(app, 'two')]
  probe.once('begun', () => t.fail('it ran'))
  const refused = await app.inject({ method: 'POST', url: '/.netlify/functions/one', payload: 'body' })
  t.equal(refused.statusCode, 503)
  t.equal(refused.headers['retry-after'], '1')
  t.match(refused.json(), { code: 'FST_NETLIFY_TOO_MANY_INVOCATIONS', message: 'Function "one" is not run: the limit of invocations at once, 2, is reached' })
  probe.removeAllListeners()

  calls[0]?.end()
  await calls[0]?.response
  const next = await call(app, 'one')
  for (const { end, response } of [...calls, next]) {
    end()
    t.equal((await response).statusCode, 200)
  }
})

t.test('`perFunction` limits each of them, `total` all', async (t) => {
  const app = await createApp(t, { ...files, 'netlify/functions/three.mjs': held }, { limits: { concurrency: { perFunction: 1, total: 2 } } })
  const one = await call(app, 'one')
  const refused = await app.inject('/.netlify/functions/one')
  t.match(refused.json(), { statusCode: 503, message: 'Function "one" is not run: the limit of its invocations at once, 1, is reached' })
  const two = await call(app, 'two')
  t.match((await app.inject('/.netlify/functions/three')).json(), { statusCode: 503, message: /the limit of invocations at once, 2, is reached/ })
  one.end()
  await one.response
  const three = await call(app, 'three')
  two.end()
  three.end()
  await Promise.all([two.response, three.response])
})

t.test('without the option, any number runs', async (t) => {
  const app = await createApp(t, files)
  const calls: Call[] = []
  for (let count = 0; count < 200; count++) calls.push(await call(app, 'one'))
  for (const { end } of calls) end()
  for (const { response } of calls) t.equal((await response).statusCode, 200)
})

t.test('a function that fails gives its place back', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/throwing.mjs': 'export default () => { throw new Error("boom") }',
    'netlify/functions/wrong.mjs': 'export default () => 1',
    'netlify/functions/slow.mjs': 'export default () => new Promise(() => {})\nexport const config = { timeout: 0.01 }',
    'netlify/functions/nothing.mjs': 'export default () => {}'
  }, { limits: { concurrency: 1, requestBody: 10 } })
  t.equal(await status(app, 'throwing'), 500)
  t.equal(await status(app, 'wrong'), 500)
  t.equal(await status(app, 'slow'), 504)
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/nothing', payload: 'more than ten' })).statusCode, 413)
  t.equal((await app.inject({ method: 'HEAD', url: '/.netlify/functions/nothing' })).statusCode, 204)
  t.equal(await status(app, 'nothing'), 204)
})

for (const { name, serverOptions, request } of protocols) {
  t.test(`a stream counts until it has ended, or broken off, or its client has left, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/stream.mjs': `export default () => new Response(new ReadableStream({
        start (controller) {
          controller.enqueue('first')
          probe.emit('begun', controller)
        },
        cancel () { probe.emit('cancelled') }
      }))`,
      'netlify/functions/hello.mjs': 'export default () => new Response("hello")'
    }, { limits: { concurrency: 1 } }, serverOptions)
    const origin = await listen(app)
    const hello = async (): Promise<number> => (await request(`${origin}/.netlify/functions/hello`)).status

    for (const ending of ['close', 'error', 'leave'] as const) {
      const begun = once(probe, 'begun')
      const exchange = await request(`${origin}/.netlify/functions/stream`)
      const [controller] = await begun as [ReadableStreamDefaultController]
      t.equal(await exchange.next(), 'first')
      t.equal(await hello(), 503, `before ${ending}`)
      const cancelled = once(probe, 'cancelled')
      if (ending === 'leave') exchange.leave()
      else controller[ending]()
      await (ending === 'leave' ? cancelled : exchange.rest())
      await everythingDue()
      t.equal(await hello(), 200, `after ${ending}`)
    }
  })
}

t.test('the body of a refused request is not read', async (t) => {
  const app = await createApp(t, files, { limits: { concurrency: 1 } })
  const { port } = new URL(await listen(app))
  const running = await call(app, 'one')
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('POST /.netlify/functions/two HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nthe beginning')
  const reply = await text(socket)
  t.match(reply, /^HTTP\/1\.1 503 /)
  t.match(reply, /\r\nretry-after: 1\r\n/i)
  t.match(reply, /\r\nconnection: close\r\n/i)
  running.end()
})

t.test('a request counts when its body is there, so that slow uploads take no places', async (t) => {
  const app = await createApp(t, { 'netlify/functions/length.mjs': 'export default async (request) => new Response((await request.text()).length)' }, { limits: { concurrency: 1 } })
  const { port } = new URL(await listen(app))
  const arrived = once(app.server, 'request')
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('POST /.netlify/functions/length HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 10\r\n\r\nhalf')
  await arrived
  await everythingDue()
  t.equal(await status(app, 'length'), 200)
  socket.write(' of it')
  t.match(await text(socket), /^HTTP\/1\.1 200 [^]*\r\n\r\n10$/)
})

t.test('a refused request without a body leaves the connection open; over HTTP/2 one with a body does too', async (t) => {
  const app = await createApp(t, files, { limits: { concurrency: 1 } })
  await listen(app)
  const running = await call(app, 'one')
  t.equal((await app.inject('/.netlify/functions/two')).headers.connection, 'keep-alive')
  running.end()

  const overHttp2 = await createApp(t, files, { limits: { concurrency: 1 } }, http2c.serverOptions)
  const session = http2.connect(await listen(overHttp2))
  t.teardown(() => session.destroy())
  const begun = once(probe, 'begun')
  const first = session.request({ ':path': '/.netlify/functions/one' })
  const [end] = await begun as [() => void]
  const second = session.request({ ':method': 'POST', ':path': '/.netlify/functions/two' })
  second.write('the beginning')
  const [head] = await once(second, 'response') as [http2.IncomingHttpHeaders]
  t.equal(head[':status'], 503)
  end()
  t.equal(await text(first), 'done')
})

t.test('the error handler of the host sees the error', async (t) => {
  const app = await createApp(t, files, { limits: { concurrency: 1 } })
  app.setErrorHandler((error, _request, reply) => reply.code(503).send(error instanceof errors.FST_NETLIFY_TOO_MANY_INVOCATIONS ? 'busy' : 'other'))
  const running = await call(app, 'one')
  const refused = await app.inject('/.netlify/functions/one')
  t.equal(refused.body, 'busy')
  t.equal(refused.headers['retry-after'], '1')
  running.end()
})

t.test('invoke() counts, and rejects', async (t) => {
  const app = await createApp(t, files, { limits: { concurrency: 1 } })
  const begun = once(probe, 'begun')
  const invoked = app.netlifyFunctions.invoke('one')
  const [end] = await begun as [() => void]
  t.equal(await status(app, 'two'), 503)
  await t.rejects(app.netlifyFunctions.invoke('two'), { code: 'FST_NETLIFY_TOO_MANY_INVOCATIONS', statusCode: 503 })
  end()
  await invoked
  const running = await call(app, 'two')
  running.end()
})

t.test('background jobs have a limit of their own', async (t) => {
  const app = await createApp(t, { ...files, 'netlify/functions/job-background.mjs': held }, { limits: { concurrency: 1 }, background: { concurrency: 2 } })
  await app.ready()
  const running = await call(app, 'one')
  const jobs: Array<() => void> = []
  for (let count = 0; count < 2; count++) {
    const begun = once(probe, 'begun')
    t.equal(await status(app, 'job-background'), 202)
    jobs.push((await begun)[0] as () => void)
  }
  t.equal(await status(app, 'one'), 503)
  running.end()
  await running.response
  const next = await call(app, 'one')
  for (const end of [...jobs, next.end]) end()
})

t.test('a place is given back once', async (t) => {
  const { enter, isRunning } = createConcurrency({ total: 2, perFunction: 2 })
  const leave = enter('one')
  enter('one')
  leave()
  leave()
  t.ok(isRunning('one'))
  enter('two')
  t.throws(() => enter('two'), { code: 'FST_NETLIFY_TOO_MANY_INVOCATIONS' })
})

t.test('what the option may be', async (t) => {
  const options = (concurrency: unknown): object => ({ limits: { concurrency } })
  for (const good of [1, 1000, Infinity, {}, { total: 5 }, { perFunction: 5 }, { total: Infinity, perFunction: 1 }, undefined]) await createApp(t, {}, options(good))
  const rule = 'must be a whole number of at least 1, or Infinity'
  for (const [bad, message] of [
    [0, `Option "limits.concurrency.total" ${rule}`],
    [1.5, `Option "limits.concurrency.total" ${rule}`],
    [NaN, `Option "limits.concurrency.total" ${rule}`],
    [{ perFunction: -1 }, `Option "limits.concurrency.perFunction" ${rule}`],
    [{ total: '5' }, `Option "limits.concurrency.total" ${rule}`],
    [{ each: 5 }, 'Option "limits.concurrency.each" is not known; the keys are total, perFunction'],
    ['5', 'Option "limits.concurrency" must be a number, or { total?, perFunction? }'],
    [null, 'Option "limits.concurrency" must be a number, or { total?, perFunction? }']
  ] as const) await t.rejects(createApp(t, {}, options(bad)), { code: 'FST_NETLIFY_INVALID_OPTION', message }, String(bad))
  await t.rejects(createApp(t, {}, { limits: { concurrent: 1 } } as object), { message: /is not known; the keys are .*concurrency/ })
})
