import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance, type FastifyPluginCallback } from 'fastify'
import netlifyFunctions, { type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createSite, type SiteFiles } from '../helper.ts'
import { echoFunction } from './echo-function.ts'

/** The app with the host's routes before the plugin, and the one with them after it. */
async function bothOrders (t: Test, files: SiteFiles, hostRoutes: (app: FastifyInstance) => void, options: NetlifyFunctionsOptions = {}): Promise<FastifyInstance[]> {
  const root = await createSite(t, files)
  return await Promise.all([true, false].map(async (before) => {
    const app = Fastify()
    t.teardown(() => app.close())
    if (before) hostRoutes(app)
    await app.register(netlifyFunctions, { root, ...options })
    if (!before) hostRoutes(app)
    return app
  }))
}

/** The name of what answers: a function, or a route of the host. */
async function server (app: FastifyInstance, url: string, method = 'GET'): Promise<string> {
  const response = await app.inject({ method: method as 'GET', url })
  if (response.statusCode !== 200) return String(response.statusCode)
  return response.body.startsWith('{') ? `function ${response.json().name}` : response.body
}

t.test('a host\'s route wins at equal specificity, in either order', async (t) => {
  const apps = await bothOrders(t, {
    'netlify/functions/literal.mjs': echoFunction('literal', { path: ['/api/users', '/api/ours'] }),
    'netlify/functions/param.mjs': echoFunction('param', { path: '/items/:id' }),
    'netlify/functions/wild.mjs': echoFunction('wild', { path: '/files/*' }),
    'netlify/functions/home.mjs': echoFunction('home', { path: '/' })
  }, (app) => {
    app.get('/api/users', async () => 'host users')
    app.get('/items/:key', async () => 'host item')
    app.get('/files/*', async () => 'host files')
    app.get('/', async () => 'host home')
  })
  for (const app of apps) {
    t.equal(await server(app, '/api/users'), 'host users')
    t.equal(await server(app, '/api/ours'), 'function literal')
    t.equal(await server(app, '/items/1'), 'host item')
    t.equal(await server(app, '/files/a/b'), 'host files')
    t.equal(await server(app, '/'), 'host home')
  }
})

t.test('a host\'s route takes its own methods only, in either order', async (t) => {
  const apps = await bothOrders(t, {
    'netlify/functions/literal.mjs': echoFunction('literal', { path: '/api/users' }),
    'netlify/functions/param.mjs': echoFunction('param', { path: '/items/:id' }),
    'netlify/functions/wild.mjs': echoFunction('wild', { path: '/files/*' })
  }, (app) => {
    app.get('/api/users', async () => 'host users')
    app.post('/items/:key', async () => 'host item')
    app.put('/files/*', async () => 'host files')
  })
  for (const app of apps) {
    t.equal(await server(app, '/api/users'), 'host users')
    t.equal(await server(app, '/api/users', 'HEAD'), '')
    t.equal(await server(app, '/api/users', 'POST'), 'function literal')
    t.equal(await server(app, '/items/1'), 'function param')
    t.equal(await server(app, '/items/1', 'POST'), 'host item')
    t.equal(await server(app, '/files/1'), 'function wild')
    t.equal(await server(app, '/files/1', 'PUT'), 'host files')
  }
})

t.test('a host\'s route of greater specificity wins, in either order', async (t) => {
  const apps = await bothOrders(t, {
    'netlify/functions/param.mjs': echoFunction('param', { path: '/items/:id' }),
    'netlify/functions/wild.mjs': echoFunction('wild', { path: '/files/*' }),
    'netlify/functions/everything.mjs': echoFunction('everything', { path: '/*' })
  }, (app) => {
    app.get('/items/sale', async () => 'host sale')
    app.get('/files/:name', async () => 'host file')
    app.get('/:page', async () => 'host page')
  })
  for (const app of apps) {
    t.equal(await server(app, '/items/sale'), 'host sale')
    t.equal(await server(app, '/items/other'), 'function param')
    t.equal(await server(app, '/files/a'), 'host file')
    t.equal(await server(app, '/files/a/b'), 'function wild')
    t.equal(await server(app, '/about'), 'host page')
    t.equal(await server(app, '/about/us'), 'function everything')
  }
})

t.test('a function of greater specificity wins over a host\'s route, in either order', async (t) => {
  const apps = await bothOrders(t, {
    'netlify/functions/literal.mjs': echoFunction('literal', { path: '/items/sale' }),
    'netlify/functions/param.mjs': echoFunction('param', { path: '/api/:id' }),
    'netlify/functions/nested.mjs': echoFunction('nested', { path: '/api/:id/edit' }),
    'netlify/functions/deeper.mjs': echoFunction('deeper', { path: '/api/v1/*' })
  }, (app) => {
    app.get('/items/:id', async () => 'host item')
    app.get('/api/*', async () => 'host api')
  })
  for (const app of apps) {
    t.equal(await server(app, '/items/sale'), 'function literal')
    t.equal(await server(app, '/items/other'), 'host item')
    t.equal(await server(app, '/api/1'), 'function param')
    t.equal(await server(app, '/api/1/edit'), 'function nested')
    t.equal(await server(app, '/api/v1/x'), 'function deeper')
    t.equal(await server(app, '/api/1/delete'), 'host api')
  }
})

