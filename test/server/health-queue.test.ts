import { EventEmitter, once } from 'node:events'
import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyInstance } from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { bullmqQueue } from '../../lib/queue/bullmq.ts'
import type { QueueDriver } from '../../lib/queue/driver.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp, createSite, stopTime } from '../helper.ts'
import { createRedisServer, missingRedis } from '../queue/redis-server.ts'

const files = { 'netlify/functions/send-background.mjs': 'export default () => {}' }
const hello = { 'netlify/functions/hello.mjs': 'export default () => new Response("hi")' }

t.test('a queue that does not answer takes the site off the load balancer, and on again', async (t) => {
  stopTime(t)
  const queue = createFlakyQueue()
  const app = await createApp(t, files, { queue, health: { path: '/health' } })
  const { health } = app.netlifyFunctions
  t.equal((await health()).ready, true)

  queue.state = 'silent'
  mock.timers.tick(1_000)
  const asked = queue.calls
  const [first, second, probe] = await untilAsked(queue, asked, [health(), health(), app.inject('/health/ready')] as const)
  t.match(first, { ready: false, live: true, checks: { queue: { ok: false, error: /does not answer within 1000 ms/ } } })
  t.same(second, first)
  t.equal(probe.statusCode, 503)
  t.equal(queue.calls, asked + 1, 'probes share one question')

  mock.timers.tick(1_000)
  const again = health()
  mock.timers.tick(1_000)
  t.equal((await again).ready, false)
  t.equal(queue.calls, asked + 1, 'and another is not asked while one is open')

  queue.state = 'up'
  queue.answer()
  mock.timers.tick(1_000)
  t.equal((await health()).ready, true)
  queue.state = 'failing'
  t.equal((await health()).ready, true, 'an answer counts for a second')
  mock.timers.tick(1_000)
  t.match((await health()).checks, { queue: { ok: false, error: 'no disk' } })
})

t.test('an answer that never comes is given up after ten seconds', async (t) => {
  stopTime(t)
  const queue = createFlakyQueue()
  const app = await createApp(t, files, { queue })
  const { health } = app.netlifyFunctions
  queue.state = 'silent'
  await untilAsked(queue, queue.calls, [health()])
  queue.state = 'up'
  mock.timers.tick(10_000)
  t.equal((await health()).ready, true)
})

t.test('a site without background functions does not ask its queue', async (t) => {
  const queue = createFlakyQueue()
  const app = await createApp(t, hello, { queue })
  queue.state = 'failing'
  t.match(await app.netlifyFunctions.health(), { ready: true, checks: { queue: { ok: true } } })
  t.equal(queue.calls, 0)
})

t.test('@fastify/under-pressure answers by it', { skip: missingRedis() }, async (t) => {
  const redis = await createRedisServer(t)
  await redis.start()
  const root = await createSite(t, { ...files, ...hello })
  const app = Fastify()
  t.teardown(async () => await app.close())
  await app.register(netlifyFunctions, { root, isolation: 'inline', queue: bullmqQueue({ connection: redis.url }), health: { path: '/health' } })
  await app.register(underPressure, { exposeStatusRoute: '/status', healthCheck: async () => (await app.netlifyFunctions.health()).ready })
  t.same([await statusOf(app, '/status'), await statusOf(app, '/health/ready')], [200, 200])

  await redis.kill()
  await until(async () => await statusOf(app, '/health/ready') === 503)
  t.equal(await statusOf(app, '/status'), 503)
  t.equal(await statusOf(app, '/health/live'), 200)
  t.match((await app.netlifyFunctions.health()).checks.queue, { ok: false, error: /queue/i })
  t.equal(await statusOf(app, '/.netlify/functions/hello'), 200, 'the others are served on')

  await redis.start()
  await until(async () => await statusOf(app, '/health/ready') === 200)
  t.equal(await statusOf(app, '/status'), 200)
})

async function statusOf (app: FastifyInstance, url: string): Promise<number> {
  return (await app.inject(url)).statusCode
}

/** Asks until it is so; the answers to probes are what is waited for, and there is no event of them. */
async function until (isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (performance.now() < end) {
    if (await isSo()) return
    // An injected request alone lets no socket have its turn.
    await nextTurn()
  }
  throw new Error('it did not become so in 30 s')
}

/** Has the time run out for calls that wait for the queue. */
async function untilAsked<Results extends readonly unknown[]> (queue: FlakyQueue, calls: number, waiting: readonly [...{ [Index in keyof Results]: Promise<Results[Index]> | Results[Index] }]): Promise<Results> {
  if (queue.calls === calls) await once(queue.events, 'asked')
  for (let turn = 0; turn < 10; turn++) await nextTurn()
  mock.timers.tick(1_000)
  return await Promise.all(waiting) as unknown as Results
}

interface FlakyQueue extends QueueDriver {
  state: 'up' | 'silent' | 'failing'
  calls: number
  readonly events: EventEmitter
  /** Answers the calls that wait. */
  answer (): void
}

function createFlakyQueue (): FlakyQueue {
  const queue = memoryQueue()
  const events = new EventEmitter()
  return {
    ...queue,
    state: 'up',
    calls: 0,
    events,
    answer () {
      events.emit('answer')
    },
    async stats () {
      this.calls++
      events.emit('asked')
      if (this.state === 'failing') throw new Error('no disk')
      if (this.state === 'silent') await once(events, 'answer')
      return await queue.stats()
    }
  }
}
