import t from 'tap'
import { createApp } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'

const publish = 'public'
const origin = 'http://localhost'

t.test('a rewrite to a function, by its name and by its path', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/hello.mjs': echoFunction('hello'),
    'netlify/functions/user.mjs': echoFunction('user', { path: '/users/:id' }),
    'public/_redirects': '/api/* /.netlify/functions/:splat 200\n/people/:id /users/:id 200\n/person/:id /users/:id?by=:id 200\n/built/* /.netlify/builders/:splat 200'
  }, { publish })
  for (const [url, name] of [['/api/hello', 'hello'], ['/api/hello/more?a=1&a=2', 'hello'], ['/built/hello', 'hello'], ['/people/7?q=x%20y', 'user']] as const) {
    const response = await app.inject(url)
    t.strictSame(response.json<Echo>(), { name, method: 'GET', url: `${origin}${url}`, params: {} }, `${url}: the function sees what was asked for`)
  }
  t.equal((await app.inject('/person/7?q=x')).json<Echo>().url, `${origin}/person/7?by=7`)
  t.equal((await app.inject('/api/none')).statusCode, 404)
  t.equal((await app.inject('/api/user')).statusCode, 404, 'a function with a path has no other URL')
})

t.test('a query of the rule takes the place of the request\'s', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/item.mjs': echoFunction('item'),
    'public/_redirects': '/items/:id id=:other /.netlify/functions/item?id=:id&other=:other 200\n/items/:id /.netlify/functions/item?id=:id 200'
  }, { publish })
  t.equal((await app.inject('/items/a%26b?x=1')).json<Echo>().url, `${origin}/items/a%26b?id=a%26b`)
  t.equal((await app.inject('/items/7?id=a%26b&x=1')).json<Echo>().url, `${origin}/items/7?id=7&other=a%26b`)
  t.equal((await app.inject('/items/7')).json<Echo>().url, `${origin}/items/7?id=7`)
})

t.test('every method and every body reaches the function', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/echo.mjs': 'export default async (request) => new Response(request.method + " " + await request.text())',
    'public/_redirects': '/api/* /.netlify/functions/:splat 200'
  }, { publish })
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) t.equal((await app.inject({ method, url: '/api/echo', payload: 'body' })).body, `${method} body`)
})

t.test('a function of the Lambda form sees the path that was asked for, and the query', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/event.cjs': 'exports.handler = async ({ path, rawUrl, queryStringParameters }) => ({ statusCode: 200, body: JSON.stringify({ path, rawUrl, queryStringParameters }) })',
    'public/_redirects': '/api/:id /.netlify/functions/event?id=:id 200'
  }, { publish })
  t.strictSame((await app.inject('/api/7?a=1')).json(), { path: '/api/7', rawUrl: `${origin}:80/api/7?id=7`, queryStringParameters: { id: '7' } })
})

t.test('the status of a function is its own', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/teapot.mjs': 'export default () => new Response("teapot", { status: 418 })',
    'public/_redirects': '/a /.netlify/functions/teapot 200\n/b /.netlify/functions/teapot 404',
    'public/404.html': 'not found'
  }, { publish })
  for (const url of ['/a', '/b']) t.match(await app.inject(url), { statusCode: 418, body: 'teapot' })
})

t.test('a function that prefers files leaves them to the site behind a rule, too', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/page.mjs': echoFunction('page', { path: '/pages/*', preferStatic: true }),
    'public/_redirects': '/p/* /pages/:splat 200',
    'public/pages/there.html': 'there'
  }, { publish })
  t.equal((await app.inject('/p/there')).body, 'there')
  t.equal((await app.inject('/p/other')).json<Echo>().name, 'page')
})

t.test('a redirect to a function is one', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hello.mjs': echoFunction('hello'), 'public/_redirects': '/hello /.netlify/functions/hello' }, { publish })
  t.match(await app.inject('/hello?a=1'), { statusCode: 301, headers: { location: '/.netlify/functions/hello?a=1' } })
})

t.test('a background function is queued', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/later-background.mjs': 'export default () => {}',
    'public/_redirects': '/later /.netlify/functions/later-background 200'
  }, { publish })
  t.equal((await app.inject({ method: 'POST', url: '/later', payload: 'x' })).statusCode, 202)
})

t.test('of a framework, rules that lead away come before its function, rewrites do not', async (t) => {
  const server = 'export default () => new Response("framework")\nexport const config = { path: "/*", preferStatic: true }'
  const rules = '/old /about 301\n/page /about 301\n/rewritten /about 200\n/members/* /login 302 Cookie=guest\n/item/:id /products/:id/index.html 302\n/start /home/index.html 302'
  const files = { 'public/_redirects': rules, 'public/about.html': 'about', 'public/page.html': 'page', 'public/home/index.html': 'home' }
  const app = await createApp(t, { '.netlify/v1/functions/server.mjs': server, ...files }, { publish })
  const answer = async (url: string, headers = {}): Promise<string> => {
    const response = await app.inject({ url, headers })
    return `${response.statusCode} ${response.headers.location ?? response.body}`
  }
  t.equal(await answer('/old'), '301 /about')
  t.equal(await answer('/page'), '200 page', 'a file is served all the same')
  t.equal(await answer('/rewritten'), '200 framework')
  t.equal(await answer('/members/1'), '200 framework')
  t.equal(await answer('/members/1', { cookie: 'guest=1' }), '302 /login')
  t.equal(await answer('/else'), '200 framework')
  t.equal(await answer('/item/7'), '200 framework', 'a page that there is none of')
  t.equal(await answer('/start'), '302 /home/index.html')

  const own = await createApp(t, { 'netlify/functions/server.mjs': server, ...files }, { publish })
  t.equal((await own.inject('/old')).body, 'framework', 'the function of a user keeps its place')
})
