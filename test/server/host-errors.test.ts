import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { captureLog, createSite } from '../helper.ts'
import { echoFunction } from './echo-function.ts'

const files = {
  'netlify/functions/broken.mjs': 'export default () => { throw new Error("oh no") }\nexport const config = { path: "/broken/:x" }',
  'netlify/functions/syntax.mjs': 'export default (',
  'netlify/functions/item.mjs': echoFunction('item', { path: '/item/:id', method: 'GET' })
}

/** Each URL that makes an error, and its code. */
const errors = {
  '/broken/1': 'FST_NETLIFY_FUNCTION_FAILED',
  '/.netlify/functions/syntax': 'FST_NETLIFY_BUILD_FAILED',
  '/.netlify/functions/nobody': 'FST_NETLIFY_FUNCTION_NOT_FOUND',
  '/.netlify/functions/a.b': 'FST_NETLIFY_INVALID_FUNCTION_NAME'
}

/** Gives the app an error handler that answers 418 with the code, and says how often it ran. */
function countErrors (app: FastifyInstance): { calls: number } {
  const counter = { calls: 0 }
  app.setErrorHandler<Error & { code: string }>(async (error, _request, reply) => {
    counter.calls++
    return await reply.code(418).send(`handled ${error.code}`)
  })
  return counter
}

async function expectHandled (t: Test, app: FastifyInstance, counter: { calls: number }): Promise<void> {
  for (const [url, code] of Object.entries(errors)) {
    counter.calls = 0
    const response = await app.inject(url)
    t.strictSame([response.statusCode, response.body, counter.calls], [418, `handled ${code}`, 1], url)
  }
}

t.test('an error handler that the host sets before the plugin gets each error once', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  const counter = countErrors(app)
  await app.register(netlifyFunctions, { root })
  await expectHandled(t, app, counter)
})

t.test('an error handler that the host sets after `await register` gets each error once', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  await expectHandled(t, app, countErrors(app))
})

t.test('of two error handlers of the host the later one counts', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify({ allowErrorHandlerOverride: true })
  t.teardown(() => app.close())
  const early = countErrors(app)
  await app.register(netlifyFunctions, { root })
  await expectHandled(t, app, countErrors(app))
  t.equal(early.calls, 0)
})

t.test('an error handler of the root that is set later counts in a child scope too', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (child) => { await child.register(netlifyFunctions, { root }) })
  await expectHandled(t, app, countErrors(app))
})

t.test('an error handler that the host sets later may throw on, or answer with what it returns', async (t) => {
  const root = await createSite(t, files)
  for (const early of [false, true]) {
    const app = Fastify()
    t.teardown(() => app.close())
    const set = (): unknown => app.setErrorHandler<Error & { code: string }>((error, _request, reply) => {
      if (error.code === 'FST_NETLIFY_FUNCTION_FAILED') throw error
      reply.code(418)
      return { seen: error.code }
    })
    if (early) set()
    await app.register(netlifyFunctions, { root })
    if (!early) set()
    const failed = await app.inject('/broken/1')
    t.equal(failed.statusCode, 500)
    t.equal(failed.json().code, 'FST_NETLIFY_FUNCTION_FAILED')
    const unknown = await app.inject('/.netlify/functions/nobody')
    t.strictSame([unknown.statusCode, unknown.json()], [418, { seen: 'FST_NETLIFY_FUNCTION_NOT_FOUND' }])
  }
})

t.test('without an error handler of the host, Fastify\'s answers, and logs each error once', async (t) => {
  const root = await createSite(t, files)
  const log = captureLog('info')
  const app = Fastify({ logger: log.logger })
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  for (const [url, code] of Object.entries(errors)) {
    log.lines.length = 0
    const response = await app.inject(url)
    t.equal(response.json().code, code)
    await log.line(({ msg }) => msg === 'request completed')
    t.strictSame(log.lines.filter(({ err }) => err).map(({ err }) => err?.code), [code])
  }
})

t.test('the host\'s not-found handler is left alone, and gets what nothing of the site serves', async (t) => {
  const root = await createSite(t, { ...files, 'public/index.html': 'home' })
  for (const early of [false, true]) {
    const app = Fastify()
    t.teardown(() => app.close())
    const set = (): unknown => app.setNotFoundHandler({ preHandler: (_request, _reply, done) => done() }, (request, reply) => {
      reply.code(404).send(`no ${request.method} ${request.url} ${JSON.stringify(request.body ?? null)}`)
    })
    if (early) set()
    await app.register(netlifyFunctions, { root, publish: 'public' })
    if (!early) set()
    t.equal((await app.inject('/nothing')).body, 'no GET /nothing null')
    t.equal((await app.inject({ method: 'POST', url: '/nothing', payload: { a: 1 } })).body, 'no POST /nothing {"a":1}')
    t.equal((await app.inject({ method: 'POST', url: '/item/1', payload: { a: 1 } })).body, 'no POST /item/1 {"a":1}')
    t.equal((await app.inject({ method: 'POST', url: '/index.html' })).body, 'no POST /index.html null')
    t.equal((await app.inject('/item/1')).statusCode, 200)
  }
})

t.test('without a not-found handler of the host, Fastify\'s answers', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })
  t.strictSame((await app.inject('/nothing')).json(), { message: 'Route GET:/nothing not found', error: 'Not Found', statusCode: 404 })
})
