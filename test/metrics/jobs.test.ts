import t from 'tap'
import { FST_NETLIFY_QUEUE_UNAVAILABLE } from '../../lib/errors.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp } from '../helper.ts'
import { scrape } from './scrape.ts'

const metrics = { path: '/metrics' }
const background = { 'netlify/functions/work-background.mjs': 'export default async (request) => { if (request.url.endsWith("fail")) throw new Error("no") }' }

t.test('jobs show how long they waited, what was repeated, what failed, and what the queue holds', async (t) => {
  const app = await createApp(t, background, { metrics, background: { retryDelays: [0] } })
  await app.ready()
  const failed = new Promise<void>((resolve) => app.netlifyFunctions.on('job', ({ type }) => { if (type === 'failed') resolve() }))
  const succeeded = new Promise<void>((resolve) => app.netlifyFunctions.on('job', ({ type }) => { if (type === 'succeeded') resolve() }))
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/work-background?fail' })).statusCode, 202)
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/work-background' })).statusCode, 202)
  await Promise.all([failed, succeeded])
  const { series } = await scrape(app)
  t.equal(series.get('netlify_jobs_retried_total{function="work-background"}'), 1)
  t.equal(series.get('netlify_jobs_failed_total{function="work-background"}'), 1)
  t.equal(series.get('netlify_queue_wait_seconds_count{function="work-background"}'), 3)
  t.equal(series.get('netlify_invocations_total{function="work-background",trigger="background",status="ok"}'), 1)
  t.equal(series.get('netlify_invocations_total{function="work-background",trigger="background",status="error"}'), 2)
  t.equal(series.get('netlify_queue_jobs{state="failed"}'), 1)
  t.equal(series.get('netlify_queue_jobs{state="succeeded"}'), 1)
  t.equal(series.get('netlify_queue_unanswered_total'), 0)
})

t.test('a queue that does not answer leaves its sample out, and a call that it does not store is dropped', async (t) => {
  const queue = memoryQueue()
  const app = await createApp(t, background, {
    metrics,
    queue: {
      ...queue,
      enqueue: async () => { throw new FST_NETLIFY_QUEUE_UNAVAILABLE('it is full') },
      stats: async () => { throw new FST_NETLIFY_QUEUE_UNAVAILABLE('it is away') }
    }
  })
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/work-background' })).statusCode, 503)
  const { text, series } = await scrape(app)
  t.notMatch(text, /netlify_queue_jobs\{/)
  t.equal(series.get('netlify_dropped_total{reason="queue"}'), 1)
  t.equal((await scrape(app)).series.get('netlify_queue_unanswered_total'), 2)
})

t.test('a queue that is silent holds up one scrape, and is asked once', async (t) => {
  let asked = 0
  const { promise: answer, resolve } = Promise.withResolvers<void>()
  const queue = memoryQueue()
  const app = await createApp(t, background, {
    metrics,
    queue: {
      ...queue,
      stats: async () => {
        // The first question is that of the boot, which lasts no scrape.
        if (asked++ > 0) await answer
        return await queue.stats()
      }
    }
  })
  const texts = await Promise.all([scrape(app), scrape(app), scrape(app)])
  t.equal(asked, 2)
  for (const { text } of texts) t.notMatch(text, /netlify_queue_jobs\{/)
  resolve()
})
