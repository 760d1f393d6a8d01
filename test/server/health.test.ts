import t from 'tap'
import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { captureLog, createApp, createSite, writeFiles } from '../helper.ts'

const hello = { 'netlify/functions/hello.mjs': 'export default () => new Response("hi")' }
const broken = { 'netlify/functions/broken.mjs': 'export default () => { this is no JavaScript' }
const fine = { ready: true, live: true, checks: { functions: { ok: true, failed: [] }, queue: { ok: true }, closing: false } }

t.test('a site whose functions run is live and ready, and says so without being cached or logged', async (t) => {
  const log = captureLog('info')
  const app = await createApp(t, hello, { health: { path: '/health' } }, { logger: log.logger })
  t.same(await app.netlifyFunctions.health(), fine)
  const logged = log.lines.length
  for (const [url, body] of [['/health/live', { live: true }], ['/health/ready', fine]] as const) {
    const response = await app.inject(url)
    t.equal(response.statusCode, 200, url)
    t.same(response.json(), body)
    t.equal(response.headers['cache-control'], 'no-store')
    const head = await app.inject({ method: 'HEAD', url })
    t.equal(head.statusCode, 200)
    t.equal(head.body, '')
  }
  t.equal((await app.inject('/health')).statusCode, 404)
  t.equal((await app.inject({ method: 'POST', url: '/health/ready' })).statusCode, 404)
  t.notOk(log.lines.slice(logged).some(({ msg, req }) => msg === 'incoming request' && JSON.stringify(req).includes('"GET"') && JSON.stringify(req).includes('/health/')))
})

t.test('one broken function does not take the others off the load balancer; nothing but broken ones does', async (t) => {
  const some = await createApp(t, { ...hello, ...broken }, { health: { path: '/health' } })
  t.match(await some.netlifyFunctions.health(), { ready: true, checks: { functions: { ok: true, failed: ['broken'] } } })
  t.equal((await some.inject('/health/ready')).statusCode, 200)

  const none = await createApp(t, broken, { health: { path: '/health' } })
  t.match(await none.netlifyFunctions.health(), { ready: false, live: true, checks: { functions: { ok: false, failed: ['broken'] } } })
  t.equal((await none.inject('/health/ready')).statusCode, 503)
  t.equal((await none.inject('/health/live')).statusCode, 200)

  const files = await createApp(t, { 'public/index.html': 'home' }, { publish: 'public' })
  t.match(await files.netlifyFunctions.health(), { ready: true, checks: { functions: { ok: true } } }, 'a site of files alone')
})

t.test('a reload that makes a function work again is noticed', async (t) => {
  const root = await createSite(t, broken)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  t.equal((await app.netlifyFunctions.health()).ready, false)
  await writeFiles(root, { 'netlify/functions/broken.mjs': 'export default () => new Response("mended")' })
  await app.netlifyFunctions.reload()
  t.same(await app.netlifyFunctions.health(), fine)
})

t.test('clients see no names and no messages, unless errors are exposed', async (t) => {
  const app = await createApp(t, broken, { health: { path: '/health' }, exposeErrors: false })
  const response = await app.inject('/health/ready')
  t.equal(response.statusCode, 503)
  t.same(response.json(), { ready: false, live: true, checks: { functions: { ok: false }, queue: { ok: true }, closing: false } })
})

t.test('several sites of an app each have their own, below their prefix and constraints', async (t) => {
  const [shop, blog] = await Promise.all([hello, broken].map(async (files) => await createSite(t, files)))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root: shop!, name: 'shop', prefix: '/shop', health: { path: '/health' } })
  await app.register(netlifyFunctions, { root: blog!, name: 'blog', constraints: { host: 'blog.example' }, health: { path: '/health' } })
  const statusOf = async (url: string, host = 'localhost'): Promise<number> => (await app.inject({ url, headers: { host } })).statusCode
  t.equal(await statusOf('/shop/health/ready'), 200)
  t.equal(await statusOf('/health/ready', 'blog.example'), 503)
  t.equal(await statusOf('/health/ready'), 404)
  t.equal((await app.netlifyFunctions.site('shop').health()).ready, true)
  t.equal((await app.netlifyFunctions.site('blog').health()).ready, false)
})

t.test('a path that a function, the app or another site has is refused; health wins over patterns and files', async (t) => {
  const item = { 'netlify/functions/item.mjs': 'export default () => new Response("item")\nexport const config = { path: ["/health/ready", "/item"] }' }
  await t.rejects(createApp(t, item, { health: { path: '/health' } }), { code: 'FST_NETLIFY_INVALID_OPTION', message: 'Option "health.path" must be another: function "item" has the path /health/ready' })
  const live = { 'netlify/functions/live.mjs': 'export default () => new Response()' }
  await t.rejects(createApp(t, live, { health: { path: '/.netlify/functions' } }), { message: /function "live" has the path \/\.netlify\/functions\/live$/ })

  const root = await createSite(t, hello)
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/up/live', async () => 'host')
  await t.rejects(async () => await app.register(netlifyFunctions, { root, health: { path: '/up' } }), { code: 'FST_NETLIFY_INVALID_OPTION', message: 'Option "health.path" must be another: the app has a route GET /up/live already' })

  const any = { 'netlify/functions/any.mjs': 'export default () => new Response("any")\nexport const config = { path: ["/health/:name", "/*"] }', 'public/health/live': 'file' }
  const over = await createApp(t, any, { publish: 'public', health: { path: '/health' } })
  t.same((await over.inject('/health/live')).json(), { live: true })
  t.same((await over.inject('/health/ready')).json(), fine)
  t.equal((await over.inject('/health/other')).body, 'any')
})

t.test('a rate limit of the app does not count probes', async (t) => {
  const root = await createSite(t, hello)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(rateLimit, { max: 1 })
  await app.register(netlifyFunctions, { root, health: { path: '/health' } })
  for (let probe = 0; probe < 3; probe++) t.equal((await app.inject('/health/ready')).statusCode, 200)
  await app.inject('/.netlify/functions/hello')
  t.equal((await app.inject('/.netlify/functions/hello')).statusCode, 429, 'it counts the rest')
})
