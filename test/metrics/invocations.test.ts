import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { createApp, listen } from '../helper.ts'
import { promtool, promtoolMissing, scrape } from './scrape.ts'

const metrics = { path: '/metrics' }

t.test('a scrape tells of every invocation by function, trigger and status', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/status.mjs': 'export default async (request) => new Response("x", { status: Number(new URL(request.url).searchParams.get("s")) })',
    'netlify/functions/throws.mjs': 'export default async () => { throw new Error("no") }',
    'netlify/functions/daily.mjs': 'export default async () => {}\nexport const config = { schedule: "@daily" }'
  }, { metrics })
  for (const status of [200, 201, 302, 404, 503]) await app.inject(`/.netlify/functions/status?s=${status}`)
  await app.inject('/.netlify/functions/throws')
  await app.netlifyFunctions.invoke('status', new Request('http://localhost/?s=201'))
  await app.netlifyFunctions.invoke('daily')

  const { text, series } = await scrape(app)
  await t.test('and promtool reads it', { skip: promtoolMissing() }, async (t) => { t.equal(promtool(['check', 'metrics'], text), '') })
  const total = (labels: string): number | undefined => series.get(`netlify_invocations_total{${labels}}`)
  t.equal(total('function="status",trigger="http",status="2xx"'), 2)
  t.equal(total('function="status",trigger="http",status="3xx"'), 1)
  t.equal(total('function="status",trigger="http",status="4xx"'), 1)
  t.equal(total('function="status",trigger="http",status="5xx"'), 1)
  t.equal(total('function="throws",trigger="http",status="5xx"'), 1)
  t.equal(total('function="status",trigger="invoke",status="2xx"'), 1)
  t.equal(series.get('netlify_invocation_duration_seconds_count{function="status",trigger="http"}'), 5)
  t.equal(series.get('netlify_invocation_duration_seconds_bucket{function="status",trigger="http",le="+Inf"}'), 5)
  t.ok(series.get('netlify_invocation_duration_seconds_sum{function="status",trigger="http"}')! > 0)
  t.equal(series.get('netlify_invocations_running{function="status"}'), 0)
  t.equal(series.get('netlify_functions{state="ready"}'), 3)
  t.equal(series.get('netlify_builds_total{outcome="served"}'), 1)
  t.equal(series.get('netlify_build_duration_seconds_count'), 1)
})

t.test('a client that leaves, and a reply that breaks off, have words of their own', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/breaks.mjs': `export default async () => new Response(new ReadableStream({
      start (controller) { controller.enqueue(new TextEncoder().encode('x')) },
      async pull (controller) { await new Promise((resolve) => setTimeout(resolve, 5)); controller.error(new Error('broken')) }
    }))`,
    'netlify/functions/waits.mjs': 'export default async (request) => { await new Promise((resolve) => request.signal.addEventListener("abort", resolve)); return new Response("late") }'
  }, { metrics })
  const origin = await listen(app)
  await t.rejects(fetch(`${origin}/.netlify/functions/breaks`).then(async (response) => await response.text()))

  const call = request(`${origin}/.netlify/functions/waits`).on('error', () => {})
  const reached = once(app.server, 'request')
  call.end()
  await reached
  while ((await scrape(app)).series.get('netlify_invocations_running{function="waits"}') !== 1);
  const over = new Promise<void>((resolve) => app.netlifyFunctions.on('invocation', ({ function: name }) => { if (name === 'waits') resolve() }))
  call.destroy()
  await over
  const { series } = await scrape(app)
  t.equal(series.get('netlify_invocations_total{function="breaks",trigger="http",status="broken"}'), 1)
  t.equal(series.get('netlify_invocations_total{function="waits",trigger="http",status="cancelled"}'), 1)
  t.equal(series.get('netlify_invocations_running{function="waits"}'), 0)
})

t.test('names that no function has make no series', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mjs': 'export default async () => new Response("x")' }, { metrics })
  await app.inject('/.netlify/functions/x')
  const before = await scrape(app)
  for (let number = 0; number < 1000; number++) {
    await app.inject({ method: 'GET', url: `/.netlify/functions/unknown${number}?${number}` })
    await app.netlifyFunctions.invoke(`unknown${number}`).catch(() => {})
  }
  const after = await scrape(app)
  t.same([...after.series.keys()], [...before.series.keys()])
  t.notMatch(after.text, /unknown/)
})

t.test('calls that may not run are counted as dropped', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/waits.mjs': 'export default async () => await new Promise((resolve) => { globalThis.endWaiting = () => resolve(new Response("x")) })'
  }, { metrics, limits: { concurrency: 1 }, isolation: 'inline' })
  const first = app.inject('/.netlify/functions/waits').then((reply) => reply)
  while ((await scrape(app)).series.get('netlify_invocations_running{function="waits"}') !== 1);
  t.equal((await app.inject('/.netlify/functions/waits')).statusCode, 503)
  ;(globalThis as { endWaiting?: () => void }).endWaiting?.()
  t.equal((await first).statusCode, 200)
  t.equal((await scrape(app)).series.get('netlify_dropped_total{reason="concurrency"}'), 1)
})
