import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'

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

t.test('jobs that did not run are logged by id, those that run too long within the time given', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/held-background.mjs': held }, { background: { concurrency: 1, drainTimeout: 50 } }, { logger: log.logger })
  await app.ready()
  const running = once(probe, 'running')
  for (let job = 0; job < 3; job++) await app.inject(`/.netlify/functions/held-background?${job}`)
  await running
  const ids = (await app.netlifyFunctions.jobs.list()).map(({ id }) => id)
  t.equal(ids.length, 3)
  const start = performance.now()
  await app.close()
  t.ok(performance.now() - start < 5_000)
  const line = await log.line(({ jobs }) => jobs !== undefined)
  t.equal(line.level, 40)
  t.same([...line.jobs as string[]].sort(), [...ids].sort())
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
  await app.ready()
  const running = once(probe, 'running')
  await app.inject('/.netlify/functions/patient-background')
  await running
  const aborted = once(probe, 'aborted')
  await app.close()
  await aborted
})

t.test('a job that waits for its retry is logged as one that did not run', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/fails-background.mjs': 'export default () => { throw new Error("boom") }' }, {}, { logger: log.logger })
  await app.ready()
  await app.inject('/.netlify/functions/fails-background')
  await log.line(({ msg }) => msg === 'background job failed and will be retried')
  const [job] = await app.netlifyFunctions.jobs.list()
  await app.close()
  t.same((await log.line(({ jobs }) => jobs !== undefined)).jobs, [job?.id])
})
