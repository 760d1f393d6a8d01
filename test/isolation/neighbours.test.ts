import { once } from 'node:events'
import * as http from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { captureLog, createApp, createSite, listen } from '../helper.ts'

const BY_NAME = '/.netlify/functions/'
const IN_ONE_THREAD = { request: 'thread', threads: 1, memory: 256 } as const
const LIMITS = { timeout: 30_000, backgroundTimeout: 30_000 }

/** Ends its thread once it is told to, so that the others are under way for certain. */
const exiting = 'export default async (request, { log }) => { log("waiting to exit"); await new Promise((resolve) => setTimeout(resolve, 100)); process.exit(1) }'
const exitingFile = { 'netlify/functions/exiting.mjs': exiting }

t.setTimeout(120_000)

t.test('a request that may be repeated runs again once, any other gets 503 with Retry-After', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    ...exitingFile,
    'netlify/functions/working.mjs': 'export default async (request, { log }) => { log("working"); await new Promise((resolve) => setTimeout(resolve, 1000)); return new Response(await request.text()) }'
  }, { isolation: IN_ONE_THREAD, limits: LIMITS }, { logger: log.logger })
  const origin = await listen(app)
  const put = fetch(`${origin}${BY_NAME}working`, { method: 'PUT', body: 'put' })
  const post = fetch(`${origin}${BY_NAME}working`, { method: 'POST', body: 'post' })
  await log.line(() => log.lines.filter(({ msg }) => msg === 'working').length === 2)
  const guilty = fetch(`${origin}${BY_NAME}exiting`)
  t.match(await (await guilty).json(), { statusCode: 500, code: 'FST_NETLIFY_THREAD_ENDED' })
  const lost = await post
  t.equal(lost.headers.get('retry-after'), '1')
  t.match(await lost.json(), { statusCode: 503, code: 'FST_NETLIFY_THREAD_LOST' })
  t.equal(await (await put).text(), 'put')
  t.equal(log.lines.filter(({ msg }) => msg === 'working').length, 3, 'once more')
})

t.test('a reply that streams is broken off, never ended', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    ...exitingFile,
    'netlify/functions/streaming.mjs': 'export default () => new Response(new ReadableStream({ start (controller) { controller.enqueue("some") } }))'
  }, { isolation: IN_ONE_THREAD, limits: LIMITS }, { logger: log.logger })
  const origin = await listen(app)
  const [response] = await once(http.get(`${origin}${BY_NAME}streaming`), 'response') as [http.IncomingMessage]
  await once(response, 'data')
  const over = new Promise((resolve) => response.resume().on('error', resolve).on('end', resolve))
  await fetch(`${origin}${BY_NAME}exiting`)
  t.match(await over, { code: 'ECONNRESET' })
  t.notOk(response.complete)
})

t.test('a background job runs again at once, without an attempt of its own', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/exiting-background.mjs': exiting,
    'netlify/functions/working-background.mjs': 'export default async (request, { log }) => { log("working"); await new Promise((resolve) => setTimeout(resolve, 500)); log("worked") }'
  }, { isolation: { background: 'thread', threads: 1 }, limits: LIMITS, background: { retryDelays: [] } }, { logger: log.logger })
  await app.ready()
  const attempts: number[] = []
  const ended = new Promise<void>((resolve) => app.netlifyFunctions.on('job', ({ type, job }) => {
    if (job.function !== 'working-background') return
    if (type === 'started') attempts.push(job.attempt)
    if (type === 'succeeded') resolve()
  }))
  const failed = new Promise((resolve) => app.netlifyFunctions.on('job', (event) => { if (event.type === 'failed') resolve(event.error) }))
  await app.inject({ method: 'POST', url: `${BY_NAME}working-background` })
  await log.line(({ msg }) => msg === 'working')
  await app.inject({ method: 'POST', url: `${BY_NAME}exiting-background` })
  t.match(await failed, { code: 'FST_NETLIFY_THREAD_ENDED' })
  await ended
  t.same(attempts, [1])
  t.equal(log.lines.filter(({ msg }) => msg === 'working').length, 2)
  t.equal(log.lines.filter(({ msg }) => msg === 'worked').length, 1)
})

t.test('what a thread has not begun goes to another one while it is held', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/computing.mjs': 'export default () => { const end = Date.now() + 3000; while (Date.now() < end); return new Response("computed") }',
    'netlify/functions/posted.mjs': 'export default async (request) => new Response(await request.text())'
  }, { isolation: IN_ONE_THREAD, limits: LIMITS }, { logger: log.logger })
  const origin = await listen(app)
  const order: string[] = []
  const call = async (name: string): Promise<void> => {
    const reply = await fetch(`${origin}${BY_NAME}${name}`, { method: 'POST', body: 'posted' })
    order.push(await reply.text())
  }
  await Promise.all([call('computing'), call('posted'), call('posted')])
  t.same(order, ['posted', 'posted', 'computed'])
})

