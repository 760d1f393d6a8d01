import { EventEmitter, once } from 'node:events'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
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
  setImmediate(() => probe.emit('finish'))
  await closing
  t.ok(done)
  t.notOk(log.lines.some(({ jobs }) => jobs !== undefined), 'and no job is said to be left')
})

t.test('while a running job holds close() up, no further call is taken', async (t) => {
  const app = await createApp(t, { 'netlify/functions/held-background.mjs': held })
  const origin = await listen(app)
  const running = once(probe, 'running')
  await app.inject('/.netlify/functions/held-background')
  await running
  const stopped = once(app.server, 'close')
  const closing = app.close()
  await stopped
  await t.rejects(fetch(`${origin}/.netlify/functions/held-background`))
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
