import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

t.test('functions lists each with routes, kind, file, state and error', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/hello.mts': 'export default () => new Response("hi")',
    'netlify/functions/placed.mjs': 'export default () => new Response("hi"); export const config = { path: ["/a", "/b/:id"] }',
    'netlify/functions/mail-background.mjs': 'export default () => {}',
    'netlify/functions/lambda/lambda.cjs': 'exports.handler = async () => ({ statusCode: 200 })',
    'netlify/functions/broken.mjs': 'export default () => {',
    'netlify/functions/helper.mjs': 'export const helper = 1'
  })
  const app = Fastify({ logger: captureLog().logger })
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  t.match(app.netlifyFunctions.functions, [
    { name: 'broken', state: 'failed', kind: undefined, file: join(root, 'netlify/functions/broken.mjs'), error: { code: 'FST_NETLIFY_BUILD_FAILED' } },
    { name: 'hello', state: 'ready', kind: 'request', routes: ['/.netlify/functions/hello'], file: join(root, 'netlify/functions/hello.mts'), error: undefined },
    { name: 'lambda', state: 'ready', kind: 'request', routes: ['/.netlify/functions/lambda'], file: join(root, 'netlify/functions/lambda/lambda.cjs') },
    { name: 'mail-background', state: 'ready', kind: 'background' },
    { name: 'placed', state: 'ready', kind: 'request', routes: ['/a', '/b/:id'] }
  ])
})

