import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createApp, createSite, writeFiles } from '../helper.ts'

t.test('a route of the app wins over a rule; a rule wins over the app\'s `/*`', async (t) => {
  const root = await createSite(t, { 'public/_redirects': '/own/* /x\n/ruled /x\n/deep/* /index.html 200', 'public/index.html': 'index' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  app.get('/own/:id', async () => 'app')
  app.get('/*', async () => 'rest of the app')
  await app.register(netlifyFunctions, { root, publish: 'public' })
  t.equal((await app.inject('/own/1')).body, 'app')
  t.equal((await app.inject('/own/1/2')).headers.location, '/x')
  t.equal((await app.inject('/ruled')).headers.location, '/x')
  t.equal((await app.inject('/deep/link')).body, 'index')
  t.equal((await app.inject('/other')).body, 'rest of the app')
})

t.test('what no rule is for is left to the app', async (t) => {
  const root = await createSite(t, { 'public/_redirects': '/lang /de 302 Language=de\nhttp://old.example/* /new 301' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  app.get('/*', async () => 'app')
  await app.register(netlifyFunctions, { root, publish: 'public' })
  t.equal((await app.inject('/lang')).body, 'app')
  t.equal((await app.inject({ url: '/lang', headers: { 'accept-language': 'de' } })).statusCode, 302)
})

t.test('an error handler of the app gets the errors of rules', async (t) => {
  const root = await createSite(t, { 'public/_redirects': '/x http://127.0.0.1:1/ 200' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, publish: 'public' })
  app.setErrorHandler((error, _request, reply) => reply.code(500).send(`handled ${(error as { code?: string }).code}`))
  t.equal((await app.inject('/x')).body, 'handled FST_NETLIFY_PROXY_FAILED')
})

t.test('hooks of the app that wrap handlers see rules, also those that take time', async (t) => {
  const root = await createSite(t, { 'public/_redirects': '/x /y\n/z /index 200 Country=de\n/z /other 302', 'public/index.html': 'index' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const seen: string[] = []
  app.addHook('onRoute', (route) => {
    const { handler } = route
    route.handler = async function (request, reply) {
      seen.push(request.url)
      return await handler.call(this, request, reply)
    }
  })
  await app.register(netlifyFunctions, { root, publish: 'public', geo: async () => ({ country: { code: 'DE' } }) })
  t.equal((await app.inject('/x')).headers.location, '/y')
  t.equal((await app.inject('/z')).body, 'index')
  t.strictSame(seen, ['/x', '/z'])
})

t.test('a reload brings new rules, and what they need', async (t) => {
  const root = await createSite(t, { 'public/_redirects': '/a /first' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, publish: 'public' })
  t.equal((await app.inject('/a')).headers.location, '/first')
  await writeFiles(root, { 'public/_redirects': '/a /second\n/p http://127.0.0.1:1/ 200' })
  t.equal((await app.inject('/a')).headers.location, '/first')
  await app.netlifyFunctions.reload()
  t.equal((await app.inject('/a')).headers.location, '/second')
  t.equal((await app.inject('/p')).statusCode, 502)
})

t.test('forms go to their pages in spite of a rule for all pages', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/submission-created.mjs': 'export default () => {}',
    'public/_redirects': '/* /index.html 200',
    'public/index.html': 'index',
    'public/contact.html': 'contact'
  }, { publish: 'public', forms: true })
  const post = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'a=1' } as const
  t.equal((await app.inject({ ...post, url: '/contact' })).statusCode, 303)
  t.equal((await app.inject({ ...post, url: '/none' })).statusCode, 404)
})

t.test('`_redirects` itself is not served', async (t) => {
  const root = await createSite(t, { 'public/_redirects': '/a /b', 'public/x.html': 'x' })
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, publish: join(root, 'public') })
  t.equal((await app.inject('/_redirects')).statusCode, 404)
})

t.test('behind a proxy, a rule to the canonical domain does not lead from that domain to itself', async (t) => {
  const root = await createSite(t, { 'public/_redirects': '/* https://www.example.com/:splat 301!', 'public/page.html': 'page' })
  const app = Fastify({ trustProxy: true })
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, publish: 'public' })
  const headers = (host: string): Record<string, string> => ({ 'x-forwarded-proto': 'https', 'x-forwarded-host': host })
  t.equal((await app.inject({ url: '/page', headers: headers('www.example.com') })).body, 'page')
  t.equal((await app.inject({ url: '/page', headers: headers('example.com') })).headers.location, 'https://www.example.com/page')
})
