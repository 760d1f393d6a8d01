import { EventEmitter, once } from 'node:events'
import { get } from 'node:http'
import t, { type Test } from 'tap'
import type { InvocationRecord } from '../../lib/functions/invocation-record.ts'
import type { NetlifyFunctionsOptions } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp, listen } from '../helper.ts'

const files = {
  'netlify/functions/echo.mjs': 'export default async (request) => new Response("é" + await request.text(), { status: 201 })',
  'netlify/functions/refuses.mjs': 'export default () => new Response("no", { status: 503 })',
  'netlify/functions/throws.mjs': 'export default () => { throw new Error("broken") }',
  'netlify/functions/slow.mjs': 'export default () => new Promise(() => {})\nexport const config = { timeout: 0.05 }',
  'netlify/functions/breaks.mjs': `
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        if (!this.begun) return controller.enqueue((this.begun = 'first'))
        await new Promise((resolve) => setTimeout(resolve, 50))
        controller.error(new Error('broken'))
      }
    }, { highWaterMark: 0 }))`,
  'netlify/functions/endless.mjs': `
    export default () => new Response(new ReadableStream({ start: (controller) => controller.enqueue('first') }))`,
  'netlify/functions/job-background.mjs': 'export default async (request) => { if (await request.text() === "fail") throw new Error("broken") }',
  'netlify/functions/nightly.mjs': 'export default () => {}\nexport const config = { schedule: "@daily" }',
  'netlify/functions/deploy-succeeded.mjs': 'export const handler = async () => ({ statusCode: 200 })'
}

for (const isolation of ['inline', 'thread'] as const) {
  t.test(`an invocation ends in one record, ${isolation}`, async (t) => {
    const { app, origin, records } = await start(t, { isolation, deploy: { id: 'd1' } })

    t.equal((await fetch(`${origin}/.netlify/functions/echo?secret=1`, { method: 'POST', body: 'pie' })).status, 201)
    t.match(await records.next(), {
      function: 'echo', trigger: 'http', outcome: 'succeeded', status: 201, error: undefined, job: undefined, requestId: /^[0-9A-Z]{26}$/, bytesIn: 3, bytesOut: 5, isolation, deployId: 'd1', method: 'POST', path: '/.netlify/functions/echo'
    })
    await fetch(`${origin}/.netlify/functions/refuses`)
    t.match(await records.next(), { function: 'refuses', outcome: 'succeeded', status: 503, bytesOut: 2 }, 'what a function answers is its own affair')
    await fetch(`${origin}/.netlify/functions/throws`)
    t.match(await records.next(), { function: 'throws', outcome: 'failed', status: 500, error: { code: 'FST_NETLIFY_FUNCTION_FAILED' }, bytesOut: 0 })
    await fetch(`${origin}/.netlify/functions/slow`)
    const slow = await records.next()
    t.ok(slow.duration >= 49 && slow.startedAt <= Date.now() - 49, 'it has its time')
    t.match(slow, { function: 'slow', outcome: 'failed', status: 504, error: { code: 'FST_NETLIFY_TIMEOUT' } })
    await t.rejects((await fetch(`${origin}/.netlify/functions/breaks`)).text())
    t.match(await records.next(), { function: 'breaks', outcome: 'failed', status: 200, error: { code: 'FST_NETLIFY_FUNCTION_FAILED' }, bytesOut: 5 }, 'a broken stream')

    const request = get(`${origin}/.netlify/functions/endless`)
    const [response] = await once(request, 'response')
    await once(response, 'data')
    request.destroy()
    t.match(await records.next(), { function: 'endless', outcome: 'cancelled', status: 200, bytesOut: 5 }, 'a client that leaves')

    const impatient = get(`${origin}/.netlify/functions/slow`).on('error', () => {})
    await once(impatient, 'socket')
    impatient.socket?.once('connect', () => impatient.flushHeaders())
    await once(app.server, 'request')
    impatient.destroy()
    t.match(await records.next(), { function: 'slow', outcome: 'cancelled' }, 'a client that leaves before the time is up')

    await (await app.netlifyFunctions.invoke('echo', new Request('http://localhost/a', { method: 'PUT', body: 'tart' }))).text()
    t.match(await records.next(), { function: 'echo', trigger: 'invoke', status: 201, bytesIn: 4, bytesOut: 6, method: 'PUT', path: '/a' })
    await app.netlifyFunctions.invoke('nightly')
    t.match(await records.next(), { function: 'nightly', trigger: 'schedule', status: 204 })
    await app.netlifyFunctions.emit('deploySucceeded', { payload: { id: 'd1', state: 'ready', created_at: '2026-01-01' }, site: { id: 's1', name: 'bakery' } })
    t.match(await records.next(), { function: 'deploy-succeeded', trigger: 'event', outcome: 'succeeded' })
    t.equal(records.left, 0)
  })

  t.test(`each attempt of a job is an invocation, ${isolation}`, async (t) => {
    const { app, origin, records } = await start(t, { isolation, deploy: { id: 'd1' }, background: { retryDelays: [0] } })
    await app.ready()
    const response = await fetch(`${origin}/.netlify/functions/job-background`, { method: 'POST', body: 'fail' })
    const first = await records.next()
    const [job] = await app.netlifyFunctions.jobs.list()
    t.match(first, {
      function: 'job-background', trigger: 'background', outcome: 'failed', status: undefined, requestId: response.headers.get('x-nf-request-id'), job: { id: job?.id, attempt: 1 }, bytesIn: 4, isolation, deployId: 'd1'
    })
    t.match(await records.next(), { job: { id: job?.id, attempt: 2 }, requestId: first.requestId, outcome: 'failed' })
    await fetch(`${origin}/.netlify/functions/job-background`, { method: 'POST' })
    t.match(await records.next(), { function: 'job-background', outcome: 'succeeded', error: undefined, job: { attempt: 1 } })
  })
}

t.test('a listener that throws harms nobody, and one that has gone hears nothing', async (t) => {
  const { app, origin, records } = await start(t, {})
  const listener = (): never => { throw new Error('listener') }
  app.netlifyFunctions.on('invocation', listener)
  t.equal((await fetch(`${origin}/.netlify/functions/echo`)).status, 201)
  await records.next()
  app.netlifyFunctions.off('invocation', listener)
  app.netlifyFunctions.off('invocation', records.listener)
  await fetch(`${origin}/.netlify/functions/echo`)
  t.equal(records.left, 0)
})

/** An app whose records can be waited for. */
async function start (t: Test, options: NetlifyFunctionsOptions) {
  const app = await createApp(t, files, { queue: memoryQueue(), ...options })
  const origin = await listen(app)
  const emitter = new EventEmitter()
  const queued: InvocationRecord[] = []
  const listener = (record: InvocationRecord): void => {
    queued.push(record)
    emitter.emit('record')
  }
  app.netlifyFunctions.on('invocation', listener)
  return {
    app,
    origin,
    records: {
      listener,
      get left () { return queued.length },
      async next (): Promise<InvocationRecord> {
        while (queued.length === 0) await once(emitter, 'record')
        return queued.shift() as InvocationRecord
      }
    }
  }
}
