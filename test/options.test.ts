import { join, resolve } from 'node:path'
import t from 'tap'
import Fastify from 'fastify'
import { netlifyFunctions } from '../lib/index.ts'
import type { NetlifyFunctionsOptions } from '../lib/options.ts'
import { defaultBackground } from '../lib/options/background.ts'
import { defaultLimits } from '../lib/options/limits.ts'
import { resolveOptions } from '../lib/options/resolve.ts'
import { memoryQueue } from '../lib/queue/memory.ts'
import { createSite } from './helper.ts'

const amounts = ['timeout', 'backgroundTimeout', 'requestBody', 'responseBody', 'streamedBody', 'backgroundBody'] as const

const badValues: Array<[option: string, values: unknown[]]> = [
  ['root', ['', 5, null, {}]],
  ['prefix', ['shop', '/:shop', '/a b', '/*', 5, null]],
  ['constraints', ['example.com', 5, null, []]],
  ['name', ['', 5, null]],
  ['functions', ['', 5, null, [], [''], ['a', 5]]],
  ['publish', ['', 5, null, true, {}, { directory: '' }, { directory: 'a', notFound: 'no' }, { directory: 'a', dotfiles: 1 }, { directory: 'a', index: true }]],
  ['config', ['', 5, null, true]],
  ['env', ['A=1', 5, null, { A: 1 }, { A: undefined }, []]],
  ['site', ['mine', 5, null, []]],
  ['deploy', ['mine', 5, null, []]],
  ['account', ['mine', 5, null, []]],
  ['limits', ['6mb', 5, null, []]],
  ...amounts.map((limit): [string, unknown[]] => [`limits.${limit}`, [0, -1, NaN, '10', null]]),
  ['limits.memory', [5]],
  ['limits.toString', [5]],
  ['background', ['many', 5, null, []]],
  ['background.concurrency', [0, -1, 1.5, NaN, '10', null, Infinity, [], { total: 0 }, { perFunction: 1.5 }, { each: 1 }]],
  ['background.retryDelays', [5, null, 'none', [-1], [0.5], ['1'], [NaN], [Infinity]]],
  ['background.drainTimeout', [-1, 1.5, NaN, '10', null]],
  ['background.leaseDuration', [0, 99, -1, 1.5, 2 ** 31, Infinity, '10', null]],
  ['background.secretHeaders', ['cookie', null, [''], ['a b'], [5]]],
  ['background.encryptionKey', ['', 'short', 5, null, `${'0'.repeat(64)},`, '0'.repeat(63), '-'.repeat(42)]],
  ['background.retries', [5]],
  ['queue', ['redis', 5, null, {}, { ...memoryQueue(), settle: undefined }, { ...memoryQueue(), close: 5 }]],
  ['blobs', ['blobs', true, null, [], {}, { directory: '' }, { directory: 5 }, { directory: 'blobs', token: 'x' }]],
  ['verifyToken', ['secret', true, null, {}]],
  ['watch', ['yes', 1, null]],
  ['images', ['large', 5, null, []]],
  ['images.cacheSize', [0, -1, 1.5, NaN, '10', null, Infinity]],
  ['images.concurrency', [0, -1, 1.5, NaN, '2', null, Infinity]],
  ['images.formats', [['webp']]],
  ['devServer', ['', 5173, null, true, 'localhost:5173', 'http://', 'ftp://localhost', 'http://localhost:5173/app', 'http://localhost/?a', 'http://localhost/#a', 'http://a:b@localhost', 'http://localhost:99999']],
  ['exposeErrors', ['yes', 1, null]],
  ['lightObjects', ['yes', 1, null]],
  ['forms', ['yes', 1, null]],
  ['trustPlatformHeaders', ['yes', 1, null]],
  ['routes', [5]]
]

