import t from 'tap'
import { readFunctionConfig, routesOf, type FunctionConfig, type GivenConfig } from '../../lib/functions/config.ts'

const STRINGS = 'Must be a string or array of strings'
const METHODS = `${STRINGS} out of GET, POST, PUT, PATCH, OPTIONS, DELETE, HEAD`
const FLAG = 'Must be true or false'
const TEXT = 'Must be a string'
const TEXTS = 'Must be an array of strings'
const SECONDS = 'Must be a number of seconds greater than 0'
const CRON = 'Must be a valid cron expression (see https://ntl.fyi/cron-syntax)'
const MEMORY = 'Must be a whole number of megabytes, or a text such as "2gb" or "1024mb"'
const REGION = 'Invalid option: expected one of "cmh"|"dub"|"fra"|"gru"|"iad"|"lhr"|"nrt"|"pdx"|"sfo"|"sin"|"syd"|"yul"'
const BUNDLER = 'Invalid option: expected one of "esbuild"|"esbuild_zisi"|"nft"|"zisi"|"none"'

const empty: FunctionConfig = {
  path: [],
  excludedPath: [],
  method: undefined,
  preferStatic: false,
  background: false,
  schedule: undefined,
  timeout: undefined,
  rateLimit: undefined,
  memory: undefined,
  vcpu: undefined,
  region: undefined,
  name: undefined,
  generator: undefined,
  nodeBundler: undefined,
  nodeVersion: undefined,
  includedFiles: [],
  externalNodeModules: [],
  ignoredNodeModules: []
}

const valid: Array<[key: keyof FunctionConfig, value: unknown, kept: unknown]> = [
  ['path', '/a', ['/a']],
  ['path', ['/a', '/b/:id', '/a'], ['/a', '/b/:id']],
  ['excludedPath', '/a/*', ['/a/*']],
  ['excludedPath', ['/a', '/b'], ['/a', '/b']],
  ['method', 'get', ['GET']],
  ['method', ['GET', 'Post', 'get'], ['GET', 'POST']],
  ['preferStatic', true, true],
  ['background', true, true],
  ['schedule', '*/5 9-17 * * MON-FRI', '*/5 9-17 * * MON-FRI'],
  ['schedule', '@daily', '@daily'],
  ['timeout', 2.5, 2500],
  ['timeout', Infinity, Infinity],
  ['memory', 1024, 1024],
  ['memory', '2gb', 2048],
  ['memory', '1.5 GB', 1536],
  ['memory', '4096mb', 4096],
  ['vcpu', 0.5, 0.5],
  ['vcpu', 2, 2],
  ['region', 'FRA', 'fra'],
  ['name', 'A function for people', 'A function for people'],
  ['generator', 'some-framework@1.2.3', 'some-framework@1.2.3'],
  ['nodeBundler', 'nft', 'nft'],
  ['nodeBundler', 'none', 'none'],
  ['nodeVersion', '22', '22'],
  ['includedFiles', ['files/*.md'], ['files/*.md']],
  ['externalNodeModules', ['sharp'], ['sharp']],
  ['ignoredNodeModules', [], []]
]

for (const [key, value, kept] of valid) {
  t.test(`${key}: ${show(value)} is kept`, async (t) => {
    t.strictSame(readFunctionConfig('x', { [key]: value }), { ...empty, [key]: kept })
  })
}

const invalid: Array<[key: keyof FunctionConfig, value: unknown, rule: string, at?: string]> = [
  ['path', 1, STRINGS],
  ['path', null, STRINGS],
  ['path', ['/a', 1], STRINGS],
  ['path', 'a', 'Must start with a \'/\''],
  ['path', ['/a', 'b'], 'Must start with a \'/\'', 'path.1'],
  ['path', '/a(', '\'/a(\' is not a valid path according to the URLPattern specification'],
  ['excludedPath', false, STRINGS],
  ['excludedPath', ['b'], 'Must start with a \'/\'', 'excludedPath.0'],
  ['excludedPath', ['/b', '/('], '\'/(\' is not a valid path according to the URLPattern specification', 'excludedPath.1'],
  ['method', 'FETCH', METHODS],
  ['method', ['GET', 1], METHODS],
  ['preferStatic', 'true', FLAG],
  ['preferStatic', null, FLAG],
  ['background', 1, FLAG],
  ['schedule', 'daily', CRON],
  ['schedule', '* * * * * *', CRON],
  ['schedule', '@reboot', CRON],
  ['schedule', 5, CRON],
  ['timeout', '10', SECONDS],
  ['timeout', 0, SECONDS],
  ['timeout', NaN, SECONDS],
  ['memory', 1023, 'Too small: expected number to be >=1024'],
  ['memory', '8gb', 'Too big: expected number to be <=4096'],
  ['memory', 1024.5, MEMORY],
  ['memory', 'much', MEMORY],
  ['memory', '2048', MEMORY],
  ['memory', true, MEMORY],
  ['vcpu', 0.4, 'Too small: expected number to be >=0.5'],
  ['vcpu', 2.1, 'Too big: expected number to be <=2'],
  ['vcpu', '1', 'Must be a number'],
  ['vcpu', NaN, 'Must be a number'],
  ['region', 'mars', REGION],
  ['region', 1, REGION],
  ['name', 1, TEXT],
  ['generator', [], TEXT],
  ['nodeBundler', 'webpack', BUNDLER],
  ['nodeVersion', 22, TEXT],
  ['includedFiles', 'files/*.md', TEXTS],
  ['externalNodeModules', [1], TEXTS],
  ['ignoredNodeModules', {}, TEXTS],
  ['rateLimit', true, 'Must be an object with windowLimit and windowSize'],
  ['rateLimit', [], 'Must be an object with windowLimit and windowSize']
]

