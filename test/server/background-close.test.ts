import { EventEmitter, once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import type { QueueDriver } from '../../lib/queue/driver.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { captureLog, createApp, createSite, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const held = `
  export default async (request) => {
    const finish = new Promise((resolve) => probe.once('finish', resolve))
    probe.emit('running', new URL(request.url).search)
    await finish
    probe.emit('done')
  }`

t.test('close() lets a running job finish', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/held-background.mjs': held }, {}, { logger: log.logger })
  await listen(app)
  const running = once(probe, 'running')
  await app.inject('/.netlify/functions/held-background')
  await running
  let done = false
  probe.once('done', () => { done = true })
  const closing = app.close()
  await setImmediate()
  probe.emit('finish')
  await closing
  t.ok(done)
  t.notOk(log.lines.some(({ jobs }) => jobs !== undefined), 'and no job is said to be left')
})

t.test('calls that are on their way when the app begins to close are stored for the next process', async (t) => {
  const root = await createSite(t, { 'netlify/functions/held-background.mjs': held })
  const start = async (): Promise<FastifyInstance> => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(netlifyFunctions, { root, isolation: 'inline' })
    return app
  }
  const first = await start()
  const upload = await beginUpload(first, '/.netlify/functions/held-background')
  const running = once(probe, 'running')
  await first.inject('/.netlify/functions/held-background')
  await running
  const stopped = once(first.server, 'close')
  const closing = first.close()
  t.equal(await upload.finish(), 202)
  await stopped
  await t.rejects(fetch(`${upload.origin}/.netlify/functions/held-background`))
  t.equal((await first.netlifyFunctions.invoke('held-background')).status, 202, 'while a job holds the close up')
  probe.emit('finish')
  await closing
  await t.rejects(first.netlifyFunctions.invoke('held-background'), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', statusCode: 503 })

  const second = await start()
  t.match(await second.netlifyFunctions.jobs.stats(), { waiting: 2, succeeded: 1 })
})

t.test('work given to waitUntil may queue calls until it has ended', async (t) => {
  const waits = new EventEmitter()
  const memory = memoryQueue()
  const queue: QueueDriver = {
    ...memory,
    durable: true,
    async claim (options) {
      const claims = await memory.claim(options)
      waits.emit('ended')
      return claims
    }
  }
  const app = await createApp(t, {
    'netlify/functions/held-background.mjs': held,
    'netlify/functions/late.mjs': `
      export default (request, context) => {
        context.waitUntil(new Promise((resolve) => probe.once('finish', resolve)).then(() => probe.call()))
        return new Response('early')
      }`
  }, { queue })
  await listen(app)
  let status: number | undefined
  Object.assign(probe, { call: async () => { status = (await app.netlifyFunctions.invoke('held-background')).status } })
  t.equal((await app.inject('/.netlify/functions/late')).body, 'early')
  const drained = once(waits, 'ended')
  const closing = app.close()
  await drained
  await setImmediate()
  probe.emit('finish')
  await closing
  t.equal(status, 202)
})

t.test('a queue in memory takes no call that it could not run any more', async (t) => {
  const app = await createApp(t, { 'netlify/functions/held-background.mjs': held }, { queue: memoryQueue() })
  const upload = await beginUpload(app, '/.netlify/functions/held-background')
  const running = once(probe, 'running')
  await app.inject('/.netlify/functions/held-background')
  await running
  const closing = app.close()
  t.equal(await upload.finish(), 503)
  await t.rejects(app.netlifyFunctions.invoke('held-background'), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', statusCode: 503 })
  probe.emit('finish')
  await closing
})

t.test('jobs of a queue in memory that did not run are logged by id, all of them, within the time given', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/held-background.mjs': held }, { queue: memoryQueue(), background: { concurrency: 1, drainTimeout: 50 } }, { logger: log.logger })
  await listen(app)
  const running = once(probe, 'running')
  for (let job = 0; job < 2_100; job++) await app.netlifyFunctions.invoke('held-background')
  await running
  const ids = (await app.netlifyFunctions.jobs.list({ limit: 3_000 })).map(({ id }) => id)
  t.equal(ids.length, 2_100)
  const start = performance.now()
  await app.close()
  t.ok(performance.now() - start < 5_000)
  const lines = log.lines.filter(({ jobs }) => jobs !== undefined)
  t.ok(lines.every(({ level, msg, total }) => level === 40 && msg === 'background jobs that did not run before the server closed' && total === 2_100))
  t.same(lines.map(({ jobs }) => (jobs as string[]).length), [1_000, 1_000, 100])
  t.same(lines.flatMap(({ jobs }) => jobs as string[]).sort(), ids.sort())
  probe.removeAllListeners()
})

t.test('with a queue on disk nothing is lost: what did not end goes back, and runs in the next process', async (t) => {
  const log = captureLog()
  const root = await createSite(t, { 'netlify/functions/held-background.mjs': held })
  const start = async (): Promise<FastifyInstance> => {
    const app = Fastify({ logger: log.logger })
    t.teardown(() => app.close())
    await app.register(netlifyFunctions, { root, isolation: 'inline', background: { concurrency: 1, drainTimeout: 20 } })
    await listen(app)
    return app
  }
  const first = await start()
  let running = once(probe, 'running')
  for (let job = 0; job < 3; job++) await first.inject(`/.netlify/functions/held-background?${job}`)
  t.same(await running, ['?0'])
  await first.close()
  t.equal((await log.line(({ jobs }) => jobs !== undefined)).msg, 'background jobs that had not ended when the server closed go back to the queue')
  await log.line(({ waiting }) => waiting === 3)

  probe.removeAllListeners('finish')
  running = once(probe, 'running')
  const second = await start()
  const searches: unknown[] = []
  while (searches.length < 3) {
    const [search] = await running
    searches.push(search)
    const [job] = await second.netlifyFunctions.jobs.list({ state: 'running' })
    t.equal(job?.attempt, 1, 'the attempt that was broken off does not count')
    running = once(probe, 'running')
    probe.emit('finish')
  }
  t.same(searches.sort(), ['?0', '?1', '?2'])
  probe.removeAllListeners()
})

t.test('a job that is given up has its signal aborted', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/patient-background.mjs': `
      export default (request) => new Promise((resolve) => {
        request.signal.addEventListener('abort', () => { probe.emit('aborted'); resolve() })
        probe.emit('running')
      })`
  }, { background: { drainTimeout: 20 } })
  await listen(app)
  const running = once(probe, 'running')
  await app.inject('/.netlify/functions/patient-background')
  await running
  const aborted = once(probe, 'aborted')
  await app.close()
  await aborted
})

t.test('a job in memory that waits for its retry is logged as one that did not run', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/fails-background.mjs': 'export default () => { throw new Error("boom") }' }, { queue: memoryQueue() }, { logger: log.logger })
  await listen(app)
  await app.inject('/.netlify/functions/fails-background')
  await log.line(({ msg }) => msg === 'background job failed and will be retried')
  const [job] = await app.netlifyFunctions.jobs.list()
  await app.close()
  t.same((await log.line(({ jobs }) => jobs !== undefined)).jobs, [job?.id])
})

/** Sends the first half of a body, which the server has begun to read. `finish` sends the rest and gives the status. */
async function beginUpload (app: FastifyInstance, path: string): Promise<{ origin: string, finish: () => Promise<number | undefined> }> {
  const origin = await listen(app)
  const arrived = once(app.server, 'request')
  const upload = request(origin + path, { method: 'POST', headers: { 'content-length': 8 } })
  const answered = once(upload, 'response') as Promise<[IncomingMessage]>
  upload.write('half')
  await arrived
  return {
    origin,
    async finish () {
      upload.end('half')
      const [response] = await answered
      response.resume()
      return response.statusCode
    }
  }
}
