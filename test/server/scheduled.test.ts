import { EventEmitter, once } from 'node:events'
import { mock } from 'node:test'
import { setImmediate as everythingDue } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { JobEvent } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { captureLog, createApp as createAnyApp, listen, stopTime } from '../helper.ts'

/** With a queue that needs no thread: its time would not stand still. */
const createApp: typeof createAnyApp = async (t, files, options, serverOptions) => await createAnyApp(t, files, { queue: memoryQueue(), ...options }, serverOptions)

/** How the functions under test and the tests hear of each other. */
const probe = new EventEmitter()
Object.assign(globalThis, { scheduleProbe: probe })
t.beforeEach(() => { probe.removeAllListeners() })

const tick = `
  export default async (request) => {
    globalThis.scheduleProbe.emit('run', { method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body: await request.json() })
  }
  export const config = { schedule: '* * * * *' }`
const work = `
  export default async (request) => {
    const { promise, resolve } = Promise.withResolvers()
    globalThis.scheduleProbe.emit('begun', resolve, request.signal)
    await promise
    globalThis.scheduleProbe.emit('ended')
  }`

async function nextJob (app: FastifyInstance, type: JobEvent['type']): Promise<JobEvent> {
  return await new Promise((resolve) => {
    app.netlifyFunctions.on('job', (event) => { if (event.type === type) resolve(event) })
  })
}

t.test('from when the server listens, a function runs at its times', async (t) => {
  const app = await createApp(t, { 'netlify/functions/tick.mjs': tick }, { site: { url: 'https://site.example' } })
  stopTime(t, '2026-01-01T00:00:30Z')
  await listen(app)
  for (const next of ['2026-01-01T00:02:00.000Z', '2026-01-01T00:03:00.000Z']) {
    const run = once(probe, 'run')
    const succeeded = nextJob(app, 'succeeded')
    mock.timers.tick(60_000)
    t.match(await run, [{
      method: 'POST',
      url: 'https://site.example/.netlify/functions/tick',
      headers: { 'user-agent': 'Netlify Clockwork', 'x-nf-event': 'schedule' },
      body: { next_run: next }
    }])
    await succeeded
  }
})

t.test('neither ready() nor inject() starts the clock', async (t) => {
  const app = await createApp(t, { 'netlify/functions/tick.mjs': tick })
  stopTime(t, '2026-01-01T00:00:30Z')
  await app.ready()
  await app.inject('/')
  mock.timers.tick(60 * 60_000)
  await everythingDue()
  t.same(await app.netlifyFunctions.jobs.list(), [])
})

t.test('nor does listen() with `schedule: false`', async (t) => {
  const app = await createApp(t, { 'netlify/functions/tick.mjs': tick }, { schedule: false })
  stopTime(t, '2026-01-01T00:00:30Z')
  const origin = await listen(app)
  mock.timers.tick(60 * 60_000)
  await everythingDue()
  t.same(await app.netlifyFunctions.jobs.list(), [])
  t.equal((await app.inject(`${origin}/.netlify/functions/tick`)).statusCode, 404)
})

t.test('no run begins once the server closes, and close() waits for the one under way', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/work.mjs': `${work}\nexport const config = { schedule: '* * * * *' }` }, {}, { logger: log.logger })
  stopTime(t, '2026-01-01T00:00:30Z')
  await listen(app)
  const begun = once(probe, 'begun')
  mock.timers.tick(30_000)
  const [finish] = await begun as [() => void]
  let ended = false
  probe.once('ended', () => { ended = true })
  const closed = app.close().then(() => t.ok(ended, 'the run ended before the server had closed'))
  probe.once('begun', () => t.fail('a run began'))
  mock.timers.tick(10_000)
  finish()
  await closed
  mock.timers.tick(60 * 60_000)
  await everythingDue()
  t.notOk(log.lines.some(({ level }) => level >= 40))
})

