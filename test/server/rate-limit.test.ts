import { mock } from 'node:test'
import { join } from 'node:path'
import { request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createApp, createSite, listen } from '../helper.ts'

/** A function that counts its runs, and may be called `windowLimit` times a minute. */
function limited (rateLimit: object, config: object = {}): string {
  return `let runs = 0
    export default () => new Response(String(++runs))
    export const config = ${JSON.stringify({ rateLimit: { windowSize: 60, ...rateLimit }, ...config })}`
}

t.test('calls over the limit are answered 429, and the function does not run', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 2 }) })
  const call = async () => await app.inject('/.netlify/functions/x')
  t.equal((await call()).body, '1')
  t.equal((await call()).body, '2')
  for (let time = 0; time < 2; time++) {
    const response = await call()
    t.equal(response.statusCode, 429)
    t.match(response.headers['x-nf-request-id'], /^[0-9A-HJKMNP-TV-Z]{26}$/)
    t.same(response.json(), {
      statusCode: 429,
      code: 'FST_NETLIFY_RATE_LIMITED',
      error: 'Too Many Requests',
      message: 'Function "x" is called too often: rate limit exceeded, retry in 60 seconds'
    })
  }
  t.equal(await (await app.netlifyFunctions.invoke('x')).text(), '3', 'invoke() is no call of a client')
})

t.test('the headers are those of @fastify/rate-limit', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 2 }), 'netlify/functions/free.mts': 'export default () => new Response()' })
  const headers = async () => {
    const { headers } = await app.inject('/.netlify/functions/x')
    return ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'].map((name) => headers[name])
  }
  t.same(await headers(), ['2', '1', '60', undefined])
  t.same(await headers(), ['2', '0', '60', undefined])
  t.same(await headers(), ['2', '0', '60', '60'])
  t.notMatch((await app.inject('/.netlify/functions/free')).headers, { 'x-ratelimit-limit': /.*/ }, 'a function without a limit has none')
})

t.test('the window is fixed: the count starts anew when it has passed since the first call', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 2, windowSize: 30 }) })
  const status = async () => (await app.inject('/.netlify/functions/x')).statusCode
  t.same([await status(), await status(), await status()], [200, 200, 429])
  mock.timers.tick(29_999)
  t.equal(await status(), 429)
  mock.timers.tick(1)
  t.same([await status(), await status(), await status()], [200, 200, 429])
})

t.test('calls at the same time are counted one by one', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 3 }) })
  const responses = await Promise.all(Array.from({ length: 10 }, async () => await app.inject('/.netlify/functions/x')))
  t.same(responses.map(({ statusCode }) => statusCode).sort(), [200, 200, 200, 429, 429, 429, 429, 429, 429, 429])
})

t.test('aggregateBy "domain", the default, counts all clients together, whatever host they name', async (t) => {
  for (const aggregateBy of [undefined, 'domain', ['domain']]) {
    const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 2, aggregateBy }) })
    const status = async (remoteAddress: string, host: string) => (await app.inject({ url: '/.netlify/functions/x', remoteAddress, headers: { host } })).statusCode
    t.same([await status('10.0.0.1', 'a.example'), await status('10.0.0.2', 'a.example'), await status('10.0.0.3', 'made-up.example')], [200, 200, 429])
  }
})

for (const aggregateBy of ['ip', ['ip'], ['ip', 'domain'], ['domain', 'ip']]) {
  t.test(`aggregateBy ${JSON.stringify(aggregateBy)} counts each address by itself, whatever host it names`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1, aggregateBy }) })
    const status = async (remoteAddress: string, host: string) => (await app.inject({ url: '/.netlify/functions/x', remoteAddress, headers: { host } })).statusCode
    t.same([await status('10.0.0.1', 'a.example'), await status('10.0.0.2', 'a.example')], [200, 200])
    t.same([await status('10.0.0.1', 'b.example'), await status('10.0.0.2', 'b.example')], [429, 429])
  })
}

t.test('an address is what Fastify says: behind a trusted proxy the client\'s; of IPv6 the network', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1, aggregateBy: 'ip' }) }, {}, { trustProxy: true })
  const status = async (address: string) => (await app.inject({ url: '/.netlify/functions/x', headers: { 'x-forwarded-for': address } })).statusCode
  t.same([await status('203.0.113.1'), await status('203.0.113.2'), await status('203.0.113.1')], [200, 200, 429])
  t.same([await status('2001:db8:0:1::1'), await status('2001:db8:0:2::1'), await status('2001:db8:0:1::ffff')], [200, 200, 429])
})

