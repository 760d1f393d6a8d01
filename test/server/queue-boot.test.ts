import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { FST_NETLIFY_QUEUE_BROKEN, FST_NETLIFY_QUEUE_UNAVAILABLE } from '../../lib/errors.ts'
import { netlifyFunctions, type NetlifyFunctionsOptions, type QueueDriver } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { captureLog, createApp, createSite, listen } from '../helper.ts'

const background = { 'netlify/functions/job-background.mjs': 'export default () => {}' }

async function filesOf (root: string): Promise<string[]> {
  return (await readdir(join(root, '.netlify'))).filter((file) => file.endsWith('.sqlite')).sort()
}

async function start (t: Test, root: string, options: NetlifyFunctionsOptions = {}, log = captureLog()): Promise<FastifyInstance> {
  const app = Fastify({ logger: log.logger })
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, ...options })
  return app
}

for (const [title, files] of Object.entries({
  'a background function': background,
  'an event that is handled in the background': { 'netlify/functions/deploys.mjs': 'export default { deploySucceeded () {} }\nexport const config = { background: true }' },
  'a scheduled function': { 'netlify/functions/nightly.mjs': 'export default () => {}\nexport const config = { schedule: "@daily" }' }
})) {
  t.test(`a site with ${title} has its queue on disk`, async (t) => {
    const root = await createSite(t, files)
    const app = await start(t, root)
    t.ok(app.netlifyFunctions.functions.every(({ state }) => state === 'ready'))
    t.same(await filesOf(root), ['background.sqlite'])
  })
}

t.test('a site without any opens nothing', async (t) => {
  const root = await createSite(t, { 'netlify/functions/hello.mjs': 'export default () => new Response("hi")', 'public/index.html': 'hi' })
  const app = await start(t, root)
  await app.ready()
  t.same(await app.netlifyFunctions.jobs.list(), [])
  t.same(await filesOf(root), [])
})

t.test('nor does one whose scheduled functions do not run, or one that has a queue of its own', async (t) => {
  const root = await createSite(t, { 'netlify/functions/nightly.mjs': 'export default () => {}\nexport const config = { schedule: "@daily" }' })
  await start(t, root, { schedule: false })
  await start(t, root, { queue: memoryQueue() })
  t.same(await filesOf(root), [])
})

t.test('sites of one scope have a file each, also with one root', async (t) => {
  const root = await createSite(t, background)
  const app = await start(t, root)
  await app.register(netlifyFunctions, { root, prefix: '/b', name: 'b/c' })
  t.same(await filesOf(root), ['background-b%2Fc.sqlite', 'background.sqlite'])
  await listen(app)
  const ran = new Promise<string>((resolve) => app.netlifyFunctions.site('b/c').on('job', ({ type, job }) => { if (type === 'succeeded') resolve(job.request.url) }))
  app.netlifyFunctions.on('job', () => t.fail('the other site has the job'))
  await app.inject('/b/.netlify/functions/job-background')
  t.equal(await ran, 'http://localhost:80/b/.netlify/functions/job-background')
})

t.test('apps with one root and different functions leave each other\'s jobs alone', async (t) => {
  const root = await createSite(t, {
    'one/one-background.mjs': 'export default () => {}',
    'two/two-background.mjs': 'export default () => {}'
  })
  const calls = 20
  const apps = await Promise.all(['one', 'two'].map((functions) => start(t, root, { functions })))
  t.same(await filesOf(root), ['background.sqlite'])
  const ended = apps.map((app) => new Promise<string[]>((resolve) => {
    const names: string[] = []
    app.netlifyFunctions.on('job', ({ type, job }) => {
      if (type === 'succeeded' && names.push(job.function) === calls) resolve(names)
    })
  }))
  await Promise.all(apps.map(listen))
  for (let call = 0; call < calls; call++) {
    // Each app accepts calls of its own functions only, and both take jobs from one file.
    for (const [index, name] of ['one-background', 'two-background'].entries()) await apps[index]!.netlifyFunctions.invoke(name)
  }
  for (const [index, name] of ['one-background', 'two-background'].entries()) t.same(await ended[index], Array(calls).fill(name))
  t.match(await apps[0]!.netlifyFunctions.jobs.stats(), { waiting: 0, failed: 0, succeeded: 2 * calls })
})

t.test('a place where no file can be written fails the boot, and says what to do', async (t) => {
  const root = await createSite(t, { ...background, '.netlify/background.sqlite/not-a-file': '' })
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => await app.register(netlifyFunctions, { root }), { code: 'FST_NETLIFY_QUEUE_BROKEN', message: /background\.sqlite.*memoryQueue\(\)/ })
})

t.test('any error but FST_NETLIFY_QUEUE_UNAVAILABLE fails the boot, and the queue is closed', async (t) => {
  const root = await createSite(t, background)
  for (const error of [new FST_NETLIFY_QUEUE_BROKEN('x', 'y', 'z'), new TypeError('a bug')]) {
    let isClosed = false
    const queue = { ...memoryQueue(), stats: async () => { throw error }, close: async () => { isClosed = true } }
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => await app.register(netlifyFunctions, { root, queue }), error)
    t.ok(isClosed)
  }
})

t.test('while the queue is unavailable, the server starts, and background calls get 503 until it is back', async (t) => {
  const root = await createSite(t, { ...background, 'netlify/functions/hello.mjs': 'export default () => new Response("hi")' })
  const log = captureLog()
  const memory = memoryQueue()
  let isUp = false
  const guard = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => async (...args: Args): Promise<Result> => {
    if (!isUp) throw new FST_NETLIFY_QUEUE_UNAVAILABLE('it is down')
    return await call(...args)
  }
  const queue: QueueDriver = { ...memory, stats: guard(memory.stats), enqueue: guard(memory.enqueue), claim: guard(memory.claim) }
  const app = await start(t, root, { queue }, log)
  await listen(app)
  await log.line(({ level, msg, err }) => level === 50 && /is unavailable/.test(msg) && /it is down/.test(err?.message ?? ''))
  t.equal((await app.inject('/.netlify/functions/hello')).statusCode, 200)
  t.match((await app.inject('/.netlify/functions/job-background')).json(), { statusCode: 503, code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' })
  isUp = true
  const ran = new Promise<void>((resolve) => app.netlifyFunctions.on('job', ({ type }) => { if (type === 'succeeded') resolve() }))
  t.equal((await app.inject('/.netlify/functions/job-background')).statusCode, 202)
  await ran
})

t.test('a queue that does not answer holds the boot up for a bounded time', async (t) => {
  const root = await createSite(t, background)
  const log = captureLog()
  const queue = { ...memoryQueue(), stats: () => new Promise<never>(() => {}) }
  const started = performance.now()
  await start(t, root, { queue }, log)
  t.ok(performance.now() - started < 8_000)
  await log.line(({ err }) => /does not answer within 3000 ms/.test(err?.message ?? ''))
})

t.test('the log says at boot what a queue does not do: survive a crash, encrypt headers', async (t) => {
  const said = async (options: NetlifyFunctionsOptions): Promise<boolean[]> => {
    const log = captureLog('info')
    await createApp(t, background, options, { logger: log.logger })
    return [/wait in memory/, /stores these headers as they are/].map((text) => log.lines.some(({ msg }) => text.test(msg)))
  }
  t.same(await said({}), [false, true])
  t.same(await said({ background: { encryptionKey: '00'.repeat(32) } }), [false, false])
  t.same(await said({ background: { secretHeaders: [] } }), [false, false])
  t.same(await said({ queue: memoryQueue() }), [true, false])
})
