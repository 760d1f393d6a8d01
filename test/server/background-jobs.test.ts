import { EventEmitter, once } from 'node:events'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { netlifyFunctions, type JobEvent } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp, createSite, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { jobsProbe: probe })

const mail = `
  export default async (request) => {
    globalThis.jobsProbe.emit('mail', Object.fromEntries(request.headers), await request.text())
  }`
const key = '42'.repeat(32)
const otherKey = Buffer.alloc(32, 7).toString('base64')
const secrets = { authorization: 'Bearer tóken', cookie: 'a=1; b=2' }

t.test('every event of a job is told, in order', async (t) => {
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': mail })
  const events: JobEvent[] = []
  const succeeded = new Promise<void>((resolve) => {
    app.netlifyFunctions.on('job', (event) => {
      events.push(event)
      if (event.type === 'succeeded') resolve()
    })
  })
  await listen(app)
  await app.inject({ method: 'POST', url: '/.netlify/functions/mail-background', payload: 'hello' })
  await succeeded
  t.same(events.map(({ type, job }) => [type, job.state, job.attempt, job.id === events[0]!.job.id]), [
    ['queued', 'waiting', 0, true], ['started', 'running', 1, true], ['succeeded', 'running', 1, true]
  ])
})

t.test('functions can be paused and resumed, one or all', async (t) => {
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': mail, 'netlify/functions/report-background.mjs': mail })
  await listen(app)
  const { jobs, invoke } = app.netlifyFunctions
  jobs.pause('mail-background')
  t.same(jobs.paused, { all: false, functions: ['mail-background'] })
  await invoke('mail-background')
  const ran = once(probe, 'mail')
  await invoke('report-background')
  await ran
  t.match(await jobs.list({ function: 'mail-background' }), [{ state: 'waiting' }])
  jobs.pause()
  t.same(jobs.paused, { all: true, functions: ['mail-background'] })
  const resumed = once(probe, 'mail')
  jobs.resume()
  await resumed
  t.same(jobs.paused, { all: false, functions: [] })
  t.throws(() => jobs.pause('nobody'), { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND' })
  t.throws(() => jobs.resume('nobody'), { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND' })
})

t.test('with a key, secret headers are encrypted in the queue, and reach the function in their places', async (t) => {
  const queue = memoryQueue()
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': mail }, { queue, background: { encryptionKey: key } })
  await listen(app)
  const seen: unknown[] = []
  app.netlifyFunctions.on('job', ({ job }) => seen.push(job))
  const received = once(probe, 'mail')
  app.netlifyFunctions.jobs.pause()
  await app.inject({ method: 'POST', url: '/.netlify/functions/mail-background', payload: 'hello', headers: { ...secrets, 'x-other': 'plain' } })
  const stored = JSON.stringify(await queue.list())
  t.notOk(/tóken|a=1/.test(stored))
  t.match(stored, /plain/)
  seen.push(await app.netlifyFunctions.jobs.list())
  const [waiting] = await app.netlifyFunctions.jobs.list()
  seen.push(await app.netlifyFunctions.jobs.get(waiting!.id))
  app.netlifyFunctions.jobs.resume()
  t.match(await received, [{ ...secrets, 'x-other': 'plain' }, 'hello'])
  for (const job of seen) t.notOk(/authorization|cookie|tóken/.test(JSON.stringify(job)))
  t.match(waiting, { sealedHeaders: undefined })
})

t.test('without a key they are stored as they are, and yet not shown', async (t) => {
  const queue = memoryQueue()
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': mail }, { queue, background: { secretHeaders: ['X-Token'] } })
  const received = once(probe, 'mail')
  const events: JobEvent[] = []
  app.netlifyFunctions.on('job', (event) => events.push(event))
  await listen(app)
  await app.inject({ method: 'POST', url: '/.netlify/functions/mail-background', headers: { 'x-token': 'secret', authorization: 'shown' } })
  t.match(await received, [{ 'x-token': 'secret' }])
  t.match((await queue.list())[0]?.request.headers, { 'x-token': 'secret' })
  t.match((await app.netlifyFunctions.jobs.list())[0]?.request.headers, { 'x-token': undefined, authorization: 'shown' })
  t.match(events, [{ type: 'queued' }, { type: 'started' }])
  t.ok(events.every(({ job }) => job.request.headers['x-token'] === undefined && job.request.headers.authorization === 'shown'))
})

t.test('a job whose headers no key opens fails at once, stays, and runs when the key is back', async (t) => {
  const root = await createSite(t, { 'netlify/functions/mail-background.mjs': mail })
  const serve = async (encryptionKey: string | undefined, isPaused = false): Promise<FastifyInstance> => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(netlifyFunctions, { root, isolation: 'inline', ...encryptionKey && { background: { encryptionKey } } })
    if (isPaused) app.netlifyFunctions.jobs.pause()
    await listen(app)
    return app
  }
  const first = await serve(key, true)
  await first.inject({ url: '/.netlify/functions/mail-background', headers: secrets })
  await first.close()

  const failure = async (app: FastifyInstance): Promise<JobEvent> => await new Promise((resolve) => {
    app.netlifyFunctions.on('job', (event) => { if (event.type === 'failed') resolve(event) })
  })
  const second = await serve(otherKey, true)
  let failed = failure(second)
  second.netlifyFunctions.jobs.resume()
  const { job } = await failed
  t.match(await second.netlifyFunctions.jobs.get(job.id), { state: 'failed', attempt: 1, error: /none of the keys that are set opens them/ })
  await second.close()

  const third = await serve(undefined, true)
  failed = failure(third)
  await third.netlifyFunctions.jobs.retry(job.id)
  third.netlifyFunctions.jobs.resume()
  t.match((await failed as JobEvent & { error: Error }).error.message, /neither NETLIFY_QUEUE_KEY nor/)
  await third.close()

  const received = once(probe, 'mail')
  const fourth = await serve(`${otherKey},${key}`)
  await fourth.netlifyFunctions.jobs.retry(job.id)
  t.match(await received, [secrets])
})

t.test('a job ends when the work that it gave to waitUntil has', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/late-background.mjs': `
      export default (request, context) => {
        context.waitUntil(new Promise((resolve) => globalThis.jobsProbe.emit('returned', resolve)).then(() => context.waitUntil(new Promise((resolve) => globalThis.jobsProbe.emit('more', resolve)))))
      }`,
    'netlify/functions/endless-background.mjs': 'export default (request, context) => { context.waitUntil(new Promise(() => {})) }'
  }, { limits: { backgroundTimeout: 200 }, background: { retryDelays: [] } })
  await listen(app)
  const { jobs } = app.netlifyFunctions
  const ended = new Promise<string>((resolve) => app.netlifyFunctions.on('job', ({ type }) => { if (type === 'succeeded' || type === 'failed') resolve(type) }))
  const returned = once(probe, 'returned')
  await app.netlifyFunctions.invoke('late-background')
  const [finish] = await returned as [() => void]
  const more = once(probe, 'more')
  finish()
  const [finishMore] = await more as [() => void]
  t.match(await jobs.stats(), { running: 1, succeeded: 0 })
  finishMore()
  t.equal(await ended, 'succeeded')

  const failed = new Promise<string>((resolve) => app.netlifyFunctions.on('job', (event) => { if (event.type === 'failed') resolve(String(event.error)) }))
  await app.netlifyFunctions.invoke('endless-background')
  t.match(await failed, /timed out after 0.20 seconds/)
})

t.test('invoke() of a background function has the limit of its body too', async (t) => {
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': mail }, { limits: { backgroundBody: 5 } })
  const call = async (body: string): Promise<Response> => await app.netlifyFunctions.invoke('mail-background', new Request('http://h/', { method: 'POST', body }))
  t.equal((await call('12345')).status, 202)
  await t.rejects(call('123456'), { code: 'FST_NETLIFY_REQUEST_BODY_TOO_LARGE', statusCode: 413 })
})

t.test('a job runs under the deploy of today, and says which one accepted it', async (t) => {
  const source = (deploy: string): string => `export default () => { globalThis.jobsProbe.emit('deploy', '${deploy}') }`
  const root = await createSite(t, { 'netlify/functions/job-background.mjs': source('old') })
  const old = Fastify()
  t.teardown(() => old.close())
  await old.register(netlifyFunctions, { root, isolation: 'inline', deploy: { id: 'old' } })
  await old.netlifyFunctions.invoke('job-background')
  await old.close()

  const site = await createSite(t, { 'netlify/functions/job-background.mjs': source('new') })
  const next = Fastify()
  t.teardown(() => next.close())
  await next.register(netlifyFunctions, { root, isolation: 'inline', functions: `${site}/netlify/functions`, deploy: { id: 'new' } })
  const ran = once(probe, 'deploy')
  await listen(next)
  t.same(await ran, ['new'])
  t.match(await next.netlifyFunctions.jobs.list(), [{ deployId: 'old' }])
})
