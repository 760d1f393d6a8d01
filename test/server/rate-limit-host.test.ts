import { mock } from 'node:test'
import rateLimit from '@fastify/rate-limit'
import type { RateLimitPluginOptions } from '@fastify/rate-limit'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createSite } from '../helper.ts'

type Test = Parameters<typeof createSite>[0]

/** An app with @fastify/rate-limit of its own; the function `x` may be called twice in 30 seconds. */
async function createHost (t: Test, own: RateLimitPluginOptions, order: 'before' | 'after' = 'before'): Promise<FastifyInstance> {
  const root = await createSite(t, {
    'netlify/functions/x.mts': 'export default () => new Response("x")\nexport const config = { path: "/x", rateLimit: { windowLimit: 2, windowSize: 30, aggregateBy: "ip" } }',
    'netlify/functions/free.mts': 'export default () => new Response("free")'
  })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  if (order === 'before') await app.register(rateLimit, own)
  await app.register(netlifyFunctions, { root })
  if (order === 'after') await app.register(rateLimit, own)
  app.get('/own', { config: { rateLimit: { max: 1 } } }, async () => 'own')
  return app
}

async function statuses (app: FastifyInstance, url: string, times: number): Promise<number[]> {
  const found: number[] = []
  for (let time = 0; time < times; time++) found.push((await app.inject(url)).statusCode)
  return found
}

for (const order of ['before', 'after'] as const) {
  t.test(`an app that registers @fastify/rate-limit ${order} the site keeps its limits, and functions have theirs`, async (t) => {
    const app = await createHost(t, { global: false }, order)
    t.same(await statuses(app, '/own', 3), [200, 429, 429])
    t.same(await statuses(app, '/x', 4), [200, 200, 429, 429])
    t.same(await statuses(app, '/.netlify/functions/free', 3), [200, 200, 200])
  })
}

t.test('a limit of the app on all routes holds for functions too, and the stricter one decides', async (t) => {
  const app = await createHost(t, { global: true, max: 3 })
  t.same(await statuses(app, '/x', 3), [200, 200, 429], 'the function\'s')
  t.same(await statuses(app, '/x', 2), [429, 429], 'the app\'s')
  const { code, message } = (await app.inject('/x')).json()
  t.same([code, message], [undefined, 'Rate limit exceeded, retry in 1 minute'])
})

t.test('the headers of a function with a limit are about that limit', async (t) => {
  const app = await createHost(t, { global: true, max: 100 })
  t.match((await app.inject('/x')).headers, { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '30' })
  t.match((await app.inject('/.netlify/functions/free')).headers, { 'x-ratelimit-limit': '100' })
})

t.test('the store of the app counts for functions too, so several machines can share one', async (t) => {
  const counts = new Map<string, number>()
  class SharedStore {
    incr (key: string, done: (error: Error | null, result?: { current: number, ttl: number }) => void, ttl: number): void {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      done(null, { current: counts.get(key)!, ttl })
    }

    child (): SharedStore {
      return this
    }
  }
  const [one, two] = [await createHost(t, { global: false, store: SharedStore }), await createHost(t, { global: false, store: SharedStore })]
  t.same([...await statuses(one, '/x', 1), ...await statuses(two, '/x', 2), ...await statuses(one, '/x', 1)], [200, 200, 429, 429])
  t.same([...counts], [['netlify  x 127.0.0.1', 4]])
})

t.test('whom the app\'s allowList lets through is not counted', async (t) => {
  const app = await createHost(t, { global: false, allowList: (request) => request.headers['x-monitor'] === 'yes' })
  for (let time = 0; time < 4; time++) t.equal((await app.inject({ url: '/x', headers: { 'x-monitor': 'yes' } })).statusCode, 200)
  t.same(await statuses(app, '/x', 3), [200, 200, 429])
})

t.test('what the app has chosen for those that exceed its limits is not for functions', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  for (const own of [{ continueExceeding: true }, { exponentialBackoff: true }, { ban: 0 }]) {
    const app = await createHost(t, { global: false, ...own })
    t.same(await statuses(app, '/x', 4), [200, 200, 429, 429])
    mock.timers.tick(20_000)
    t.same(await statuses(app, '/x', 1), [429])
    mock.timers.tick(10_000)
    t.same(await statuses(app, '/x', 1), [200], JSON.stringify(own))
  }
})
