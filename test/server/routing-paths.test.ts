import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { captureLog, createApp } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'

/** Serves functions by their names and the `config` of each. */
async function createEchoApp (t: Test, configs: Record<string, object>): Promise<FastifyInstance> {
  return await createApp(t, Object.fromEntries(Object.entries(configs).map(([name, config]) => [`netlify/functions/${name}.mjs`, echoFunction(name, config)])))
}

/** The name of the function that answers, and its params; the status when none does. */
async function outcome (app: FastifyInstance, url: string, method = 'GET'): Promise<unknown> {
  const response = await app.inject({ method: method as 'GET', url })
  return response.statusCode === 200 ? [response.json<Echo>().name, response.json<Echo>().params] : response.statusCode
}

t.test('a path is a string or a list of strings', async (t) => {
  const app = await createEchoApp(t, { one: { path: '/one' }, several: { path: ['/cats', '/dogs/:name'] } })
  t.strictSame(await outcome(app, '/one'), ['one', {}])
  t.strictSame(await outcome(app, '/cats'), ['several', {}])
  t.strictSame(await outcome(app, '/dogs/rex'), ['several', { name: 'rex' }])
  t.equal(await outcome(app, '/dogs'), 404)
})

t.test('every syntax of a URL pattern is served', async (t) => {
  const patterns: Record<string, Record<string, Record<string, string> | 404>> = {
    '/named/:first/:last': { '/named/a/b': { first: 'a', last: 'b' }, '/named/a': 404 },
    '/id/:id(\\d+)': { '/id/12': { id: '12' }, '/id/x': 404 },
    '/unnamed/(\\d+)/([a-z]+)': { '/unnamed/12/x': { 0: '12', 1: 'x' }, '/unnamed/x/12': 404 },
    '/wild/*': { '/wild/': 404, '/wild/a/b': { 0: 'a/b' }, '/wild': 404 },
    '/middle/*/end': { '/middle/a/b/end': { 0: 'a/b' }, '/middle/end': 404 },
    '/two/*/and/*': { '/two/a/and/b/c': { 0: 'a', 1: 'b/c' } },
    '/optional/:x?': { '/optional': {}, '/optional/a': { x: 'a' }, '/optional/a/b': 404 },
    '/many/:x+': { '/many': 404, '/many/a': { x: 'a' }, '/many/a/b': { x: 'a/b' } },
    '/any/:x*': { '/any': {}, '/any/a/b': { x: 'a/b' } },
    '/group{/inner}?/end': { '/group/end': {}, '/group/inner/end': {}, '/group/other/end': 404 },
    '/tags/:first{-:more}*': { '/tags/a': { first: 'a' }, '/tags/a-b-c': { first: 'a', more: 'b-c' } },
    '/file/:name.:ext': { '/file/a.tar.gz': { name: 'a', ext: 'tar.gz' }, '/file/a': 404 },
    '/v:version/x': { '/v12/x': { version: '12' }, '/v/x': 404 },
    '/escaped\\:x\\*': { '/escaped:x*': {}, '/escaped:x': 404 },
    '/a space/é': { '/a%20space/%C3%A9': {}, '/a%20space/%C3%89': 404 },
    '/slash%2Fed/:x': { '/slash%2Fed/1': { x: '1' }, '/slash/ed/1': 404 },
    '/:lang(de|fr)/about': { '/de/about': { lang: 'de' }, '/en/about': 404 }
  }
  const app = await createEchoApp(t, Object.fromEntries(Object.keys(patterns).map((path, index) => [`f${index}`, { path }])))
  for (const [index, urls] of Object.values(patterns).entries()) {
    for (const [url, params] of Object.entries(urls)) t.strictSame(await outcome(app, url), params === 404 ? 404 : [`f${index}`, params], url)
  }
})

t.test('literal paths come first, then the more specific pattern, then the name', async (t) => {
  const app = await createEchoApp(t, {
    a: { path: '/*' },
    b: { path: '/shop/*' },
    c: { path: '/shop/:id' },
    d: { path: '/shop/:id(\\d+)' },
    e: { path: '/shop/sale' },
    f: { path: '/shop/:id/edit' },
    g: { path: '/shop/:other' }
  })
  t.strictSame(await outcome(app, '/shop/sale'), ['e', {}])
  t.strictSame(await outcome(app, '/shop/12'), ['d', { id: '12' }])
  t.strictSame(await outcome(app, '/shop/x'), ['c', { id: 'x' }])
  t.strictSame(await outcome(app, '/shop/x/edit'), ['f', { id: 'x' }])
  t.strictSame(await outcome(app, '/shop/x/y'), ['b', { 0: 'x/y' }])
  t.strictSame(await outcome(app, '/x'), ['a', { 0: 'x' }])
  t.strictSame(await outcome(app, '/'), ['a', { 0: '' }])
})