for (const [option, values] of badValues) {
  t.test(`a bad ${option} is refused by its name`, async (t) => {
    const [group, key] = option.split('.') as [string, string | undefined]
    for (const value of values) {
      const options = { [group]: key === undefined ? value : { [key]: value } }
      t.throws(() => resolveOptions(options as NetlifyFunctionsOptions), {
        code: 'FST_NETLIFY_INVALID_OPTION',
        message: new RegExp(`^Option "${option}(\\.[a-zA-Z]+)?" (must|is not known)`)
      }, JSON.stringify(value))
    }
  })
}

t.test('a bad option fails the registration', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => await app.register(netlifyFunctions, { limits: { timeout: 0 } }), { code: 'FST_NETLIFY_INVALID_OPTION', message: 'Option "limits.timeout" must be a number greater than 0, or Infinity' })
})

t.test('the message for an unknown option or key names those that are known', async (t) => {
  t.throws(() => resolveOptions({ dir: '.' } as NetlifyFunctionsOptions), { message: /the options are root, prefix, / })
  t.throws(() => resolveOptions({ limits: { memory: 1 } } as NetlifyFunctionsOptions), { message: /the keys are timeout, backgroundTimeout, / })
  t.throws(() => resolveOptions({ background: { retries: 1 } } as NetlifyFunctionsOptions), { message: /the keys are concurrency, retryDelays, drainTimeout, leaseDuration, / })
})

t.test('a netlify.toml that is named must exist', async (t) => {
  const root = await createSite(t, {})
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => await app.register(netlifyFunctions, { root, config: 'site.toml' }), { code: 'FST_NETLIFY_INVALID_OPTION', message: `Option "config" names a file that does not exist: ${join(root, 'site.toml')}` })
})

t.test('without options every default holds', async (t) => {
  const { NODE_ENV } = process.env
  t.teardown(() => { process.env.NODE_ENV = NODE_ENV ?? '' })
  process.env.NODE_ENV = 'production'
  t.match(resolveOptions({}), {
    root: process.cwd(),
    prefix: '',
    constraints: {},
    name: undefined,
    functions: undefined,
    publish: undefined,
    toml: { file: resolve('netlify.toml'), required: false },
    env: {},
    queue: undefined,
    watch: false,
    exposeErrors: false,
    lightObjects: true,
    forms: false,
    trustPlatformHeaders: false
  })
  t.strictSame(resolveOptions({}).limits, defaultLimits)
  t.strictSame(resolveOptions({}).background, defaultBackground)
  process.env.NODE_ENV = 'test'
  t.equal(resolveOptions({}).exposeErrors, true)
})

t.test('the defaults are Netlify\'s', async (t) => {
  t.match(defaultLimits, {
    timeout: 10_000, backgroundTimeout: 900_000, requestBody: 6_291_456, responseBody: 6_291_456, streamedBody: 20_971_520, backgroundBody: 262_144
  })
  t.match(defaultBackground, { concurrency: { total: 10 }, retryDelays: [60_000, 120_000], drainTimeout: 30_000 })
})

t.test('the identity comes from the environment, and from the options before it', async (t) => {
  const before = { ...process.env }
  t.teardown(() => { process.env = before })
  Object.assign(process.env, { SITE_ID: 'id', SITE_NAME: 'name', URL: 'https://example.com', DEPLOY_ID: 'deploy', BRANCH: 'main' })
  delete process.env.CONTEXT
  t.match(resolveOptions({}).identity, {
    site: { id: 'id', name: 'name', url: 'https://example.com' }, deploy: { id: 'deploy', branch: 'main', context: 'production', published: true }
  })
  t.match(resolveOptions({ site: { name: 'other' }, deploy: { context: 'staging' }, account: { id: 'me' } }).identity, {
    site: { id: 'id', name: 'other' }, deploy: { id: 'deploy', context: 'staging' }, account: { id: 'me' }
  })
})

