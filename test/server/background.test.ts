import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { FST_NETLIFY_QUEUE_UNAVAILABLE } from '../../lib/errors.ts'
import { captureLog, createApp, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

const held = `
  export default async (request) => {
    const finish = new Promise((resolve) => probe.once('finish', resolve))
    probe.emit('running', new URL(request.url).search)
    await finish
    probe.emit('done')
  }`

for (const [title, file, source] of [
  ['the suffix of a file', 'mail-background.mjs', held],
  ['the suffix of a directory', 'mail-background/index.mjs', held],
  ['the suffix of a directory and its file', 'mail-background/mail-background.mts', held],
  ['config.background', 'mail-background/index.mjs', `${held}\nexport const config = { background: true }`],
  ['the suffix of a Lambda-compatible function', 'mail-background.mjs', held.replace('export default async (request) => {', 'export const handler = async (request) => { request.url = request.rawUrl;')]
] as const) {
  t.test(`${title} makes a background function: an empty 202 at once, and it runs later`, async (t) => {
    const app = await createApp(t, { [`netlify/functions/${file}`]: source })
    const url = `${await listen(app)}/.netlify/functions/mail-background`
    const running = once(probe, 'running')
    const response = await fetch(`${url}?to=ada`, { method: 'POST', body: 'hello' })
    t.equal(response.status, 202)
    t.equal(await response.text(), '')
    t.equal(response.headers.get('content-type'), null)
    t.match(response.headers.get('x-nf-request-id'), /^[0-9A-Z]{26}$/)
    t.same(await running, ['?to=ada'])
    t.match(await app.netlifyFunctions.jobs.stats(), { running: 1, succeeded: 0 })
    const done = once(probe, 'done')
    probe.emit('finish')
    await done
  })
}

t.test('config.background makes one at a path, without the suffix', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/mail.mjs': 'export default async (request, { params, path }) => { probe.emit("running", params.to, path) }\nexport const config = { background: true, path: "/mail/:to" }'
  })
  await listen(app)
  const running = once(probe, 'running')
  const response = await app.inject({ method: 'POST', url: '/mail/ada' })
  t.equal(response.statusCode, 202)
  t.same(await running, ['ada', '/mail/:to'])
})

t.test('the function gets the request as it was', async (t) => {
  const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const app = await createApp(t, {
    'netlify/functions/echo.mjs': `
      export default async (request, context) => {
        probe.emit('seen', {
          method: request.method, url: request.url, headers: Object.fromEntries(request.headers), bytes: [...new Uint8Array(await request.arrayBuffer())],
          params: context.params, requestId: context.requestId, ip: context.ip, aborted: request.signal.aborted
        })
      }
      export const config = { background: true, path: '/echo/:id' }`
  })
  const url = `${await listen(app)}/echo/a%2Fb?q=%20&q=1`
  const seen = once(probe, 'seen')
  const response = await fetch(url, { method: 'PUT', body, headers: { 'content-type': 'image/x-test', 'x-one': 'ü' } })
  t.match((await seen)[0], {
    method: 'PUT', url, headers: { 'content-type': 'image/x-test', 'x-one': 'ü' }, bytes: [...body], params: { id: 'a%2Fb' }, requestId: response.headers.get('x-nf-request-id'), ip: '127.0.0.1', aborted: false
  })
})

t.test('a GET without a body runs too', async (t) => {
  const app = await createApp(t, { 'netlify/functions/get-background.mjs': 'export default (request) => { probe.emit("seen", request.method, request.body) }' })
  await listen(app)
  const seen = once(probe, 'seen')
  t.equal((await app.inject('/.netlify/functions/get-background')).statusCode, 202)
  t.same(await seen, ['GET', null])
})

t.test('at most `concurrency` jobs run at once, and each of them runs', async (t) => {
  const app = await createApp(t, { 'netlify/functions/held-background.mjs': held }, { queue: memoryQueue(), background: { concurrency: 2 } })
  await listen(app)
  probe.setMaxListeners(20)
  const started: string[] = []
  probe.on('running', (search) => started.push(search))
  let running = once(probe, 'running')
  for (let job = 0; job < 5; job++) await app.inject(`/.netlify/functions/held-background?${job}`)
  await running
  await app.netlifyFunctions.jobs.list()
  t.same(started, ['?0', '?1'])
  t.match(await app.netlifyFunctions.jobs.stats(), { running: 2, waiting: 3 })
  for (const more of [4, 5]) {
    running = once(probe, 'running')
    probe.emit('finish')
    await running
    while (started.length < more) await once(probe, 'running')
  }
  probe.emit('finish')
  await app.close()
  t.same(started, ['?0', '?1', '?2', '?3', '?4'])
  probe.removeAllListeners()
})

