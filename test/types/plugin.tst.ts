import { readFileSync } from 'node:fs'
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import netlifyFunctions, {
  errors,
  netlifyFunctions as named,
  type FunctionInfo,
  type Jobs,
  type Limits,
  type NetlifyFunctions,
  type NetlifyFunctionsOptions,
  type PublishOptions
} from '../../lib/index.ts'
import type { Equal, Expect } from './expect.ts'

const app = Fastify()

// Registration.
app.register(netlifyFunctions)
app.register(named, {})
await app.register(netlifyFunctions, {
  root: '/srv/site',
  prefix: '/shop',
  constraints: { host: 'shop.example' },
  name: 'shop',
  functions: ['netlify/functions', 'more'],
  publish: { directory: 'public', notFound: false },
  config: false,
  env: { API_KEY: 'secret' },
  envFile: ['.env', '.env.local'],
  geo: (request) => ({ city: request.ip, country: { code: 'DE' } }),
  site: { url: 'https://shop.example' },
  deploy: { context: 'staging', id: '42', branch: 'main', published: false, skewProtectionToken: 'token' },
  account: { id: 'account' },
  limits: { timeout: 5_000, streamedBody: Infinity, concurrency: { perFunction: 10 } },
  schedule: false,
  blobs: { directory: '.netlify/blobs' },
  verifyToken: async (token) => ({ sub: token }),
  forms: true,
  background: { concurrency: 2, retryDelays: [1_000] },
  exposeErrors: false,
  trustPlatformHeaders: true
})
app.register(netlifyFunctions, { functions: 'functions', publish: false, config: 'site.toml', logLevel: 'warn', limits: { concurrency: 100 } })
app.register(async (scope) => { await scope.register(netlifyFunctions, { root: '/srv/other' }) }, { prefix: '/other' })

// Other servers, loggers and type providers.
const key = readFileSync('key.pem')
await Fastify({ http2: true }).register(netlifyFunctions, { root: '/srv/site' })
await Fastify({ http2: true, https: { key, cert: key } }).register(netlifyFunctions, { root: '/srv/site' })
await Fastify({ https: { key, cert: key } }).register(netlifyFunctions, { root: '/srv/site' })
await Fastify({ loggerInstance: app.log }).register(netlifyFunctions, { root: '/srv/site' })
const plugin: FastifyPluginAsync<NetlifyFunctionsOptions> = netlifyFunctions

// @ts-expect-error an option nobody knows
app.register(netlifyFunctions, { rot: '/srv/site' })
// @ts-expect-error a root is a path
app.register(netlifyFunctions, { root: new URL('file:///srv/site') })
// @ts-expect-error true says nothing about where the files are
app.register(netlifyFunctions, { publish: true })
// @ts-expect-error claims are an object
app.register(netlifyFunctions, { verifyToken: (token: string) => token })
// @ts-expect-error stores are in a directory
app.register(netlifyFunctions, { blobs: true })
// @ts-expect-error published files need a directory
app.register(netlifyFunctions, { publish: { notFound: false } })
// @ts-expect-error a limit is a number
app.register(netlifyFunctions, { limits: { timeout: '10s' } })
// @ts-expect-error a limit of concurrency is a number
app.register(netlifyFunctions, { limits: { concurrency: { total: 'all' } } })
// @ts-expect-error schedules run or do not
app.register(netlifyFunctions, { schedule: '@daily' })
// @ts-expect-error a limit nobody knows
app.register(netlifyFunctions, { limits: { time: 10_000 } })
// @ts-expect-error delays are a list
app.register(netlifyFunctions, { background: { retryDelays: 60_000 } })
// @ts-expect-error an account has an id only
app.register(netlifyFunctions, { account: { name: 'shop' } })
// @ts-expect-error a file has a path
app.register(netlifyFunctions, { envFile: 1 })
// @ts-expect-error forms are taken or not
app.register(netlifyFunctions, { forms: '/contact' })
// @ts-expect-error constraints have names
app.register(netlifyFunctions, { constraints: 'shop.example' })
// @ts-expect-error variables are strings
app.register(netlifyFunctions, { env: { PORT: 8888 } })
// @ts-expect-error a country is mocked with { mock }
app.register(netlifyFunctions, { geo: 'DE' })
// @ts-expect-error a place has no such member
app.register(netlifyFunctions, { geo: () => ({ town: 'Berlin' }) })
app.register(netlifyFunctions, { geo: 'mock', envFile: '.env' })
app.register(netlifyFunctions, { geo: { mock: 'DE' } })
// @ts-expect-error a name of a driver is no driver
app.register(netlifyFunctions, { queue: 'memory' })

// app.netlifyFunctions
const handle = app.netlifyFunctions
const info = handle.functions[0]
const jobs = await handle.jobs.list({ state: 'failed', limit: 10 })
const response = await handle.invoke('hello', new Request('http://localhost/'))
handle.on('job', (event) => {
  if (event.type !== 'failed' && event.type !== 'retrying') {
    // @ts-expect-error only an attempt that failed has an error
    return event.error
  }
  return [event.job.id, event.error]
})
for (const delivery of await handle.emit('formSubmitted', { payload: { data: {} } })) {
  if (delivery.outcome === 'returned') app.log.info(delivery.response.status)
  else if (delivery.outcome === 'queued') app.log.info(delivery.job)
  else app.log.info(delivery.error)
  // @ts-expect-error only some deliveries have a response
  app.log.info(delivery.response)
}
handle.emit('deploy_succeeded', {})
// @ts-expect-error an event of the platform that nobody knows
handle.emit('formSent', {})
// @ts-expect-error an event nobody knows
handle.on('jobs', () => {})
// @ts-expect-error a state nobody knows
handle.jobs.list({ state: 'done' })
// @ts-expect-error the functions of a site change only by its files
handle.functions.push(info)
// @ts-expect-error the decoration is always there
const maybe: undefined = app.netlifyFunctions

// Errors.
const timeout = new errors.FST_NETLIFY_TIMEOUT('hello', '10.00', { cause: new Error('slow') })
// @ts-expect-error the message needs the limit too
const noLimit = new errors.FST_NETLIFY_TIMEOUT('hello')

// A host's hook reads which functions a route belongs to.
app.addHook('onRequest', async (request) => {
  const { netlifyFunctions: functions = [] } = request.routeOptions.config
  for (const { name, path } of functions) request.log.info(`${path} ${name}`)
})
app.addHook('onRoute', ({ config }) => {
  // @ts-expect-error routes that are not a site's have none
  app.log.info(config.netlifyFunctions[0].name)
})

export type Checks = [
  Expect<Equal<FastifyInstance['netlifyFunctions'], NetlifyFunctions>>,
  Expect<Equal<ReturnType<typeof handle.site>, NetlifyFunctions>>,
  Expect<Equal<typeof handle.jobs, Jobs>>,
  Expect<Equal<typeof info, FunctionInfo | undefined>>,
  Expect<Equal<FunctionInfo['state'], 'ready' | 'failed'>>,
  Expect<Equal<FunctionInfo['kind'], 'request' | 'background' | 'scheduled' | undefined>>,
  Expect<Equal<FunctionInfo['schedule'], string | undefined>>,
  Expect<Equal<(typeof jobs)[number]['state'], 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled'>>,
  Expect<Equal<typeof response, Response>>,
  Expect<Equal<(typeof timeout)['code'], string>>,
  Expect<Equal<NetlifyFunctionsOptions['publish'], string | false | PublishOptions | undefined>>,
  Expect<Equal<Limits['timeout'], number | undefined>>
]
export { jobs, maybe, noLimit, plugin, response, timeout }
