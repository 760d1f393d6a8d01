import { createRequire, registerHooks } from 'node:module'
import t from 'tap'
import { captureLog, createApp } from '../helper.ts'

const limited = 'export default () => new Response("x")\nexport const config = { path: "/x", rateLimit: { windowLimit: 1, windowSize: 60 } }'
const free = 'export default () => new Response("free")'

function isLoaded (): boolean {
  return Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('/@fastify/rate-limit/'))
}

t.test('@fastify/rate-limit is loaded when a function has a rateLimit, and only then', async (t) => {
  await createApp(t, { 'netlify/functions/free.mts': free })
  t.notOk(isLoaded())
  await createApp(t, { 'netlify/functions/x.mts': limited })
  t.ok(isLoaded())
})

t.test('where it is not installed, functions that need it fail with its name, and the others serve', async (t) => {
  const hooks = registerHooks({
    resolve (specifier, context, next) {
      if (specifier === '@fastify/rate-limit') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    }
  })
  t.teardown(() => hooks.deregister())
  const { logger, lines } = captureLog()
  const app = await createApp(t, { 'netlify/functions/x.mts': limited, 'netlify/functions/free.mts': free }, { exposeErrors: true }, { logger })

  t.equal((await app.inject('/.netlify/functions/free')).body, 'free')
  t.match((await app.inject('/x')).json(), {
    statusCode: 500,
    code: 'FST_NETLIFY_MISSING_PACKAGE',
    message: /"rateLimit" .*npm install @fastify\/rate-limit$/
  })
  t.match(lines.find((line) => line.function === 'x'), { level: 50, err: { code: 'FST_NETLIFY_MISSING_PACKAGE' } })
})