t.test('an app on a Unix socket has no addresses: all clients are counted together', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1, aggregateBy: 'ip' }) })
  const socketPath = join(await createSite(t, {}), 'socket')
  await app.listen({ path: socketPath })
  for (const status of [200, 429]) {
    const [response] = await once(httpRequest({ socketPath, path: '/.netlify/functions/x' }).end(), 'response')
    t.equal(response.statusCode, status)
    await text(response)
  }
})

t.test('functions behind one route of Fastify have counts of their own', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/items.mts': limited({ windowLimit: 1 }, { path: '/api/items/:id' }),
    'netlify/functions/users.mts': limited({ windowLimit: 2 }, { path: '/api/:kind/x' })
  })
  const statuses = async (url: string) => [await app.inject(url), await app.inject(url), await app.inject(url)].map(({ statusCode }) => statusCode)
  t.same(await statuses('/api/items/1'), [200, 429, 429])
  t.same(await statuses('/api/users/x'), [200, 200, 429])
})

t.test('all paths and methods of a function share its count', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 3 }, { path: ['/a', '/b/:id'] }) })
  const requests = [{ url: '/a' }, { url: '/b/1' }, { url: '/b/2', method: 'POST' as const }, { url: '/b/3' }, { url: '/a' }]
  const statuses: number[] = []
  for (const request of requests) statuses.push((await app.inject(request)).statusCode)
  t.same(statuses, [200, 200, 200, 429, 429])
})

t.test('a static file that is preferred is no call of the function', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/x.mts': limited({ windowLimit: 1 }, { path: '/items/:id', preferStatic: true }),
    'public/items/1.html': 'file'
  }, { publish: 'public' })
  for (let time = 0; time < 3; time++) t.equal((await app.inject('/items/1')).body, 'file')
  t.same([(await app.inject('/items/2')).statusCode, (await app.inject('/items/2')).statusCode, (await app.inject('/items/1')).statusCode], [200, 429, 200])
})

t.test('a call of a background function over the limit is not queued', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x-background.mts': limited({ windowLimit: 1 }) })
  const call = async () => (await app.inject({ method: 'POST', url: '/.netlify/functions/x-background' })).statusCode
  t.same([await call(), await call()], [202, 429])
  t.equal((await app.netlifyFunctions.jobs.list()).length, 1)
})

t.test('two sites of one app count by themselves', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1 }) })
  const root = await createSite(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1 }) })
  const { netlifyFunctions } = await import('../../lib/index.ts')
  await app.register(netlifyFunctions, { root, prefix: '/shop', name: 'shop' })
  const statuses = async (url: string) => [await app.inject(url), await app.inject(url)].map(({ statusCode }) => statusCode)
  t.same(await statuses('/.netlify/functions/x'), [200, 429])
  t.same(await statuses('/shop/.netlify/functions/x'), [200, 429])
})

t.test('the app\'s error handler sees the error', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1 }) })
  app.setErrorHandler((error: NodeJS.ErrnoException, _request, reply) => reply.code(503).send(error.code))
  await app.inject('/.netlify/functions/x')
  const { statusCode, body, headers } = await app.inject('/.netlify/functions/x')
  t.match({ statusCode, body, headers }, { statusCode: 503, body: 'FST_NETLIFY_RATE_LIMITED', headers: { 'retry-after': '60' } })
})

t.test('the body of a call that is refused is not read: the connection ends', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1 }) })
  const url = `${await listen(app)}/.netlify/functions/x`
  await (await fetch(url)).text()
  const withBody = await fetch(url, { method: 'POST', body: 'x'.repeat(100_000) })
  t.same([withBody.status, withBody.headers.get('connection')], [429, 'close'])
  const without = await fetch(url)
  t.same([without.status, without.headers.get('connection')], [429, 'keep-alive'])
})

t.test('no more than 5,000 addresses are remembered for a function', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': limited({ windowLimit: 1, aggregateBy: 'ip' }) })
  const status = async (remoteAddress: string) => (await app.inject({ url: '/.netlify/functions/x', remoteAddress })).statusCode
  t.same([await status('10.0.0.1'), await status('10.0.0.1')], [200, 429])
  for (let index = 0; index < 5_000; index++) await status(`10.1.${index >> 8}.${index & 255}`)
  t.equal(await status('10.0.0.1'), 200, 'the oldest is forgotten')
})
