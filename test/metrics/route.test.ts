import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite, isolation } from '../helper.ts'
import { scrape } from './scrape.ts'

const hello = { 'netlify/functions/hello.mjs': 'export default async () => new Response("hello")' }

t.test('the route answers GET and HEAD below prefix and constraints, is not cached, and is not logged', async (t) => {
  const log = captureLog('info')
  const app = await createApp(t, hello, { prefix: '/shop', constraints: { host: 'a.example' }, metrics: { path: '/metrics/' } }, { logger: log.logger })
  await app.ready()
  log.lines.length = 0
  const ask = async (method: 'GET' | 'HEAD', url: string, host: string): Promise<Awaited<ReturnType<typeof app.inject>>> => await app.inject({ method, url, headers: { host } })
  const reply = await ask('GET', '/shop/metrics', 'a.example')
  t.match(reply.headers, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' })
  t.match(reply.body, /^netlify_functions\{state="ready"\} 1$/m)
  t.equal((await ask('HEAD', '/shop/metrics', 'a.example')).statusCode, 200)
  t.same(log.lines, [])
  t.equal((await ask('GET', '/metrics', 'a.example')).statusCode, 404)
  t.equal((await ask('GET', '/shop/metrics', 'b.example')).statusCode, 404)
})

t.test('a path that a function or the app has is refused', async (t) => {
  const taken = { 'netlify/functions/x.mjs': 'export default async () => {}\nexport const config = { path: "/metrics" }' }
  await t.rejects(createApp(t, taken, { metrics: { path: '/metrics' } }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /function "x" has the path \/metrics/ })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  app.get('/metrics', async () => 'own')
  const registering = async (): Promise<void> => { await app.register(netlifyFunctions, { root: await createSite(t, hello), isolation, metrics: { path: '/metrics' } }) }
  await t.rejects(registering(), { code: 'FST_NETLIFY_INVALID_OPTION', message: /GET \/metrics already/ })
})

t.test('a hook of the scope keeps strangers out', async (t) => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  app.addHook('onRequest', async (request, reply) => {
    if (request.url === '/metrics' && request.headers.authorization !== 'Bearer x') await reply.code(401).send()
  })
  await app.register(netlifyFunctions, { root: await createSite(t, hello), isolation, metrics: { path: '/metrics' } })
  t.equal((await app.inject('/metrics')).statusCode, 401)
  t.equal((await app.inject({ url: '/metrics', headers: { authorization: 'Bearer x' } })).statusCode, 200)
})

t.test('functions that are gone after a reload have no series any more', async (t) => {
  const { rm, writeFile } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const root = await createSite(t, { ...hello, 'netlify/functions/old.mjs': 'export default async () => new Response("old")' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation, metrics: { path: '/metrics' } })
  for (const name of ['hello', 'old']) await app.inject(`/.netlify/functions/${name}`)
  t.match((await scrape(app)).text, /function="old"/)
  await rm(join(root, 'netlify/functions/old.mjs'))
  await app.netlifyFunctions.reload()
  const { text, series } = await scrape(app)
  t.notMatch(text, /function="old"/)
  t.match(text, /function="hello"/)
  t.equal(series.get('netlify_builds_total{outcome="served"}'), 2)
  await writeFile(join(root, 'netlify/functions/hello.mjs'), 'export default (')
  await t.rejects(app.netlifyFunctions.reload())
  t.equal((await scrape(app)).series.get('netlify_builds_total{outcome="refused"}'), 1)
})

t.test('threads, and how many were lost, are counted', async (t) => {
  const app = await createApp(t, { 'netlify/functions/ends.mjs': 'export default async () => { process.exit(3) }' }, { metrics: { path: '/metrics' }, isolation: 'thread' })
  t.ok((await scrape(app)).series.get('netlify_threads')! >= 1)
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/ends' })).statusCode, 500)
  t.equal((await scrape(app)).series.get('netlify_threads_lost_total{reason="exit"}'), 1)
})
