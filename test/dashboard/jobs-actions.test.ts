import t, { type Test } from 'tap'
import { createJobsActions, RETRIED_AT_ONCE } from '../../lib/dashboard/jobs-actions.ts'
import type { NetlifyFunctions } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp } from '../helper.ts'

interface Bench {
  readonly jobs: NetlifyFunctions['jobs']
  /** Jobs of "mail-background" that have failed. */
  fail (count: number): Promise<void>
  press (path: string, fields: Record<string, string>): Promise<{ to: string, notice: string }>
}

async function createBench (t: Test): Promise<Bench> {
  const queue = memoryQueue({ maxFinished: 10_000 })
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': 'export default () => {}' }, { queue })
  const { jobs } = app.netlifyFunctions
  const actions = createJobsActions(app.netlifyFunctions)
  let number = 0
  return {
    jobs,
    async fail (count) {
      const call = { function: 'mail-background', deployId: '', requestId: '', ip: '', params: {}, route: undefined }
      for (let rest = count; rest > 0; rest--) await queue.enqueue({ ...call, id: String(++number), request: { method: 'POST', url: 'http://localhost/', headers: {}, body: null } })
      const claims = await queue.claim({ limit: count, leaseDuration: 60_000, signal: AbortSignal.timeout(5_000) })
      for (const claim of claims) await queue.settle(claim, { outcome: 'failed', error: 'Error: boom' })
    },
    press: async (path, fields) => await actions.find((action) => action.path === path)!.run(fields, {})
  }
}

t.test('a job is queued again or cancelled, and the browser returns to where the button was', async (t) => {
  const { jobs, fail, press } = await createBench(t)
  await fail(1)
  t.same(await press('/jobs/retry', { id: '1', view: 'state=failed&page=2' }), { to: '/jobs?state=failed&page=2', notice: 'Job 1 is queued again, with all attempts.' })
  t.match(await jobs.get('1'), { state: 'waiting', attempt: 0 })
  t.same(await press('/jobs/cancel', { id: '1', from: 'job' }), { to: '/jobs/1', notice: 'Job 1 is cancelled.' })
  t.match(await jobs.get('1'), { state: 'cancelled' })
  await t.rejects(press('/jobs/cancel', { id: '1' }), { code: 'FST_NETLIFY_JOB_NOT_CHANGED', message: /it cannot cancel while it is cancelled/ })
  await t.rejects(press('/jobs/retry', {}), { code: 'FST_NETLIFY_JOB_NOT_CHANGED' })
})

t.test('a form that names another place to return to returns to the jobs', async (t) => {
  const { fail, press } = await createBench(t)
  await fail(4)
  const places = { '//evil.example': '/jobs', 'state=evil': '/jobs', 'page=x': '/jobs', 'function=%0d%0ax': '/jobs?function=%0D%0Ax' }
  for (const [index, [view, to]] of Object.entries(places).entries()) {
    t.equal((await press('/jobs/retry', { id: String(index + 1), view })).to, to)
  }
})

t.test('all failed jobs of a function are queued again, so many at once', async (t) => {
  const { jobs, fail, press } = await createBench(t)
  t.equal((await press('/jobs/retry-failed', { function: 'mail-background' })).notice, '"mail-background" has no failed jobs.')
  await fail(1)
  t.equal((await press('/jobs/retry-failed', { function: 'mail-background' })).notice, '1 failed job of "mail-background" is queued again.')
  await jobs.cancel('1')
  await fail(RETRIED_AT_ONCE + 5)
  t.match((await press('/jobs/retry-failed', { function: 'mail-background' })).notice, /^1000 failed jobs of "mail-background" are queued again\. There may be more/)
  t.match(await jobs.stats(), { failed: 5, waiting: RETRIED_AT_ONCE })
  t.match((await press('/jobs/retry-failed', { function: 'mail-background' })).notice, /^5 failed jobs/)
  t.equal((await press('/jobs/retry-failed', {})).notice, '"" has no failed jobs.')
})

t.test('jobs are paused and resumed, of one function and of all', async (t) => {
  const { jobs, press } = await createBench(t)
  t.match((await press('/jobs/pause', { function: 'mail-background' })).notice, /No job of "mail-background" begins in this process/)
  t.same(jobs.paused, { all: false, functions: ['mail-background'] })
  t.match((await press('/jobs/resume', { function: 'mail-background' })).notice, /Jobs of "mail-background" begin again/)
  t.match((await press('/jobs/pause', {})).notice, /No job begins in this process/)
  t.same(jobs.paused, { all: true, functions: [] })
  await press('/jobs/resume', { function: '' })
  t.same(jobs.paused, { all: false, functions: [] })
  await t.rejects(press('/jobs/pause', { function: 'nobody' }), { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND' })
})