for (const [key, value, rule, at = key] of invalid) {
  t.test(`${key}: ${show(value)} is an error: ${rule}`, async (t) => {
    const error = failure({ [key]: value })
    t.equal(error.code, 'FST_NETLIFY_INVALID_CONFIG')
    t.equal(error.message, `Function "x" has a configuration error on '${at}': ${rule}`)
  })
}

t.test('every key has a valid and an invalid case here', async (t) => {
  const keys = Object.keys(empty).sort()
  t.strictSame([...new Set(['rateLimit', ...valid.map(([key]) => key)])].sort(), keys)
  t.strictSame([...new Set(invalid.map(([key]) => key))].sort(), keys)
})

t.test('memory and vcpu exclude each other', async (t) => {
  t.equal(failure({ memory: 2048, vcpu: 1 }).message, 'Function "x" has a configuration error on \'vcpu\': `memory` and `vcpu` cannot both be set.')
})

t.test('a key that is not known is ignored', async (t) => {
  t.strictSame(readFunctionConfig('x', { unknown: 1, Path: 2, toString: 3 }), empty)
})

t.test('no config is an empty one; any other value is an error', async (t) => {
  for (const nothing of [undefined, null, {}]) t.strictSame(readFunctionConfig('x', nothing), empty)
  for (const value of ['text', 42, () => {}, []]) t.throws(() => readFunctionConfig('x', value), { message: /on 'config': Must be an object$/ })
})

t.test('the config that was given is neither kept nor changed', async (t) => {
  const given = { path: ['/a', '/a'], includedFiles: ['a'] }
  const config = readFunctionConfig('x', given)
  given.includedFiles.push('b')
  t.strictSame([given.path, config.includedFiles], [['/a', '/a'], ['a']])
  t.ok(Object.isFrozen(config))
})

const merges: Array<[title: string, toml: GivenConfig, own: object, expected: Partial<FunctionConfig>]> = [
  ['netlify.toml alone counts', { schedule: '@daily', memory: 2048 }, {}, { schedule: '@daily', memory: 2048 }],
  ['the config counts more than netlify.toml', { schedule: '@daily', region: 'cmh' }, { schedule: '@hourly', region: 'fra' }, { schedule: '@hourly', region: 'fra' }],
  ['background of either makes a background function', { background: true }, { background: false }, { background: true }],
  ['background: false of netlify.toml takes nothing back', { background: false }, { background: true }, { background: true }],
  ['lists of packages are put together', { externalNodeModules: ['a'], ignoredNodeModules: ['x'] }, { externalNodeModules: ['b'] }, { externalNodeModules: ['a', 'b'], ignoredNodeModules: ['x'] }],
  ['the config\'s files replace those of netlify.toml', { includedFiles: ['a'] }, { includedFiles: ['b'] }, { includedFiles: ['b'] }]
]

for (const [title, toml, own, expected] of merges) {
  t.test(title, async (t) => {
    t.strictSame(readFunctionConfig('x', own, toml), { ...empty, ...expected })
  })
}

t.test('each path is a route with the method and the exceptions of the config', async (t) => {
  const common = { methods: ['GET'], excluded: ['/a/x'], preferStatic: true }
  const config = readFunctionConfig('x', { path: ['/a/*', '/b'], method: 'get', excludedPath: '/a/x', preferStatic: true })
  t.strictSame(routesOf(config), [{ pattern: '/a/*', ...common }, { pattern: '/b', ...common }])
})

function failure (config: unknown): NodeJS.ErrnoException {
  try {
    readFunctionConfig('x', config)
  } catch (error) {
    return error as Error
  }
  throw new Error('it is accepted')
}

function show (value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}
