import { EventEmitter, once } from 'node:events'
import { mock } from 'node:test'
import { setImmediate as everythingDue } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { JobEvent } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { captureLog, createApp, listen, stopTime } from '../helper.ts'

/** How the functions under test and the tests hear of each other. */
const probe = new EventEmitter()
Object.assign(globalThis, { schedulesProbe: probe })
t.beforeEach(() => { probe.removeAllListeners() })

const report = (schedule: string): string => `
  export default async (request) => {
    globalThis.schedulesProbe.emit('run', { headers: Object.fromEntries(request.headers), body: await request.json() })
  }
  export const config = { schedule: '${schedule}' }`
const broken = `
  export default () => { throw new Error('no disk') }
  export const config = { schedule: '@daily' }`
const hello = 'export default () => new Response("hello")'

async function ended (app: FastifyInstance, type: JobEvent['type'] = 'succeeded'): Promise<JobEvent> {
  return await new Promise((resolve) => {
    app.netlifyFunctions.on('job', (event) => { if (event.type === type) resolve(event) })
  })
}

t.test('every function with a schedule is listed with its next times', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/hourly.mjs': report('@hourly'),
    'netlify/functions/monday-background.mjs': report('30 6 * * 1'),
    'netlify/functions/hello.mjs': hello,
    'netlify/functions/wrong.mjs': report('at noon')
  }, { queue: memoryQueue() })
  stopTime(t, '2026-01-01T00:00:30Z')
  const idle = { active: false, paused: false, lastRun: undefined }
  t.same(await app.netlifyFunctions.schedules.list(), [
    { function: 'hourly', schedule: '@hourly', nextRuns: [1, 2, 3, 4, 5].map((hour) => new Date(Date.UTC(2026, 0, 1, hour))), ...idle },
    { function: 'monday-background', schedule: '30 6 * * 1', nextRuns: [5, 12, 19, 26, 33].map((day) => new Date(Date.UTC(2026, 0, day, 6, 30))), ...idle }
  ])
  await listen(app)
  t.match(await app.netlifyFunctions.schedules.list(), [{ active: true }, { active: true }])
  await app.close()
  await t.rejects(app.netlifyFunctions.schedules.list(), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' })
  await t.rejects(app.netlifyFunctions.schedules.run('hourly'), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' })
})

t.test('a run now is the clock\'s, with the next regular time in its body, and does not count as that', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hourly.mjs': report('@hourly') }, { queue: memoryQueue({ now: () => Date.now() }), site: { url: 'https://site.example' } })
  stopTime(t, '2026-01-01T00:59:30Z')
  await listen(app)
  const { schedules, jobs } = app.netlifyFunctions
  const run = once(probe, 'run')
  const succeeded = ended(app)
  const id = await schedules.run('hourly')
  t.match(await run, [{ headers: { 'user-agent': 'Netlify Clockwork', 'x-nf-event': 'schedule' }, body: { next_run: '2026-01-01T01:00:00.000Z' } }])
  t.equal((await succeeded).job.id, id)
  t.match(await jobs.get(id), { function: 'hourly', state: 'succeeded', request: { url: 'https://site.example/.netlify/functions/hourly' } })
  t.same((await schedules.list())[0]?.lastRun, { at: new Date('2026-01-01T00:59:30Z'), state: 'succeeded', job: id })

  const byClock = once(probe, 'run')
  mock.timers.tick(30_000)
  t.match(await byClock, [{ body: { next_run: '2026-01-01T02:00:00.000Z' } }])
})

t.test('while a run waits, another one now is the same; once it has begun, it is a new one', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hourly.mjs': report('@hourly') }, { queue: memoryQueue() })
  await listen(app)
  const { schedules, jobs } = app.netlifyFunctions
  jobs.pause()
  const id = await schedules.run('hourly')
  t.equal(await schedules.run('hourly'), id)
  t.match(await schedules.list(), [{ lastRun: { state: 'waiting', job: id } }])
  const succeeded = ended(app)
  jobs.resume()
  await succeeded
  t.not(await schedules.run('hourly'), id)
})

t.test('a paused schedule\'s times pass by unqueued, others go on, and a run by hand does too', async (t) => {
  const log = captureLog()
  const files = { 'netlify/functions/one.mjs': report('* * * * *'), 'netlify/functions/two.mjs': report('*/2 * * * *') }
  const app = await createApp(t, files, { queue: memoryQueue() }, { logger: log.logger })
  stopTime(t, '2026-01-01T00:00:30Z')
  await listen(app)
  const { schedules, jobs } = app.netlifyFunctions
  schedules.pause('one')
  t.same(schedules.paused, { all: false, functions: ['one'] })
  const two = ended(app)
  mock.timers.tick(30_000)
  mock.timers.tick(60_000)
  t.equal((await two).job.function, 'two')
  t.match(await schedules.list(), [{ function: 'one', paused: true, lastRun: undefined }, { function: 'two', paused: false, lastRun: { state: 'succeeded' } }])
  t.match(log.lines.filter(({ msg }) => /schedule is paused/.test(msg)), [{ level: 20, function: 'one' }, { function: 'one' }])

  const byHand = ended(app)
  await schedules.run('one')
  t.equal((await byHand).job.function, 'one')

  schedules.pause()
  t.match(await schedules.list(), [{ paused: true }, { paused: true }])
  mock.timers.tick(60 * 60_000)
  await everythingDue()
  t.equal((await jobs.list()).length, 2)

  schedules.resume()
  t.same(schedules.paused, { all: false, functions: [] })
  const next = ended(app)
  mock.timers.tick(60_000)
  await next
  schedules.pause('two')
  schedules.resume('two')
  t.same(schedules.paused, { all: false, functions: [] })
})

t.test('the last run says what it failed with, and calls of clients are none', async (t) => {
  const app = await createApp(t, { 'netlify/functions/broken.mjs': broken, 'netlify/functions/both-background.mjs': report('@daily') }, { queue: memoryQueue() })
  await listen(app)
  const { schedules, invoke, jobs } = app.netlifyFunctions
  const failed = ended(app, 'failed')
  const id = await schedules.run('broken')
  await failed
  const ran = ended(app)
  const runId = await schedules.run('both-background')
  await ran
  jobs.pause()
  for (let call = 0; call < 3; call++) await invoke('both-background', new Request('http://localhost/', { method: 'POST', body: '{}' }))
  t.match(await schedules.list(), [
    { function: 'both-background', lastRun: { state: 'succeeded', job: runId } },
    { function: 'broken', lastRun: { state: 'failed', job: id, error: /no disk/ } }
  ])
})

t.test('what has no schedule can be neither run, paused nor resumed', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hello.mjs': hello, 'netlify/functions/wrong.mjs': report('at noon') })
  const { schedules } = app.netlifyFunctions
  for (const name of ['hello', 'wrong', 'nobody', '__proto__', '']) {
    const refusal = { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND', message: `Function "${name}" not found` }
    await t.rejects(schedules.run(name), refusal)
    t.throws(() => schedules.pause(name), refusal)
    t.throws(() => schedules.resume(name), refusal)
  }
  t.same(await schedules.list(), [])
})
