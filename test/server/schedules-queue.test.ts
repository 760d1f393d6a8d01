import { EventEmitter, once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createSite, isolation, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { schedulesQueueProbe: probe })
t.beforeEach(() => { probe.removeAllListeners() })

const nightly = `
  export default async (request) => { globalThis.schedulesQueueProbe.emit('run', await request.json()) }
  export const config = { schedule: '@daily' }`
const files = { 'netlify/functions/nightly.mjs': nightly, 'netlify/functions/weekly.mjs': nightly.replace('@daily', '@weekly') }

async function startSite (t: Test, root: string, options: NetlifyFunctionsOptions = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation, ...options })
  return app
}

t.test('a run that was queued now survives the process that has queued it', async (t) => {
  const root = await createSite(t, files)
  const first = await startSite(t, root)
  await first.ready()
  first.netlifyFunctions.jobs.pause()
  const id = await first.netlifyFunctions.schedules.run('nightly')
  await first.close()

  const run = once(probe, 'run')
  const second = await startSite(t, root)
  const succeeded = new Promise<void>((resolve) => second.netlifyFunctions.on('job', ({ type }) => { if (type === 'succeeded') resolve() }))
  await listen(second)
  t.match(await run, [{ next_run: /T00:00:00\.000Z$/ }])
  await succeeded
  t.match(await second.netlifyFunctions.schedules.list(), [{ lastRun: { state: 'succeeded', job: id } }, { lastRun: undefined }])
})

t.test('with `schedule: false` functions run by hand only, and the queue is opened for the first one', async (t) => {
  const root = await createSite(t, files)
  const app = await startSite(t, root, { schedule: false })
  await listen(app)
  const { schedules } = app.netlifyFunctions
  t.match(await schedules.list(), [{ active: false, nextRuns: { length: 5 } }, { active: false }])
  const file = join(root, '.netlify', 'background.sqlite')
  t.notOk(existsSync(file))
  const seen: unknown[] = []
  const both = new Promise<void>((resolve) => app.netlifyFunctions.on('job', ({ type, job }) => {
    if (type === 'succeeded' && seen.push(job.id) === 2) resolve()
  }))
  const ids = await Promise.all([schedules.run('nightly'), schedules.run('weekly')])
  t.ok(existsSync(file))
  await both
  t.same(new Set(seen), new Set(ids))
  t.match(await schedules.list(), [{ active: false, lastRun: { state: 'succeeded' } }, { lastRun: { state: 'succeeded' } }])
})

t.test('once the server has closed, a run opens nothing', async (t) => {
  const root = await createSite(t, files)
  const app = await startSite(t, root, { schedule: false })
  await app.ready()
  await app.close()
  await t.rejects(app.netlifyFunctions.schedules.run('nightly'), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' })
  t.notOk(existsSync(join(root, '.netlify', 'background.sqlite')))
})

t.test('processes that share a queue see each other\'s runs', async (t) => {
  const root = await createSite(t, files)
  const queue = (): NetlifyFunctionsOptions => ({ queue: sqliteQueue({ file: join(root, 'shared.sqlite') }) })
  const [first, second] = await Promise.all([startSite(t, root, queue()), startSite(t, root, queue())])
  first.netlifyFunctions.jobs.pause()
  second.netlifyFunctions.jobs.pause()
  const id = await first.netlifyFunctions.schedules.run('nightly')
  t.equal(await second.netlifyFunctions.schedules.run('nightly'), id)
  first.netlifyFunctions.schedules.pause('nightly')
  t.match(await first.netlifyFunctions.schedules.list(), [{ paused: true, lastRun: { job: id, state: 'waiting' } }, {}])
  t.match(await second.netlifyFunctions.schedules.list(), [{ paused: false, lastRun: { job: id, state: 'waiting' } }, {}])
})