t.test('invoke() runs a function without HTTP', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/echo.mjs': `
      export default async (request, context) => Response.json(
        [request.method, request.url, request.headers.get('x-one'), await request.text(), context.requestId.length],
        { status: 201, headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] }
      )`,
    'netlify/functions/lambda.mjs': 'export const handler = async ({ body }) => ({ statusCode: 202, body })',
    'netlify/functions/nothing.mjs': 'export default () => {}',
    'netlify/functions/stream.mjs': 'export default () => new Response(ReadableStream.from(["one ", "two"]))'
  })
  const response = await app.netlifyFunctions.invoke('echo', new Request('https://example.com/x?y', { method: 'POST', body: 'the body', headers: { 'x-one': '1' } }))
  t.equal(response.status, 201)
  t.same(response.headers.getSetCookie(), ['a=1', 'b=2'])
  t.same(await response.json(), ['POST', 'https://example.com/x?y', '1', 'the body', 26])

  const plain = await app.netlifyFunctions.invoke('echo')
  t.same(await plain.json(), ['GET', 'http://localhost/.netlify/functions/echo', null, '', 26])
  const lambda = await app.netlifyFunctions.invoke('lambda', new Request('http://h/', { method: 'POST', body: 'hi', headers: { 'content-type': 'text/plain' } }))
  t.same([lambda.status, await lambda.text()], [202, 'hi'])
  t.equal((await app.netlifyFunctions.invoke('nothing')).status, 204)
  t.equal(await (await app.netlifyFunctions.invoke('stream')).text(), 'one two')
})

t.test('invoke() of a background function queues it', async (t) => {
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': 'export default async (request) => { probe.emit("mail", request.url, await request.text()) }' })
  await app.ready()
  const mail = once(probe, 'mail')
  const response = await app.netlifyFunctions.invoke('mail-background', new Request('http://h/mail', { method: 'POST', body: 'hi' }))
  t.same([response.status, await response.text()], [202, ''])
  t.same(await mail, ['http://h/mail', 'hi'])
})

t.test('invoke() rejects with what went wrong', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/throws.mjs': 'export default () => { throw new Error("boom") }',
    'netlify/functions/wrong.mjs': 'export default () => 42',
    'netlify/functions/slow.mjs': 'export default () => new Promise(() => {})',
    'netlify/functions/broken.mjs': 'export default () => {'
  }, { limits: { timeout: 50 } }, { logger: captureLog().logger })
  const { invoke } = app.netlifyFunctions
  await t.rejects(invoke('nobody'), { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND', statusCode: 404 })
  await t.rejects(invoke('throws'), { code: 'FST_NETLIFY_FUNCTION_FAILED', message: /boom/ })
  await t.rejects(invoke('wrong'), { code: 'FST_NETLIFY_INVALID_RETURN_VALUE' })
  await t.rejects(invoke('slow'), { code: 'FST_NETLIFY_TIMEOUT' })
  await t.rejects(invoke('broken'), { code: 'FST_NETLIFY_BUILD_FAILED' })
})

t.test('the signal of an invoked request reaches the function', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/waiting.mjs': `
      export default async ({ signal }) => {
        if (!signal.aborted) await new Promise((resolve) => { signal.addEventListener('abort', resolve); probe.emit('waiting') })
        return new Response(String(signal.reason.message))
      }`
  })
  const controller = new AbortController()
  const waiting = once(probe, 'waiting')
  const response = app.netlifyFunctions.invoke('waiting', new Request('http://h/', { signal: controller.signal }))
  await waiting
  controller.abort(new Error('enough'))
  t.equal(await (await response).text(), 'enough')
  const late = await app.netlifyFunctions.invoke('waiting', new Request('http://h/', { signal: AbortSignal.abort(new Error('too late')) }))
  t.equal(await late.text(), 'too late')
})

t.test('jobs can be listed, looked up, cancelled and retried', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/held-background.mjs': `
      export default async () => {
        const finish = new Promise((resolve, reject) => probe.once('finish', (error) => error ? reject(error) : resolve()))
        probe.emit('running')
        await finish
      }`
  }, { background: { concurrency: 1, retryDelays: [] } })
  await app.ready()
  const { jobs } = app.netlifyFunctions
  const ends: string[] = []
  const nextEnd = async (): Promise<string> => await new Promise((resolve) => probe.once('end', resolve))
  app.netlifyFunctions.on('job', ({ type }) => {
    if (type === 'queued' || type === 'started') return
    ends.push(type)
    probe.emit('end', type)
  })

  let running = once(probe, 'running')
  for (let job = 0; job < 2; job++) await app.inject('/.netlify/functions/held-background')
  await running
  const [waiting, active] = await jobs.list()
  t.match([waiting?.state, active?.state], ['waiting', 'running'])
  t.same(await jobs.get(waiting!.id), waiting)
  t.equal(await jobs.get('no-such-id'), undefined)
  t.same((await jobs.list({ state: 'running' })).map(({ id }) => id), [active?.id])
  t.same(await jobs.list({ function: 'other' }), [])

  await jobs.cancel(waiting!.id)
  t.match(await jobs.get(waiting!.id), { state: 'cancelled' })
  await t.rejects(jobs.cancel(active!.id), { code: 'FST_NETLIFY_JOB_NOT_CHANGED', statusCode: 409, message: `Job "${active!.id}" was not changed: it cannot cancel while it is running` })
  await t.rejects(jobs.retry(active!.id), { code: 'FST_NETLIFY_JOB_NOT_CHANGED' })
  await t.rejects(jobs.cancel('no-such-id'), { code: 'FST_NETLIFY_JOB_NOT_CHANGED', message: /there is no such job/ })
  await t.rejects(jobs.retry('no-such-id'), { code: 'FST_NETLIFY_JOB_NOT_CHANGED', message: /there is no such job/ })

  let end = nextEnd()
  probe.emit('finish', new Error('boom'))
  t.equal(await end, 'failed')
  t.match(await jobs.stats(), { waiting: 0, running: 0, succeeded: 0, failed: 1, cancelled: 1 })

  running = once(probe, 'running')
  await jobs.retry(active!.id)
  await running
  end = nextEnd()
  probe.emit('finish')
  t.equal(await end, 'succeeded')
  t.match(await jobs.get(active!.id), { state: 'succeeded', attempt: 1 })
  t.same(ends, ['failed', 'succeeded'])
})

t.test('a listener that throws, or that is taken off, disturbs no job', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/quick-background.mjs': 'export default () => {}' }, {}, { logger: log.logger })
  await app.ready()
  let calls = 0
  const counting = (): void => { calls++ }
  app.netlifyFunctions.on('job', counting)
  app.netlifyFunctions.off('job', counting)
  const succeeded = new Promise<void>((resolve) => {
    app.netlifyFunctions.on('job', ({ type }) => {
      if (type === 'succeeded') resolve()
      throw new Error('the listener failed')
    })
  })
  await app.inject('/.netlify/functions/quick-background')
  await succeeded
  t.equal(calls, 0)
  t.match(await app.netlifyFunctions.jobs.stats(), { succeeded: 1 })
  await log.line(({ err }) => err?.message === 'the listener failed')
})