t.test('a request that may be repeated does not wait for a thread that another call holds, any other does', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/computing.mjs': 'export default () => { const end = Date.now() + 4000; while (Date.now() < end); return new Response("computed") }',
    'netlify/functions/waiting.mjs': 'export default async (request, { log }) => { log("begun"); await new Promise((resolve) => setTimeout(resolve, 300)); return new Response(request.method) }'
  }, { isolation: IN_ONE_THREAD, limits: LIMITS }, { logger: log.logger })
  const origin = await listen(app)
  const order: string[] = []
  const call = async (name: string, method: string): Promise<void> => {
    order.push(await (await fetch(`${origin}${BY_NAME}${name}`, { method })).text())
  }
  const waiting = [call('waiting', 'GET'), call('waiting', 'POST')]
  await log.line(() => log.lines.filter(({ msg }) => msg === 'begun').length === 2)
  await Promise.all([call('computing', 'GET'), ...waiting])
  t.equal(order[0], 'GET')
  t.same(order.slice(1).sort(), ['POST', 'computed'])
  t.equal(log.lines.filter(({ msg }) => msg === 'begun').length, 3)
})

t.test('a function that keeps ending threads is held back for a growing pause', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/exiting.mjs': 'export default () => { process.exit(1) }',
    'netlify/functions/hello.mjs': 'export default () => new Response("hello")'
  }, { isolation: IN_ONE_THREAD, limits: LIMITS }, { logger: log.logger })
  const codes: string[] = []
  for (let call = 0; call < 3; call++) codes.push((await app.inject(`${BY_NAME}exiting`)).json().code)
  t.same(codes, ['FST_NETLIFY_THREAD_ENDED', 'FST_NETLIFY_THREAD_ENDED', 'FST_NETLIFY_HELD_BACK'])
  const held = await app.inject(`${BY_NAME}exiting`)
  t.match(held, { statusCode: 503, headers: { 'retry-after': '1' } })
  t.match(log.lines.find(({ msg }) => msg.includes('it is held back for 1 s')), { function: 'exiting' })
  t.equal((await app.inject(`${BY_NAME}hello`)).body, 'hello')
})

t.test('jobs of a function that is held back wait until it may run again', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/exiting-background.mjs': `
      import { appendFileSync, readFileSync } from 'node:fs'
      export default () => {
        const file = process.env.RUNS_FILE
        appendFileSync(file, 'x')
        if (readFileSync(file, 'utf8').length < 3) process.exit(1)
      }`
  }, { isolation: { ...IN_ONE_THREAD, background: 'thread' }, limits: LIMITS, background: { retryDelays: [0, 0] }, env: { RUNS_FILE: join(await createSite(t, {}), 'runs') } }, { logger: log.logger })
  await app.ready()
  const attempt = new Promise<number>((resolve) => app.netlifyFunctions.on('job', ({ type, job }) => { if (type === 'succeeded') resolve(job.attempt) }))
  await app.inject({ method: 'POST', url: `${BY_NAME}exiting-background` })
  await log.line(({ msg }) => msg.includes('it is held back'))
  const begun = performance.now()
  t.equal(await attempt, 3)
  // Of the second that it is held back for; the line may be heard late.
  t.ok(performance.now() - begun > 400)
})

t.test('whoever holds a thread is found also if somebody else held it when it was looked at first', async (t) => {
  const log = captureLog()
  const busy = 'const until = performance.now() + 1500; while (performance.now() < until);'
  const app = await createApp(t, {
    'netlify/functions/first.mjs': `export default async (request, { log }) => {
      globalThis.gate = new Promise((resolve) => setTimeout(() => { ${busy} resolve() }, 300))
      log('begun')
      return new Promise((resolve) => setTimeout(resolve, 20_000, new Response()))
    }`,
    'netlify/functions/second.mjs': `export default async () => {
      await globalThis.gate
      for (;;);
    }
    export const config = { timeout: 0.5 }`
  }, { isolation: IN_ONE_THREAD, limits: { timeout: 8_000 } }, { logger: log.logger })
  const origin = await listen(app)
  const post = async (name: string): Promise<unknown> => await (await fetch(`${origin}${BY_NAME}${name}`, { method: 'POST', body: name })).json()
  const first = post('first')
  await log.line(({ msg }) => msg === 'begun')
  t.match(await post('second'), { code: 'FST_NETLIFY_TIMEOUT' })
  t.match(await first, { code: 'FST_NETLIFY_THREAD_LOST' }, 'not its own time limit')
  t.match(await log.line(({ msg }) => msg.includes('ended its thread')), { function: 'second' })
})