t.test('what the function is shown as', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/tick.mjs': tick,
    'netlify/functions/both-background.mjs': tick,
    'netlify/functions/hello.mjs': 'export default () => new Response()'
  })
  t.match(app.netlifyFunctions.functions, [
    { name: 'both-background', kind: 'background', schedule: '* * * * *', routes: ['/.netlify/functions/both-background'] },
    { name: 'hello', kind: 'request', schedule: undefined, routes: ['/.netlify/functions/hello'] },
    { name: 'tick', kind: 'scheduled', schedule: '* * * * *', routes: [] }
  ])
})

t.test('it has no URL, and the log says why', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/tick.mjs': tick }, {}, { logger: log.logger })
  probe.once('run', () => t.fail('it ran'))
  for (const url of ['/.netlify/functions/tick', '/.netlify/functions/tick/', '/.netlify/builders/tick', '/.netlify/functions/tick/deeper']) {
    const response = await app.inject({ method: 'POST', url, headers: { 'x-nf-event': 'schedule', 'user-agent': 'Netlify Clockwork' } })
    t.equal(response.statusCode, 404)
    t.match(response.json(), { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND', message: 'Function "tick" not found' })
  }
  t.ok(log.lines.some(({ msg, function: name }) => name === 'tick' && msg.includes('invoke()')))
})

t.test('invoke() runs it now with the clock\'s request, and waits for its end', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/tick.mjs': tick,
    'netlify/functions/work.mjs': `${work}\nexport const config = { schedule: '@daily' }`
  })
  stopTime(t, '2026-01-01T00:00:30Z')
  const run = once(probe, 'run')
  const response = await app.netlifyFunctions.invoke('tick', new Request('http://host.example/', { method: 'PUT', body: 'own' }))
  t.equal(response.status, 204)
  t.equal(response.body, null)
  t.match(await run, [{
    method: 'POST',
    url: 'http://localhost/.netlify/functions/tick',
    headers: { 'user-agent': 'Netlify Clockwork' },
    body: { next_run: '2026-01-01T00:01:00.000Z' }
  }])

  const begun = once(probe, 'begun')
  const leaving = new AbortController()
  const ended = app.netlifyFunctions.invoke('work', new Request('http://host.example/', { signal: leaving.signal }))
  const [finish, signal] = await begun as [() => void, AbortSignal]
  leaving.abort()
  t.ok(signal.aborted, 'the signal of the request that is given counts')
  finish()
  t.equal((await ended).status, 204)
})

t.test('a run that fails is logged and kept as failed; it is not repeated', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/broken.mjs': 'export default () => { throw new Error("no disk") }\nexport const config = { schedule: "* * * * *" }'
  }, { background: { retryDelays: [0, 0] } }, { logger: log.logger })
  stopTime(t, '2026-01-01T00:00:30Z')
  await listen(app)
  const failed = nextJob(app, 'failed')
  mock.timers.tick(30_000)
  t.match(await failed, { type: 'failed', job: { function: 'broken', attempt: 1 } })
  t.match(await log.line(({ level }) => level >= 50), { function: 'broken', err: { code: 'FST_NETLIFY_FUNCTION_FAILED', message: /no disk/ } })
  t.match(await app.netlifyFunctions.jobs.list(), [{ function: 'broken', state: 'failed', error: /no disk/ }])
  await t.rejects(app.netlifyFunctions.invoke('broken'), { code: 'FST_NETLIFY_FUNCTION_FAILED', message: /no disk/ })
})

t.test('what it returns means nothing', async (t) => {
  const returns = (value: string): string => `export default () => ${value}\nexport const config = { schedule: '@daily' }`
  const app = await createApp(t, {
    'netlify/functions/text.mjs': returns('"done"'),
    'netlify/functions/response.mjs': returns('new Response(new ReadableStream({ cancel () { globalThis.scheduleProbe.emit("cancelled") } }), { status: 500 })')
  })
  const cancelled = once(probe, 'cancelled')
  t.equal((await app.netlifyFunctions.invoke('text')).status, 204)
  t.equal((await app.netlifyFunctions.invoke('response')).status, 204)
  await cancelled
})

