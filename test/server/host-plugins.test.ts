import t from 'tap'
import Fastify from 'fastify'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import netlifyFunctions from '../../lib/index.ts'
import { createApp, createSite } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'

const files = {
  'netlify/functions/named.mjs': echoFunction('named'),
  'netlify/functions/item.mjs': echoFunction('item', { path: ['/item/:id', '/item/:id/edit', '/sale'] }),
  'netlify/functions/page.mjs': echoFunction('page', { path: '/:page(about|contact)', method: 'GET' }),
  'public/index.html': '<h1>home</h1>'
}

t.test('the app\'s printed routes show the functions', async (t) => {
  const app = await createApp(t, files)
  await app.ready()
  const printed = app.printRoutes().split('\n').filter((line) => line.includes('GET')).map((line) => line.replace(/^[^\w*]+/, '').replace(/\(.*?\) ?/, ''))
  t.strictSame(printed.sort(), [
    '* ', '* ',
    '* {"netlifyFunction":"/* page"}',
    '* {"netlifyFunction":"/item/* item"}',
    'sale {"netlifyFunction":"/sale item"}'
  ])
})

t.test('hooks of the host run, and see the real patterns in the route\'s config', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  const seen: unknown[] = []
  app.addHook('onRequest', async (request) => {
    const { netlifyFunctions = [] } = request.routeOptions.config
    seen.push('onRequest', netlifyFunctions.map(({ name, path }) => `${name} ${path}`))
  })
  app.addHook('preHandler', async () => { seen.push('preHandler') })
  app.addHook('onSend', async (_request, reply) => {
    seen.push('onSend')
    reply.header('x-host', 'yes')
  })
  await app.register(netlifyFunctions, { root, publish: 'public' })

  const patterns: Record<string, string[]> = {
    '/item/1': ['item /item/:id/edit', 'item /item/:id'],
    '/sale': ['item /sale'],
    '/about': ['page /:page(about|contact)'],
    '/': ['page /:page(about|contact)'],
    '/.netlify/functions/named': []
  }
  for (const [url, expected] of Object.entries(patterns)) {
    seen.length = 0
    const response = await app.inject(url)
    t.equal(response.statusCode, 200)
    t.equal(response.headers['x-host'], 'yes')
    t.strictSame(seen, ['onRequest', expected, 'preHandler', 'onSend'], url)
  }
})

t.test('a hook of the host can answer instead of a function', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('preHandler', async (request, reply) => request.headers.authorization ? undefined : reply.code(401).send('who are you?'))
  await app.register(netlifyFunctions, { root })
  t.equal((await app.inject('/item/1')).statusCode, 401)
  t.equal((await app.inject({ url: '/item/1', headers: { authorization: 'me' } })).json<Echo>().name, 'item')
})

t.test('onResponse and onError of the host run once', async (t) => {
  const root = await createSite(t, { 'netlify/functions/broken.mjs': 'export default () => { throw new Error("oh no") }' })
  const app = Fastify()
  t.teardown(() => app.close())
  const seen: string[] = []
  const responded = Promise.withResolvers<void>()
  app.addHook('onError', async (_request, _reply, error) => { seen.push(`onError ${error.code}`) })
  app.addHook('onResponse', async (_request, reply) => {
    seen.push(`onResponse ${reply.statusCode}`)
    responded.resolve()
  })
  await app.register(netlifyFunctions, { root })
  await app.inject('/.netlify/functions/broken')
  await responded.promise
  t.strictSame(seen, ['onError FST_NETLIFY_FUNCTION_FAILED', 'onResponse 500'])
})

t.test('@fastify/rate-limit limits functions and files', async (t) => {
  const root = await createSite(t, files)
  for (const url of ['/.netlify/functions/named', '/item/1', '/about', '/index.html']) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(rateLimit, { global: true, max: 2 })
    await app.register(netlifyFunctions, { root, publish: 'public' })
    const statuses: number[] = []
    for (let call = 0; call < 3; call++) statuses.push((await app.inject(url)).statusCode)
    t.strictSame(statuses, [200, 200, 429], url)
  }
})

t.test('@fastify/swagger lists the functions', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: {} })
  await app.register(netlifyFunctions, { root, publish: 'public' })
  await app.ready()
  const paths = Object.keys(app.swagger().paths ?? {})
  for (const path of ['/.netlify/functions/{*}', '/item/{*}', '/sale']) t.ok(paths.includes(path), `${path} of ${paths.join(' ')}`)
})