t.test('a function or a file beats a host\'s `/*`, which gets all else, the 404 page included', async (t) => {
  const apps = await bothOrders(t, {
    'netlify/functions/param.mjs': echoFunction('param', { path: '/items/:id', method: 'GET' }),
    'netlify/functions/optional.mjs': echoFunction('optional', { path: '/:lang(de|en)?/about' }),
    'netlify/functions/named.mjs': echoFunction('named'),
    'public/page.html': 'page',
    'public/404.html': 'not found'
  }, (app) => {
    app.all('/*', async () => 'host')
  }, { publish: 'public' })
  for (const app of apps) {
    t.equal(await server(app, '/items/1'), 'function param')
    t.equal(await server(app, '/ITEMS/1'), 'function param')
    t.equal(await server(app, '/items/1', 'POST'), 'host')
    t.equal(await server(app, '/items/1/2'), 'host')
    t.equal(await server(app, '/about'), 'function optional')
    t.equal(await server(app, '/fr/about'), 'host')
    t.equal(await server(app, '/page'), 'page')
    t.equal(await server(app, '/page', 'POST'), 'host')
    t.equal(await server(app, '/nothing'), 'host')
    t.equal(await server(app, '/.netlify/functions/named'), 'function named')
    t.equal(await server(app, '/.netlify/functions/nobody'), '404')
  }
})

t.test('a function with the path `/*` beats a host\'s `/*`', async (t) => {
  const apps = await bothOrders(t, {
    'netlify/functions/everything.mjs': echoFunction('everything', { path: '/*', method: ['GET', 'POST'], excludedPath: '/host/*' })
  }, (app) => {
    app.all('/*', async () => 'host')
  })
  for (const app of apps) {
    t.equal(await server(app, '/a/b'), 'function everything')
    t.equal(await server(app, '/a/b', 'POST'), 'function everything')
    t.equal(await server(app, '/a/b', 'PUT'), 'host')
    t.equal(await server(app, '/host/a'), 'host')
  }
})

t.test('a host\'s route with constraints of its own wins where they hold, if it is registered after the plugin', async (t) => {
  const root = await createSite(t, { 'netlify/functions/literal.mjs': echoFunction('literal', { path: '/users' }) })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  app.get('/users', { constraints: { host: 'own.example' } }, async () => 'host users')
  t.equal((await app.inject({ url: '/users', headers: { host: 'own.example' } })).body, 'host users')
  t.equal((await app.inject({ url: '/users', headers: { host: 'other.example' } })).json().name, 'literal')
})

t.test('the same holds in a prefixed scope', async (t) => {
  const apps = await bothOrders(t, {
    'netlify/functions/literal.mjs': echoFunction('literal', { path: ['/users', '/ours'] }),
    'netlify/functions/wild.mjs': echoFunction('wild', { path: '/files/*' }),
    'public/page.html': 'page'
  }, (app) => {
    app.get('/shop/users', async () => 'host users')
    app.get('/shop/files/*', async () => 'host files')
    app.get('/shop/*', async () => 'host shop')
    app.get('/*', async () => 'host')
  }, { prefix: '/shop', publish: 'public' })
  for (const app of apps) {
    t.equal(await server(app, '/shop/users'), 'host users')
    t.equal(await server(app, '/shop/ours'), 'function literal')
    t.equal(await server(app, '/shop/files/a'), 'host files')
    t.equal(await server(app, '/shop/page'), 'page')
    t.equal(await server(app, '/shop/nothing'), 'host shop')
    t.equal(await server(app, '/users'), 'host')
  }
})

t.test('the host\'s own routes keep body parsers, hooks and parameters', async (t) => {
  const apps = await bothOrders(t, { 'netlify/functions/raw.mjs': 'export default async (request) => new Response(await request.text())\nexport const config = { path: "/raw/:x" }' }, (app) => {
    const routes: FastifyPluginCallback = (scope, _options, done) => {
      scope.addContentTypeParser('application/x-own', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, `own ${String(body)}`))
      scope.post<{ Params: { id: string } }>('/parsed/:id', async ({ params, body, query }) => ({ params, body, query }))
      done()
    }
    app.register(routes)
    app.post('/root', async (request) => request.body)
  })
  for (const app of apps) {
    const json = await app.inject({ method: 'POST', url: '/parsed/a%2Fb?q=1', payload: { a: 1 } })
    t.strictSame(json.json(), { params: { id: 'a/b' }, body: { a: 1 }, query: { q: '1' } })
    const own = await app.inject({ method: 'POST', url: '/parsed/1', headers: { 'content-type': 'application/x-own' }, payload: 'x' })
    t.equal(own.json().body, 'own x')
    for (const [payload, type, status] of [['{"a":', 'application/json', 400], ['x', 'application/x-own', 415], ['x', 'no type', 415]] as const) {
      t.equal((await app.inject({ method: 'POST', url: '/root', headers: { 'content-type': type }, payload })).statusCode, status)
      t.equal((await app.inject({ method: 'POST', url: '/raw/1', headers: { 'content-type': type }, payload })).body, payload)
    }
  }
})
