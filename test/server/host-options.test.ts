import { once } from 'node:events'
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { createApp, createSite, listen } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'

const files = {
  'netlify/functions/Named.mjs': echoFunction('Named'),
  'netlify/functions/literal.mjs': echoFunction('literal', { path: '/About/Us' }),
  'netlify/functions/item.mjs': echoFunction('item', { path: '/Item/:id' }),
  'netlify/functions/files.mjs': echoFunction('files', { path: '/files/*' }),
  'public/page.html': 'page'
}

async function createAppWith (t: Test, serverOptions: FastifyServerOptions): Promise<FastifyInstance> {
  return await createApp(t, files, { publish: 'public', prefix: '/site' }, serverOptions)
}

async function name (app: FastifyInstance, url: string): Promise<string> {
  const response = await app.inject(`http://localhost${url}`)
  return response.statusCode === 200 ? response.body.startsWith('{') ? response.json<Echo>().name : response.body : String(response.statusCode)
}

t.test('with `ignoreTrailingSlash`', async (t) => {
  const app = await createAppWith(t, { routerOptions: { ignoreTrailingSlash: true } })
  for (const ending of ['', '/', '?q', '/?q']) {
    t.equal(await name(app, `/site/about/us${ending}`), 'literal')
    t.equal(await name(app, `/site/item/1${ending}`), 'item')
    t.equal(await name(app, `/site/page${ending}`), 'page')
    t.equal(await name(app, `/site/.netlify/functions/Named${ending}`), 'Named')
  }
})

t.test('with `caseSensitive: false` the prefix ignores case as well; parameters and names keep theirs', async (t) => {
  const app = await createAppWith(t, { routerOptions: { caseSensitive: false } })
  t.equal(await name(app, '/SITE/ABOUT/us'), 'literal')
  t.strictSame((await app.inject('/SITE/ITEM/AbC')).json<Echo>().params, { id: 'AbC' })
  t.strictSame((await app.inject('/Site/FILES/A/b')).json<Echo>().params, { 0: 'A/b' })
  t.equal(await name(app, '/SITE/.Netlify/Functions/Named'), 'Named')
  t.equal(await name(app, '/site/.netlify/functions/named'), '404')
  t.equal(await name(app, '/SITE/page'), 'page')
})

t.test('with `ignoreDuplicateSlashes`', async (t) => {
  const app = await createAppWith(t, { routerOptions: { ignoreDuplicateSlashes: true } })
  t.equal(await name(app, '//site///about//us'), 'literal')
  t.equal(await name(app, '//site//item//1'), 'item')
  t.equal(await name(app, '/site//.netlify//functions//Named'), 'Named')
  t.equal(await name(app, '/site//page'), 'page')
})

t.test('with `rewriteUrl`, functions see the new URL', async (t) => {
  const app = await createAppWith(t, { rewriteUrl: (request) => (request.url ?? '').replace(/^\/old\//, '/site/item/') })
  t.match((await app.inject('/old/1?q')).json(), { name: 'item', params: { id: '1' }, url: 'http://localhost/site/item/1?q' })
})

t.test('with `maxParamLength`, parameters of functions have no limit', async (t) => {
  const app = await createAppWith(t, { routerOptions: { maxParamLength: 5 } })
  t.equal(await name(app, '/site/item/123456789'), 'item')
})

t.test('with `http2`', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify({ http2: true })
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public', constraints: {} })
  app.setErrorHandler<Error & { code: string }>(async (error, _request, reply) => await reply.code(418).send({ name: error.code }))
  const session = connect(await listen(app as unknown as FastifyInstance))
  t.teardown(() => session.close())

  const { body: item } = await get(session, '/item/1?q=1')
  t.match(item, { name: 'item', params: { id: '1' }, url: /^http:\/\/127\.0\.0\.1:\d+\/item\/1\?q=1$/ })
  t.match(await get(session, '/.netlify/functions/Named'), { body: { name: 'Named' } })
  t.match(await get(session, '/.netlify/functions/nobody'), { headers: { ':status': 418 }, body: { name: 'FST_NETLIFY_FUNCTION_NOT_FOUND' } })
})

t.test('with `http2`, a site by host constraint', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify({ http2: true })
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, constraints: { host: 'one.example' } })
  const session = connect(await listen(app as unknown as FastifyInstance))
  t.teardown(() => session.close())
  t.match(await get(session, '/item/1', 'one.example'), { body: { name: 'item', url: 'http://one.example/item/1' } })
  t.match(await get(session, '/item/1', 'two.example'), { headers: { ':status': 404 } })
})

async function get (session: ClientHttp2Session, path: string, authority?: string): Promise<{ headers: IncomingHttpHeaders, body: unknown }> {
  const stream = session.request({ ':path': path, ...(authority && { ':authority': authority }) })
  const [headers] = await once(stream, 'response') as [IncomingHttpHeaders]
  return { headers, body: await json(stream) }
}

t.test('the plugin can be registered without `await`, and injected before listening', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/host', async () => 'host')
  app.register(netlifyFunctions, { root, publish: 'public' })
  app.get('/item/:x', async () => 'host item')
  app.setErrorHandler<Error & { code: string }>(async (error, _request, reply) => await reply.code(418).send(error.code))
  t.equal(await name(app, '/about/us'), 'literal')
  t.equal(await name(app, '/Item/1'), 'item')
  t.equal(await name(app, '/item/1'), 'host item')
  t.equal(await name(app, '/host'), 'host')
  t.equal((await app.inject('/.netlify/functions/nobody')).body, 'FST_NETLIFY_FUNCTION_NOT_FOUND')
})

t.test('the plugin can be imported and registered lazily', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(import('../../lib/index.ts'), { root })
  t.equal(await name(app, '/about/us'), 'literal')
})
