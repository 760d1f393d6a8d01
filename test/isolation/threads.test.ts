import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite, listen, writeFiles } from '../helper.ts'

const BY_NAME = '/.netlify/functions/'
const waiting = 'export default async (request, { log }) => { log("begun"); await new Promise((resolve) => setTimeout(resolve, 200)); return new Response("waited") }'

t.setTimeout(120_000)

/** The threads that are started from now on, as Node.js tells. */
function watchThreads (t: Test): { workers: Worker[], exits: Array<Promise<unknown>> } {
  const workers: Worker[] = []
  const exits: Array<Promise<unknown>> = []
  const onWorker = (worker: Worker): void => {
    workers.push(worker)
    exits.push(once(worker, 'exit'))
  }
  process.on('worker', onWorker)
  t.teardown(() => process.off('worker', onWorker))
  return { workers, exits }
}

t.test('threads are started as they are needed, up to the most, and end when they are not', async (t) => {
  const { workers, exits } = watchThreads(t)
  const app = await createApp(t, { 'netlify/functions/waiting.mjs': waiting }, { isolation: { request: 'thread', threads: { min: 1, max: 3 }, idleTimeout: 50 } })
  const origin = await listen(app)
  t.equal((await fetch(`${origin}${BY_NAME}waiting`)).status, 200)
  t.equal(workers.length, 1)
  const replies = await Promise.all(Array.from({ length: 8 }, async () => await (await fetch(`${origin}${BY_NAME}waiting`)).text()))
  t.ok(replies.every((text) => text === 'waited'))
  t.equal(workers.length, 3)
  const ended = exits.map(async (exit, index) => { await exit; return index })
  const first = await Promise.race(ended)
  await Promise.race(ended.filter((_, index) => index !== first))
  t.equal((await fetch(`${origin}${BY_NAME}waiting`)).status, 200)
  t.equal(workers.length, 3, 'one was kept')
  await app.close()
  await Promise.all(exits)
})

t.test('a thread that is on its way out does not count among those that are kept', async (t) => {
  const { exits } = watchThreads(t)
  const arrived = Promise.withResolvers<ServerResponse>()
  const gate = createServer((_request, response) => arrived.resolve(response))
  gate.listen(0, '127.0.0.1')
  await once(gate, 'listening')
  t.teardown(() => gate.close())
  const root = await createSite(t, {
    'netlify/functions/held.mjs': `export default async () => await fetch('http://127.0.0.1:${(gate.address() as AddressInfo).port}')`,
    'netlify/functions/hello.mjs': 'export default () => new Response("1")'
  })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, isolation: { request: 'thread', threads: { min: 1, max: 2 }, idleTimeout: 50 } })
  await app.ready()
  const held = app.inject(`${BY_NAME}held`)
  const reply = await arrived.promise
  await writeFiles(root, { 'netlify/functions/hello.mjs': 'export default () => new Response("2")' })
  await app.netlifyFunctions.reload()
  t.equal((await app.inject(`${BY_NAME}hello`)).body, '2')
  const [old, young] = exits
  // Long enough for it to have ended if it were one too many.
  await Promise.race([young, delay(1000)])
  reply.end('held')
  t.equal((await held).body, 'held')
  await old
  t.equal((await app.inject(`${BY_NAME}hello`)).body, '2')
  t.equal(exits.length, 2, 'no third one had to be started')
})

t.test('close() lets calls come to their end and leaves no thread behind', async (t) => {
  const { exits } = watchThreads(t)
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/waiting.mjs': waiting,
    'netlify/functions/waiting-background.mjs': waiting,
    'netlify/functions/working.mjs': 'export default (request, { waitUntil, log }) => { waitUntil(new Promise((resolve) => setTimeout(resolve, 200)).then(() => log("worked"))); return new Response() }'
  }, { isolation: 'thread' }, { logger: log.logger })
  const origin = await listen(app)
  await app.inject({ method: 'POST', url: `${BY_NAME}waiting-background` })
  await log.line(({ msg, function: name }) => msg === 'begun' && name === 'waiting-background')
  await fetch(`${origin}${BY_NAME}working`)
  const reply = fetch(`${origin}${BY_NAME}waiting`)
  await log.line(({ msg, function: name }) => msg === 'begun' && name === 'waiting')
  const closing = app.close()
  t.equal(await (await reply).text(), 'waited')
  await closing
  t.ok(log.lines.some(({ msg }) => msg === 'worked'))
  t.notOk(log.lines.some(({ level }) => level >= 40))
  await Promise.all(exits)
})

t.test('the size of memory is that of the option, or of `config.memory`', async (t) => {
  const size = `
    import { resourceLimits } from 'node:worker_threads'
    export default () => Response.json(resourceLimits.maxOldGenerationSizeMb ?? 0)`
  const app = await createApp(t, {
    'netlify/functions/usual.mjs': size,
    'netlify/functions/large.mjs': `${size}\nexport const config = { memory: 2048 }`
  }, { isolation: { request: 'thread', memory: 100 } })
  const usual = (await app.inject(`${BY_NAME}usual`)).json<number>()
  const large = (await app.inject(`${BY_NAME}large`)).json<number>()
  t.ok(usual >= 100 && usual < 2048 && large >= 2048, `${usual} and ${large}`)
})

t.test('threads that have nothing to do do not keep the process alive', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/hello.mjs': 'export default () => new Response("hello")',
    'netlify/functions/hello-background.mjs': 'export default () => {}',
    'server.mjs': `
      import Fastify from ${JSON.stringify(import.meta.resolve('fastify'))}
      import { netlifyFunctions } from ${JSON.stringify(join(import.meta.dirname, '../../lib/index.ts'))}
      const app = Fastify()
      await app.register(netlifyFunctions, { root: import.meta.dirname, isolation: 'thread' })
      console.log((await app.inject('/.netlify/functions/hello')).body)`
  })
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'server.mjs')], { timeout: 60_000 })
  t.equal(stdout, 'hello\n')
})
