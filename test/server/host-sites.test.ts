import t from 'tap'
import Fastify from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { createApp, createSite, listen } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'
import { sendRaw } from './raw-request.ts'

t.test('with a prefix, paths match what follows it, and the URL keeps it', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/named.mjs': echoFunction('named'),
    'netlify/functions/item.mjs': echoFunction('item', { path: ['/item/:id', '/sale'] }),
    'netlify/functions/home.mjs': echoFunction('home', { path: '/' }),
    'public/page.html': 'page'
  }, { prefix: '/shop', publish: 'public' })

  for (const [url, name, params] of [
    ['/shop/.netlify/functions/named/x', 'named', {}],
    ['/shop/.netlify/builders/named', 'named', {}],
    ['/shop/item/1?q=1', 'item', { id: '1' }],
    ['/shop/ITEM/1/', 'item', { id: '1' }],
    ['/shop/sale', 'item', {}],
    ['/shop/', 'home', {}],
    ['/shop', 'home', {}]
  ] as const) {
    const response = await app.inject(url)
    t.match(response.json<Echo>(), { name, params, url: `http://localhost${url}` }, url)
  }
  t.equal((await app.inject('/shop/page')).body, 'page')
  for (const url of ['/item/1', '/sale', '/', '/page', '/.netlify/functions/named', '/shopitem/1', '/shop2/sale', '/shop/shop/sale']) {
    t.equal((await app.inject(url)).statusCode, 404, url)
  }
})

t.test('the prefix itself is the site\'s root', async (t) => {
  const published = await createApp(t, { 'public/index.html': 'home' }, { prefix: '/docs', publish: 'public' })
  const everything = await createApp(t, { 'netlify/functions/everything.mjs': echoFunction('everything', { path: '/*' }) }, { prefix: '/docs/v1/' })
  for (const url of ['/docs', '/docs/', '/docs?q=1', '/docs/index.html']) t.equal((await published.inject(url)).body, 'home', url)
  for (const url of ['/docs/v1', '/docs/v1/', '/docs/v1/?q=1']) t.equal((await everything.inject(url)).json().name, 'everything', url)
})

t.test('a host\'s route at the prefix itself wins, in either order', async (t) => {
  const root = await createSite(t, { 'netlify/functions/home.mjs': echoFunction('home', { path: '/' }), 'public/index.html': 'index' })
  for (const before of [true, false]) {
    const app = Fastify()
    t.teardown(() => app.close())
    if (before) app.get('/docs', async () => 'host')
    await app.register(netlifyFunctions, { root, prefix: '/docs', publish: 'public' })
    if (!before) app.get('/docs', async () => 'host')
    t.equal((await app.inject('/docs')).body, 'host')
    t.equal((await app.inject({ method: 'POST', url: '/docs' })).json<Echo>().name, 'home')
    t.equal((await app.inject('/docs/')).json<Echo>().name, 'home')
  }
})

t.test('no dot segment leads from one site into another', async (t) => {
  const [shop, blog] = await Promise.all(['shop', 'blog'].map(async (name) => await createSite(t, {
    [`netlify/functions/${name}.mjs`]: echoFunction(name, { path: '/*' }),
    [`netlify/functions/${name}-named.mjs`]: echoFunction(`${name}-named`),
    'public/page.html': 'page'
  })))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => { await scope.register(netlifyFunctions, { root: shop!, prefix: '/shop', publish: 'public' }) })
  await app.register(async (scope) => { await scope.register(netlifyFunctions, { root: blog!, prefix: '/blog' }) })
  const origin = await listen(app)
  for (const target of ['/shop/../blog/x', '/shop/../shop-x', '/shop/../shopXpage', '/shop/..']) t.equal((await sendRaw(origin, `GET ${target}`)).status, 404, target)
  t.equal((await sendRaw(origin, 'GET /shop/.netlify/functions/../../../blog/x')).status, 404)
})

t.test('the plugin serves inside a prefixed scope of the host, with a prefix of its own too', async (t) => {
  const root = await createSite(t, { 'netlify/functions/item.mjs': echoFunction('item', { path: '/item/:id' }), 'netlify/functions/named.mjs': echoFunction('named') })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => {
    await scope.register(netlifyFunctions, { root })
    t.ok(scope.netlifyFunctions)
  }, { prefix: '/a' })
  await app.register(async (scope) => { await scope.register(netlifyFunctions, { root, prefix: '/c' }) }, { prefix: '/b' })
  for (const base of ['/a', '/b/c']) {
    t.match((await app.inject(`${base}/item/1`)).json(), { name: 'item', params: { id: '1' }, url: `http://localhost${base}/item/1` })
    t.match((await app.inject(`${base}/.netlify/functions/named`)).json(), { name: 'named' })
  }
  for (const url of ['/item/1', '/c/item/1', '/b/item/1']) t.equal((await app.inject(url)).statusCode, 404)
  t.notOk(app.hasDecorator('netlifyFunctions'))
})

t.test('a scope whose prefix is not ASCII, or has a parameter', async (t) => {
  const root = await createSite(t, { 'netlify/functions/item.mjs': echoFunction('item', { path: '/item/:id' }), 'netlify/functions/named.mjs': echoFunction('named') })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => { await scope.register(netlifyFunctions, { root }) }, { prefix: '/café' })
  t.equal((await app.inject('/café/item/1')).json<Echo>().name, 'item')
  t.equal((await app.inject('/café/.netlify/functions/named')).json<Echo>().name, 'named')

  const broken = Fastify()
  await t.rejects(async () => await broken.register(async (scope) => { await scope.register(netlifyFunctions, { root }) }, { prefix: '/:tenant' }),
    { code: 'FST_NETLIFY_INVALID_OPTION', message: /"prefix".*"\/:tenant"/ })
})