t.test('30 seconds are its time, or `limits.scheduledTimeout`, or `config.timeout`', async (t) => {
  const files = {
    'netlify/functions/nightly.mjs': `${work}\nexport const config = { schedule: '@daily' }`,
    'netlify/functions/short.mjs': `${work}\nexport const config = { schedule: '@daily', timeout: 5 }`
  }
  const limited = await createApp(t, files, { limits: { scheduledTimeout: 7_000, timeout: 1 } })
  const app = await createApp(t, files, { limits: { timeout: 1 } })
  stopTime(t, '2026-01-01T00:00:30Z')
  for (const [site, name, milliseconds] of [[app, 'nightly', 30_000], [limited, 'nightly', 7_000], [limited, 'short', 5_000]] as const) {
    const begun = once(probe, 'begun')
    const run = t.rejects(site.netlifyFunctions.invoke(name), { code: 'FST_NETLIFY_TIMEOUT', message: `timed out after ${milliseconds / 1000}.00 seconds` })
    const [, signal] = await begun as [unknown, AbortSignal]
    mock.timers.tick(milliseconds - 1)
    t.notOk(signal.aborted)
    mock.timers.tick(1)
    t.ok(signal.aborted)
    await run
  }
})

t.test('a background function may have a schedule too', async (t) => {
  const app = await createApp(t, { 'netlify/functions/report-background.mjs': tick })
  stopTime(t, '2026-01-01T00:00:30Z')
  await listen(app)
  const byClock = once(probe, 'run')
  mock.timers.tick(30_000)
  t.match(await byClock, [{ body: { next_run: '2026-01-01T00:02:00.000Z' } }])

  const byHand = once(probe, 'run')
  t.equal((await app.netlifyFunctions.invoke('report-background')).status, 202)
  t.match(await byHand, [{ headers: { 'x-nf-event': 'schedule' }, body: { next_run: '2026-01-01T00:02:00.000Z' } }])

  const byClient = once(probe, 'run')
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/report-background', payload: { own: true } })).statusCode, 202)
  t.match(await byClient, [{ body: { own: true } }])
})

t.test('netlify.toml may give the schedule, of either form of function', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[functions."nightly"]\nschedule = "@daily"\n[functions."hourly"]\nschedule = "0 * * * *"\n[functions."path"]\nschedule = "@daily"',
    'netlify/functions/nightly.mjs': 'export default () => {}',
    'netlify/functions/hourly.mjs': 'export const handler = async () => {}',
    'netlify/functions/path.mjs': 'export default () => {}\nexport const config = { path: "/daily" }'
  })
  t.match(app.netlifyFunctions.functions, [
    { name: 'hourly', kind: 'scheduled', schedule: '0 * * * *' },
    { name: 'nightly', kind: 'scheduled', schedule: '@daily' },
    { name: 'path', state: 'failed', error: { message: /Scheduled functions must not specify a custom path/ } }
  ])
})

t.test('a schedule beside a path, or one that is no cron expression, is an error of the function', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/path.mjs': 'export default () => {}\nexport const config = { schedule: "@daily", path: "/daily" }',
    'netlify/functions/noon.mjs': 'export default () => {}\nexport const config = { schedule: "at noon" }',
    'netlify/functions/seconds.mjs': 'export default () => {}\nexport const config = { schedule: "* * * * * *" }'
  })
  t.match(app.netlifyFunctions.functions, [
    { name: 'noon', state: 'failed', error: { code: 'FST_NETLIFY_INVALID_CONFIG', message: /on 'schedule': .*cron expression/ } },
    { name: 'path', state: 'failed', error: { code: 'FST_NETLIFY_INVALID_CONFIG', message: /on 'path': Scheduled functions must not specify a custom path\. Please remove the "path" configuration\./ } },
    { name: 'seconds', state: 'failed', error: { code: 'FST_NETLIFY_INVALID_CONFIG' } }
  ])
  t.equal((await app.inject('/daily')).statusCode, 500)
})