t.test('the key of secret headers comes from the option, else from the environment of the host or the site', async (t) => {
  t.teardown(() => { delete process.env.NETLIFY_QUEUE_KEY })
  const [hex, base64] = ['0123456789abcdef'.repeat(4), Buffer.alloc(32, 1).toString('base64')]
  t.equal(resolveOptions({}).background.encryptionKey, undefined)
  t.equal(resolveOptions({ env: { NETLIFY_QUEUE_KEY: base64 } }).background.encryptionKey, base64)
  process.env.NETLIFY_QUEUE_KEY = `${hex}, ${base64}`
  t.equal(resolveOptions({}).background.encryptionKey, `${hex}, ${base64}`)
  t.equal(resolveOptions({ background: { encryptionKey: hex } }).background.encryptionKey, hex)
  process.env.NETLIFY_QUEUE_KEY = ''
  t.equal(resolveOptions({}).background.encryptionKey, undefined)
  process.env.NETLIFY_QUEUE_KEY = 'secret'
  t.throws(() => resolveOptions({}), { code: 'FST_NETLIFY_INVALID_OPTION', message: /variable NETLIFY_QUEUE_KEY, which must be 32 bytes/ })
})

t.test('background.concurrency is one number, or two', async (t) => {
  t.same(resolveOptions({ background: { concurrency: 3 } }).background.concurrency, { total: 3, perFunction: Infinity })
  t.same(resolveOptions({ background: { concurrency: { perFunction: 2 } } }).background.concurrency, { total: 10, perFunction: 2 })
  t.same(resolveOptions({ background: { secretHeaders: ['X-Token'] } }).background.secretHeaders, ['x-token'])
})

t.test('an option that is undefined counts as absent', async (t) => {
  // What a JavaScript host passes on from its own options.
  const options = { root: undefined, limits: { timeout: undefined }, background: { concurrency: undefined, retryDelays: undefined } } as unknown as NetlifyFunctionsOptions
  t.strictSame(resolveOptions(options).limits, defaultLimits)
  t.strictSame(resolveOptions(options).background, defaultBackground)
})

t.test('Infinity is a limit, and none', async (t) => {
  for (const limit of amounts) {
    t.match(resolveOptions({ limits: { [limit]: Infinity } }).limits, { ...defaultLimits, [limit]: Infinity })
  }
})

t.test('paths are absolute, below the root', async (t) => {
  const { functions, publish, toml } = resolveOptions({ root: '/site', functions: ['a', '/b'], publish: { directory: 'public', dotfiles: true }, config: 'conf/netlify.toml' })
  t.same(functions, ['/site/a', '/b'])
  t.same(publish, { directory: '/site/public', notFound: true, dotfiles: true })
  t.same(toml, { file: '/site/conf/netlify.toml', required: true })
  t.same(resolveOptions({ root: '/site', publish: 'public' }).publish, { directory: '/site/public', notFound: true, dotfiles: false })
  t.equal(resolveOptions({ publish: false }).publish, false)
  t.equal(resolveOptions({ config: false }).toml, undefined)
})

t.test('slashes at the end of a prefix do not count', async (t) => {
  for (const [prefix, resolved] of [['', ''], ['/', ''], ['/shop', '/shop'], ['/shop/', '/shop'], ['/a/b.c-d_e~/', '/a/b.c-d_e~']] as const) {
    t.equal(resolveOptions({ prefix }).prefix, resolved)
  }
})

t.test('the options given are not changed, and the result cannot be', async (t) => {
  const options = deepFreeze({
    root: '/site',
    functions: ['a'],
    constraints: { host: 'example.com' },
    env: { A: '1' },
    site: { id: 'id' },
    deploy: { branch: 'main' },
    account: { id: 'me' },
    publish: { directory: 'public' },
    limits: { timeout: 1 },
    background: { retryDelays: [1] }
  })
  const { queue, ...resolved } = resolveOptions(options)
  t.ok(Object.isFrozen(resolveOptions(options)))
  for (const [name, value] of Object.entries(resolved)) t.ok(isDeepFrozen(value), name)
})

function deepFreeze<T extends object> (value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object') deepFreeze(inner)
  return Object.freeze(value)
}

function isDeepFrozen (value: unknown): boolean {
  return typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen))
}
