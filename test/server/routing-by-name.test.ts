import t from 'tap'
import Fastify, { type HTTPMethods } from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { createApp, createSite, listen } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'
import { sendRaw } from './raw-request.ts'

t.test('every method that Fastify supports reaches a function, at any depth', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hello.mjs': echoFunction('hello') })
  const methods = app.supportedMethods.filter((method) => method !== 'TRACE') as HTTPMethods[]
  t.ok(methods.length >= 8, `the methods are ${methods.join(' ')}`)

  for (const method of methods) {
    for (const url of ['/.netlify/functions/hello', '/.netlify/functions/hello/', '/.netlify/functions/hello/a/b?c=d', '/.netlify/builders/hello']) {
      const headers = method === 'QUERY' ? { 'content-type': 'text/plain' } : {}
      const response = await app.inject({ method: method as 'GET', url, headers })
      t.equal(response.statusCode, 200, `${method} ${url}`)
      if (method === 'HEAD') t.equal(response.body, '')
      else t.strictSame(response.json<Echo>(), { name: 'hello', method, url: `http://localhost${url}`, params: {} })
    }
  }
})

t.test('HEAD has the headers of GET and no body', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hello.mjs': 'export default () => new Response("hello", { headers: { "x-made-by": "function" } })' })
  const response = await fetch(`${await listen(app)}/.netlify/functions/hello`, { method: 'HEAD' })
  t.equal(response.status, 200)
  t.equal(response.headers.get('x-made-by'), 'function')
  t.equal(response.headers.get('content-length'), '5')
  t.equal(await response.text(), '')
})

t.test('TRACE reaches a Lambda-compatible function; the Fetch standard forbids it for others', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/web.mjs': echoFunction('web', { path: '/web' }),
    'netlify/functions/named.mjs': echoFunction('named'),
    'netlify/functions/lambda.mjs': 'export const handler = async (event) => ({ statusCode: 200, body: event.httpMethod })'
  })
  const origin = await listen(app)
  for (const path of ['/web', '/.netlify/functions/named']) {
    const { status, body } = await sendRaw(origin, `TRACE ${path}`)
    t.equal(status, 405)
    t.equal(JSON.parse(body).code, 'FST_NETLIFY_METHOD_NOT_SUPPORTED')
  }
  const { status, body } = await sendRaw(origin, 'TRACE /.netlify/functions/lambda')
  t.strictSame([status, body], [200, 'TRACE'])
})

t.test('a method that the host has added reaches a function, by name and by path', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/named.mjs': echoFunction('named'),
    'netlify/functions/placed.mjs': echoFunction('placed', { path: '/placed/:x' })
  })
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHttpMethod('MKCOL', { hasBody: true })
  await app.register(netlifyFunctions, { root })
  const origin = await listen(app)
  for (const [path, name] of [['/.netlify/functions/named', 'named'], ['/placed/1', 'placed']]) {
    const { status, body } = await sendRaw(origin, `MKCOL ${path}`)
    t.equal(status, 200)
    t.match(JSON.parse(body), { name, method: 'MKCOL' })
  }
})

t.test('an unknown name is 404 and an invalid one 400', async (t) => {
  const app = await createApp(t, { 'netlify/functions/Hello.mjs': echoFunction('Hello'), 'netlify/functions/x.test.mjs': echoFunction('x') })
  const outcome = async (url: string): Promise<unknown> => {
    const response = await app.inject(url)
    return [response.statusCode, response.json().code ?? response.json().name]
  }
  for (const base of ['/.netlify/functions', '/.netlify/builders']) {
    t.strictSame(await outcome(`${base}/Hello`), [200, 'Hello'])
    for (const name of ['hello', 'HELLO', 'nobody', 'Hello-2', 'toString', '__proto__']) {
      t.strictSame(await outcome(`${base}/${name}`), [404, 'FST_NETLIFY_FUNCTION_NOT_FOUND'], name)
    }
    for (const name of ['x.test', 'Hello.mjs', 'H%65llo', 'a%2Fb', 'a b', 'é', '.hidden', 'a:b']) {
      t.strictSame(await outcome(`${base}/${name}/deeper`), [400, 'FST_NETLIFY_INVALID_FUNCTION_NAME'], name)
    }
  }
  t.strictSame(await outcome('/.netlify/functions/'), [404, 'FST_NETLIFY_FUNCTION_NOT_FOUND'])
  t.equal((await app.inject('/.netlify/functions')).statusCode, 404)
})

t.test('a function with a path is not served under its name', async (t) => {
  const app = await createApp(t, { 'netlify/functions/placed.mjs': echoFunction('placed', { path: '/placed' }) })
  t.equal((await app.inject('/placed')).statusCode, 200)
  for (const url of ['/.netlify/functions/placed', '/.netlify/builders/placed', '/.netlify/functions/placed/x']) {
    const response = await app.inject(url)
    t.equal(response.statusCode, 404)
    t.equal(response.json().code, 'FST_NETLIFY_FUNCTION_NOT_FOUND')
  }
})

t.test('no path of a function takes over what is served by name', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/named.mjs': echoFunction('named'),
    'netlify/functions/everything.mjs': echoFunction('everything', { path: ['/*', '/.netlify/functions/stolen', '/.netlify/functions/named'] })
  })
  t.equal((await app.inject('/.netlify/functions/named')).json<Echo>().name, 'named')
  t.equal((await app.inject('/.netlify/functions/stolen')).statusCode, 404)
  t.equal((await app.inject('/.netlify/identity')).json<Echo>().name, 'everything')
})

t.test('without `path`, `method` and `excludedPath` have no effect', async (t) => {
  const app = await createApp(t, { 'netlify/functions/hello.mjs': echoFunction('hello', { method: 'POST', excludedPath: '/.netlify/functions/*' }) })
  t.equal((await app.inject('/.netlify/functions/hello')).statusCode, 200)
})