t.test('fixed text matches in any case, parameters and unnamed groups keep theirs', async (t) => {
  const app = await createEchoApp(t, { literal: { path: '/About/Us' }, item: { path: '/Shop/:id/Details' }, wild: { path: '/Files/*' } })
  for (const url of ['/About/Us', '/about/us', '/ABOUT/US']) t.strictSame(await outcome(app, url), ['literal', {}])
  for (const url of ['/Shop/AbC/Details', '/sHOP/AbC/dETAILS']) t.strictSame(await outcome(app, url), ['item', { id: 'AbC' }])
  for (const url of ['/Files/A/b', '/FILES/A/b']) t.strictSame(await outcome(app, url), ['wild', { 0: 'A/b' }])
})

t.test('one trailing slash is ignored, with and without a query', async (t) => {
  const app = await createEchoApp(t, { literal: { path: '/about' }, slashed: { path: '/contact/' }, item: { path: '/item/:id' } })
  for (const [path, found] of Object.entries({ '/about': ['literal', {}], '/contact': ['slashed', {}], '/item/12': ['item', { id: '12' }] })) {
    for (const ending of ['', '/', '?q=1', '/?q=1', '?', '/?']) t.strictSame(await outcome(app, path + ending), found, path + ending)
    t.equal(await outcome(app, `${path}//`), 404)
  }
})

t.test('an excluded path and a method fall through to the next function, and then to the host\'s 404', async (t) => {
  const app = await createEchoApp(t, {
    read: { path: '/item/:id', method: ['GET', 'head'], excludedPath: ['/item/secret', '/item/:id.json'] },
    write: { path: '/item/:id', method: 'POST' },
    rest: { path: '/item/*', method: ['GET', 'DELETE'], excludedPath: '/item/secret' }
  })
  t.strictSame(await outcome(app, '/item/1'), ['read', { id: '1' }])
  t.strictSame(await outcome(app, '/item/1', 'POST'), ['write', { id: '1' }])
  t.strictSame(await outcome(app, '/item/1', 'DELETE'), ['rest', { 0: '1' }])
  t.strictSame(await outcome(app, '/item/x.json'), ['rest', { 0: 'x.json' }])
  t.equal(await outcome(app, '/item/SECRET'), 404)
  t.equal(await outcome(app, '/item/1', 'PUT'), 404)
  t.equal((await app.inject({ method: 'HEAD', url: '/item/1' })).statusCode, 200)
  t.equal((await app.inject({ method: 'HEAD', url: '/item/x.json' })).statusCode, 404)
  t.equal((await app.inject({ method: 'OPTIONS', url: '/item/1' })).statusCode, 404)
})

t.test('a method that matches no function falls through to the published files', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/save.mjs': echoFunction('save', { path: '/form', method: 'POST' }),
    'public/form.html': '<form>'
  }, { publish: 'public' })
  t.equal((await app.inject('/form')).body, '<form>')
  t.equal((await app.inject({ method: 'POST', url: '/form' })).json<Echo>().name, 'save')
  t.equal((await app.inject({ method: 'PUT', url: '/form' })).statusCode, 404)
})

t.test('HEAD and OPTIONS reach a function that names no method', async (t) => {
  const app = await createEchoApp(t, { any: { path: '/any/:x' } })
  t.strictSame(await outcome(app, '/any/1', 'OPTIONS'), ['any', { x: '1' }])
  const head = await app.inject({ method: 'HEAD', url: '/any/1' })
  t.equal(head.statusCode, 200)
  t.ok(Number(head.headers['content-length']) > 0)
  t.equal(head.body, '')
})

t.test('a pattern that is not valid fails its function, with the message, and no other', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/bad.mjs': echoFunction('bad', { path: ['/fine', '/bad('] }),
    'netlify/functions/relative.mjs': echoFunction('relative', { path: 'relative' }),
    'netlify/functions/good.mjs': echoFunction('good', { path: '/good' })
  }, {}, { logger: log.logger })

  t.equal((await app.inject('/good')).statusCode, 200)
  const rules = { bad: '\'path.1\': \'/bad(\' is not a valid path', relative: '\'path\': Must start with a \'/\'' }
  for (const [name, rule] of Object.entries(rules)) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.equal(response.statusCode, 500)
    t.equal(response.json().code, 'FST_NETLIFY_INVALID_CONFIG')
    t.match(response.json().message, `Function "${name}" has a configuration error on ${rule}`)
    t.ok(log.lines.some(({ level, err }) => level === 50 && err?.message.includes(rule)), 'it is logged at boot')
  }
})

t.test('functions with the same path and a method in common are logged at boot', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/a.mjs': echoFunction('a', { path: '/item/:id' }),
    'netlify/functions/b.mjs': echoFunction('b', { path: '/Item/:sku/' }),
    'netlify/functions/c.mjs': echoFunction('c', { path: '/item/*' })
  }, {}, { logger: log.logger })
  t.strictSame(await outcome(app, '/item/1'), ['a', { id: '1' }])
  const overlaps = log.lines.filter(({ level, functions }) => level === 40 && functions !== undefined)
  t.match(overlaps, [{ path: '/item/:id', functions: ['a', 'b'] }])
  t.equal(overlaps.length, 1)
})
