import { EventEmitter, once } from 'node:events'
import * as http from 'node:http'
import { mock } from 'node:test'
import { text } from 'node:stream/consumers'
import { setImmediate as everythingDue } from 'node:timers/promises'
import t from 'tap'
import { captureLog, createApp, listen, stopTime } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })
t.beforeEach(() => { probe.removeAllListeners() })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

const waiting = 'export default async ({ signal }) => { probe.emit("begun", signal); await new Promise(() => {}) }'

t.test('the time begins with the call: a slow upload is not the function\'s', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/upload.mjs': 'export default async (request) => new Response(await request.text())'
  }, { limits: { timeout: 1_000 } })
  const origin = await listen(app)
  stopTime(t)
  const request = http.request(`${origin}/.netlify/functions/upload`, { method: 'POST', agent: false })
  const arrived = once(app.server, 'request')
  request.write('first ')
  await arrived
  mock.timers.tick(60_000)
  request.end('last')
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  t.equal(response.statusCode, 200)
  t.equal(await text(response), 'first last')
})

t.test('10 seconds are the time of a request, or `limits.timeout`, or `config.timeout`', async (t) => {
  const files = {
    'netlify/functions/waiting.mjs': waiting,
    'netlify/functions/own.mjs': `${waiting}\nexport const config = { timeout: 60 }`
  }
  const app = await createApp(t, files)
  const limited = await createApp(t, files, { limits: { timeout: 3_000 } })
  stopTime(t)
  for (const [site, name, milliseconds] of [[app, 'waiting', 10_000], [limited, 'waiting', 3_000], [limited, 'own', 60_000]] as const) {
    const begun = once(probe, 'begun')
    const response = site.inject(`/.netlify/functions/${name}`)
    const [signal] = await begun as [AbortSignal]
    mock.timers.tick(milliseconds - 1)
    t.notOk(signal.aborted)
    mock.timers.tick(1)
    t.match(signal, { aborted: true, reason: { code: 'FST_NETLIFY_TIMEOUT' } })
    t.equal((await response).statusCode, 504)
  }
})

t.test('15 minutes are the time of a background function, or `limits.backgroundTimeout`, or `config.timeout`', async (t) => {
  const files = {
    'netlify/functions/job-background.mjs': waiting,
    'netlify/functions/own.mjs': `${waiting}\nexport const config = { background: true, timeout: 5 }`
  }
  const options = { background: { retryDelays: [], drainTimeout: 0 } }
  const app = await createApp(t, files, options)
  const limited = await createApp(t, files, { ...options, limits: { backgroundTimeout: 60_000 } })
  stopTime(t)
  for (const [site, name, milliseconds] of [[app, 'job-background', 900_000], [limited, 'job-background', 60_000], [limited, 'own', 5_000]] as const) {
    const begun = once(probe, 'begun')
    await site.inject({ method: 'POST', url: `/.netlify/functions/${name}` })
    const [signal] = await begun as [AbortSignal]
    mock.timers.tick(milliseconds - 1)
    t.notOk(signal.aborted)
    mock.timers.tick(1)
    t.match(signal, { aborted: true, reason: { code: 'FST_NETLIFY_TIMEOUT' } })
  }
})

t.test('getRemainingTimeInMillis counts down to the abort', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/counting.mjs': 'export const handler = async (event, context) => { probe.emit("begun", context.getRemainingTimeInMillis); await new Promise(() => {}) }'
  })
  stopTime(t)
  const begun = once(probe, 'begun')
  const response = app.inject('/.netlify/functions/counting')
  const [remaining] = await begun as [() => number]
  t.equal(remaining(), 10_000)
  mock.timers.tick(4_000)
  t.equal(remaining(), 6_000)
  mock.timers.tick(6_000)
  t.equal(remaining(), 0)
  t.equal((await response).statusCode, 504)
  mock.timers.tick(1_000)
  t.equal(remaining(), 0)
})

t.test('work given to waitUntil has what is left of the time: then its signal aborts, it is logged, and close() does not wait', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/mail.mjs': `export default ({ signal }, { waitUntil }) => {
      probe.emit('begun', signal)
      waitUntil(new Promise(() => {}))
      return new Response('sent')
    }`
  }, {}, { logger: log.logger })
  stopTime(t)
  const begun = once(probe, 'begun')
  const { payload, headers } = await app.inject('/.netlify/functions/mail')
  t.equal(payload, 'sent')
  const [signal] = await begun as [AbortSignal]
  mock.timers.tick(9_999)
  await everythingDue()
  t.notOk(signal.aborted)
  t.notOk(log.lines.some(({ level }) => level >= 40))

  mock.timers.tick(1)
  t.ok(signal.aborted)
  t.match(await log.line(({ level }) => level >= 40), {
    msg: 'a promise given to waitUntil was rejected',
    function: 'mail',
    requestId: headers['x-nf-request-id'],
    err: { code: 'FST_NETLIFY_TIMEOUT' }
  })
  await app.close()
})

t.test('so has work that is given to it after the reply', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/late.mjs': `export default (request, { waitUntil }) => {
      probe.once('later', () => waitUntil(new Promise(() => {})))
      probe.once('too late', () => waitUntil(new Promise(() => {})))
    }`
  }, {}, { logger: log.logger })
  stopTime(t)
  await app.inject('/.netlify/functions/late')
  const expired = (): unknown[] => log.lines.filter(({ err }) => err?.code === 'FST_NETLIFY_TIMEOUT')
  mock.timers.tick(4_000)
  probe.emit('later')
  mock.timers.tick(5_999)
  await everythingDue()
  t.equal(expired().length, 0)
  mock.timers.tick(1)
  await everythingDue()
  t.equal(expired().length, 1)
  probe.emit('too late')
  await everythingDue()
  t.equal(expired().length, 2)
  await app.close()
})

t.test('work that settles in time leaves no timer behind', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/quick.mjs': `export default ({ signal }, { waitUntil }) => {
      probe.emit('begun', signal)
      waitUntil(new Promise((resolve) => probe.once('finish', resolve)))
      waitUntil(new Promise((resolve) => probe.once('finish', resolve)))
    }`
  })
  stopTime(t)
  const begun = once(probe, 'begun')
  await app.inject('/.netlify/functions/quick')
  const [signal] = await begun as [AbortSignal]
  probe.emit('finish')
  await everythingDue()
  mock.timers.tick(60_000)
  t.notOk(signal.aborted)
})

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))