t.test('a throw is retried after the delays, then the job is kept as failed, and logged', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/fails-background.mjs': 'let runs = 0; export default async () => { throw new Error("failure " + ++runs) }'
  }, { background: { retryDelays: [2, 4] } }, { logger: log.logger })
  await listen(app)
  const events: unknown[] = []
  const failed = new Promise<void>((resolve) => {
    app.netlifyFunctions.on('job', (event) => {
      events.push([event.type, event.job.attempt])
      if (event.type === 'failed') resolve()
    })
  })
  await app.inject({ method: 'POST', url: '/.netlify/functions/fails-background', payload: 'the body' })
  await failed
  t.same(events, [['queued', 0], ['started', 1], ['retrying', 1], ['started', 2], ['retrying', 2], ['started', 3], ['failed', 3]])

  const [job, ...others] = await app.netlifyFunctions.jobs.list()
  t.same(others, [])
  t.match(job, { function: 'fails-background', state: 'failed', attempt: 3, error: /failure 3/, request: { method: 'POST' } })
  await log.line(({ level, err }) => level === 40 && /failure 1/.test(err?.message ?? ''))
  t.match(await log.line(({ level }) => level === 50), { function: 'fails-background', job: job?.id, err: { message: /failure 3/ } })
})

t.test('a retry gets the whole request again', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/second-background.mjs': `
      let runs = 0
      export default async (request) => {
        const body = new Uint8Array(await request.arrayBuffer())
        const text = Buffer.from(body).toString()
        body.fill(0)
        if (++runs === 1) throw new Error('once more')
        probe.emit('seen', text)
      }`
  }, { background: { retryDelays: [1] } })
  await listen(app)
  const seen = once(probe, 'seen')
  await app.inject({ method: 'POST', url: '/.netlify/functions/second-background', payload: 'the body' })
  t.same(await seen, ['the body'])
})

t.test('what the function returns is ignored', async (t) => {
  const returns = ['"text"', 'null', '42', 'Response.error()', '({ statusCode: "abc" })', 'new Response("hi", { status: 500 })', 'new Response(new ReadableStream({ cancel () { probe.emit("cancelled") } }))', 'undefined', 'Symbol("s")']
  const app = await createApp(t, Object.fromEntries(returns.flatMap((value, index) => [
    [`netlify/functions/web${index}-background.mjs`, `export default async () => ${value}`],
    [`netlify/functions/lambda${index}-background.mjs`, `export const handler = async () => ${value}`]
  ])))
  await listen(app)
  const { functions, jobs } = app.netlifyFunctions
  const ended = new Promise<void>((resolve) => {
    let left = functions.length
    app.netlifyFunctions.on('job', ({ type }) => { if (type === 'succeeded' && --left === 0) resolve() })
  })
  for (const { name } of functions) t.equal((await app.inject(`/.netlify/functions/${name}`)).statusCode, 202)
  await ended
  t.match(await jobs.stats(), { succeeded: functions.length, failed: 0 })
})

t.test('a job that reaches its time limit has failed, and its signal aborts', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/slow-background.mjs': 'export default (request) => new Promise(() => { request.signal.addEventListener("abort", () => probe.emit("aborted", request.signal.reason.code)) })'
  }, { limits: { timeout: 1, backgroundTimeout: 50 }, background: { retryDelays: [] } })
  await listen(app)
  const aborted = once(probe, 'aborted')
  const failed = new Promise<string>((resolve) => app.netlifyFunctions.on('job', (event) => { if (event.type === 'failed') resolve(String(event.error)) }))
  await app.inject('/.netlify/functions/slow-background')
  t.same(await aborted, ['FST_NETLIFY_TIMEOUT'])
  t.match(await failed, 'Task timed out after 0.05 seconds')
})

t.test('a body beyond the limit is a 413, and no job', async (t) => {
  const app = await createApp(t, { 'netlify/functions/upload-background.mjs': 'export default () => {}' })
  const call = async (size: number): Promise<number> => (await app.inject({ method: 'POST', url: '/.netlify/functions/upload-background', payload: Buffer.alloc(size) })).statusCode
  t.equal(await call(256 * 1024), 202)
  t.equal(await call(256 * 1024 + 1), 413)
  t.equal((await app.netlifyFunctions.jobs.list()).length, 1)

  const unlimited = await createApp(t, { 'netlify/functions/upload-background.mjs': 'export default async (request) => { probe.emit("size", (await request.arrayBuffer()).byteLength) }' }, { limits: { backgroundBody: Infinity, requestBody: 1 } })
  await listen(unlimited)
  const size = once(probe, 'size')
  await unlimited.inject({ method: 'POST', url: '/.netlify/functions/upload-background', payload: Buffer.alloc(1_000_000) })
  t.same(await size, [1_000_000])
})

t.test('a call that the queue does not store is a 503, never a 202', async (t) => {
  const refusing = { ...memoryQueue(), enqueue: async () => { throw new FST_NETLIFY_QUEUE_UNAVAILABLE('the disk is full') } }
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': 'export default () => {}' }, { queue: refusing })
  const response = await app.inject('/.netlify/functions/mail-background')
  t.match(response.json(), { statusCode: 503, code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', message: /the disk is full/ })

  const full = await createApp(t, { 'netlify/functions/mail-background.mjs': 'export default () => new Promise(() => {})' }, { queue: memoryQueue({ maxJobs: 1 }), background: { drainTimeout: 0 } })
  t.equal((await full.inject('/.netlify/functions/mail-background')).statusCode, 202)
  t.equal((await full.inject('/.netlify/functions/mail-background')).statusCode, 503)
})

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))