t.test('two sites with a root and a prefix each live in one scope, by name', async (t) => {
  const [shop, blog] = await Promise.all(['shop', 'blog'].map(async (name) => await createSite(t, {
    [`netlify/functions/${name}.mjs`]: echoFunction(name, { path: '/:x' }),
    'netlify/functions/same.mjs': echoFunction(`${name} same`),
    'public/index.html': name
  })))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root: shop!, prefix: '/shop', publish: 'public', name: 'shop' })
  await app.register(netlifyFunctions, { root: blog!, prefix: '/blog', publish: 'public', name: 'blog' })

  for (const name of ['shop', 'blog']) {
    t.match((await app.inject(`/${name}/1`)).json(), { name, params: { x: '1' } })
    t.match((await app.inject(`/${name}/.netlify/functions/same`)).json(), { name: `${name} same` })
    t.equal((await app.inject(`/${name}/`)).body, name)
    t.strictSame(app.netlifyFunctions.site(name).functions.map((info) => info.name).sort(), [name, 'same'].sort())
  }
  t.equal((await app.inject('/shop/.netlify/functions/blog')).statusCode, 404)
  t.throws(() => app.netlifyFunctions.site('other'), { code: 'FST_NETLIFY_UNKNOWN_SITE' })
})

t.test('two sites live in one app by host constraint', async (t) => {
  const [one, two] = await Promise.all(['one', 'two'].map(async (name) => await createSite(t, {
    'netlify/functions/same.mjs': echoFunction(name, { path: '/api/:x' }),
    'netlify/functions/named.mjs': echoFunction(`${name} named`),
    'netlify/functions/alike.mjs': echoFunction(`${name} alike`, { path: `/alike/:x/${name}` }),
    [`netlify/functions/only-${name}.mjs`]: echoFunction(`only ${name}`, { path: `/only-${name}` }),
    'public/page.html': name
  })))
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/', async () => 'host')
  await app.register(netlifyFunctions, { root: one!, publish: 'public', constraints: { host: 'one.example' }, name: 'one' })
  await app.register(netlifyFunctions, { root: two!, publish: 'public', constraints: { host: 'two.example' }, name: 'two' })

  const get = async (host: string, url: string): Promise<string> => {
    const response = await app.inject({ url, headers: { host } })
    return response.statusCode === 404 ? '404' : response.body.startsWith('{') ? response.json<Echo>().name : response.body
  }
  for (const [name, other] of [['one', 'two'], ['two', 'one']] as const) {
    const host = `${name}.example`
    t.equal(await get(host, '/api/1'), name)
    t.equal(await get(host, '/.netlify/functions/named'), `${name} named`)
    t.equal(await get(host, '/page'), name)
    t.equal(await get(host, '/'), 'host')
    t.equal(await get(host, `/only-${name}`), `only ${name}`)
    t.equal(await get(host, `/only-${other}`), '404')
    t.equal(await get(host, `/alike/1/${name}`), `${name} alike`)
    t.equal(await get(host, `/alike/1/${other}`), '404')
  }
  for (const [url, expected] of [['/api/1', '404'], ['/.netlify/functions/named', '404'], ['/page', '404'], ['/', 'host']] as const) t.equal(await get('three.example', url), expected)
})

t.test('two sites that share a name, lack one, or are in the same place are a boot error', async (t) => {
  const root = await createSite(t, { 'netlify/functions/named.mjs': echoFunction('named') })
  const boot = async (...sites: Array<{ name?: string, prefix?: string }>): Promise<unknown> => {
    const app = Fastify()
    t.teardown(() => app.close())
    for (const site of sites) app.register(netlifyFunctions, { root, ...site })
    return await app.ready()
  }
  await t.rejects(boot({ prefix: '/a' }, { prefix: '/b' }), { code: 'FST_NETLIFY_DUPLICATE_SITE' })
  await t.rejects(boot({ prefix: '/a', name: 'x' }, { prefix: '/b', name: 'x' }), { code: 'FST_NETLIFY_DUPLICATE_SITE', message: /"x"/ })
  await t.rejects(boot({ name: 'x' }, { name: 'y' }), { code: 'FST_ERR_DUPLICATED_ROUTE' })
  await t.resolves(boot({ prefix: '/a' }, { prefix: '/b', name: 'y' }, { prefix: '/c', name: 'z' }))
})

t.test('sites in sibling scopes need no name', async (t) => {
  const root = await createSite(t, { 'netlify/functions/named.mjs': echoFunction('named') })
  const app = Fastify()
  t.teardown(() => app.close())
  for (const prefix of ['/a', '/b']) await app.register(async (scope) => { await scope.register(netlifyFunctions, { root }) }, { prefix })
  for (const prefix of ['/a', '/b']) t.equal((await app.inject(`${prefix}/.netlify/functions/named`)).json<Echo>().name, 'named')
})

t.test('a site in a child scope of another site needs no name, and serves its own prefix', async (t) => {
  const root = await createSite(t, { 'netlify/functions/outer.mjs': echoFunction('outer', { path: '/*' }) })
  const innerRoot = await createSite(t, { 'netlify/functions/inner.mjs': echoFunction('inner', { path: '/*' }) })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  await app.register(async (scope) => { await scope.register(netlifyFunctions, { root: innerRoot, name: 'inner' }) }, { prefix: '/inner' })
  t.equal((await app.inject('/inner/x')).json<Echo>().name, 'inner')
  t.equal((await app.inject('/x')).json<Echo>().name, 'outer')
})
