import { join } from 'node:path'
import t from 'tap'
import { createApp, createSite } from '../helper.ts'
import { readToml } from '../../lib/site/toml.ts'

const NOTHING = { file: undefined, publish: undefined, functions: undefined, redirects: [], firstRedirects: [], headers: [], images: { remoteImages: [] }, environment: {} }

const answers = (text: string): string => `export default () => new Response(${JSON.stringify(text)})`

t.test('a site without a netlify.toml has its paths from the root', async (t) => {
  const root = await createSite(t, {})
  for (const file of [join(root, 'netlify.toml'), undefined]) {
    const { overridesFor, ...found } = await readToml({ root, file, explicit: false, context: 'production', branch: '' })
    t.strictSame(found, { ...NOTHING, base: root })
    t.strictSame(overridesFor('x'), {})
  }
})

const places: Array<[title: string, toml: string, expected: { base: string, publish?: string, functions?: string }]> = [
  ['nothing', '', { base: '.' }],
  ['[functions] directory', '[functions]\ndirectory = "api"', { base: '.', functions: 'api' }],
  ['[build] functions', '[build]\nfunctions = "api"', { base: '.', functions: 'api' }],
  ['[functions] directory before [build] functions', '[build]\nfunctions = "old"\n[functions]\ndirectory = "new"', { base: '.', functions: 'new' }],
  ['[build] publish', '[build]\npublish = "dist"', { base: '.', publish: 'dist' }],
  ['[build] base, from which the other paths start', '[build]\nbase = "packages/site"\npublish = "dist"\nfunctions = "api"', { base: 'packages/site', publish: 'packages/site/dist', functions: 'packages/site/api' }],
  ['a leading slash, which means the base', '[build]\nbase = "/packages/site"\npublish = "/dist/"\nfunctions = "/"', { base: 'packages/site', publish: 'packages/site/dist', functions: 'packages/site' }],
  ['[build] publish that is empty', '[build]\npublish = ""\nbase = ""', { base: '.' }],
  ['keys that are for others', 'title = 1\n[build]\ncommand = "make"\n[[plugins]]\npackage = "x"\n[[edge_functions]]\npath = "/a"\nfunction = "b"', { base: '.' }]
]

for (const [title, toml, { base, publish, functions }] of places) {
  t.test(`netlify.toml says: ${title}`, async (t) => {
    const root = await createSite(t, { 'netlify.toml': toml })
    const file = join(root, 'netlify.toml')
    const { overridesFor, ...found } = await readToml({ root, file, explicit: false, context: 'production', branch: '' })
    t.strictSame(found, {
      ...NOTHING,
      file,
      base: join(root, base, '.'),
      publish: publish && join(root, publish),
      functions: functions && join(root, functions)
    })
    t.strictSame(overridesFor('x'), {})
  })
}

t.test('a netlify.toml that does not parse stops the boot and says where, with line and column', async (t) => {
  await t.rejects(createApp(t, { 'netlify.toml': '[build]\npublish = "dist\n' }), {
    code: 'FST_NETLIFY_INVALID_TOML',
    message: /netlify\.toml is not a valid netlify\.toml: line 2, column \d+: /
  })
})

const wrongTypes: Array<[toml: string, message: string]> = [
  ['build = 1', '"build" must be a table'],
  ['build = [1]', '"build" must be a table'],
  ['functions = 2026-01-01', '"functions" must be a table'],
  ['[build]\nbase = 1', '"build.base" must be a string'],
  ['[build]\npublish = true', '"build.publish" must be a string'],
  ['[build]\nfunctions = []', '"build.functions" must be a string'],
  ['[functions]\ndirectory = {}', '"functions.directory" must be a string']
]

for (const [toml, message] of wrongTypes) {
  t.test(`${JSON.stringify(toml)} stops the boot: ${message}`, async (t) => {
    await t.rejects(createApp(t, { 'netlify.toml': toml }), { code: 'FST_NETLIFY_INVALID_TOML', message: new RegExp(`: ${message}$`) })
  })
}

t.test('a netlify.toml that is a directory stops the boot', async (t) => {
  await t.rejects(createApp(t, { 'netlify.toml/x': '' }), { code: 'FST_NETLIFY_INVALID_TOML' })
})

t.test('[functions] directory is where a site has its functions', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[functions]\ndirectory = "api"',
    'api/x.mts': answers('api'),
    'netlify/functions/y.mts': answers('default')
  })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'api')
  t.equal((await app.inject('/.netlify/functions/y')).statusCode, 404)
})

t.test('[build] base moves the default functions directory', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[build]\nbase = "packages/site"\npublish = "dist"',
    'packages/site/netlify/functions/x.mts': answers('base'),
    'packages/site/dist/index.html': 'page'
  })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'base')
  t.equal((await app.inject('/')).body, 'page')
})

t.test('the option "functions" counts more than netlify.toml', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[functions]\ndirectory = "api"',
    'api/x.mts': answers('toml'),
    'mine/x.mts': answers('option')
  }, { functions: 'mine' })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'option')
})

t.test('"config" names another file, whose paths start at its directory', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': 'not toml at all',
    'deploy/other.toml': '[functions]\ndirectory = "api"',
    'deploy/api/x.mts': answers('other')
  }, { config: 'deploy/other.toml' })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'other')
})

t.test('"config" that names no file is an error', async (t) => {
  await t.rejects(createApp(t, {}, { config: 'absent.toml' }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /"config" names a file that does not exist: .*absent\.toml/ })
})

t.test('config: false reads no netlify.toml', async (t) => {
  const app = await createApp(t, { 'netlify.toml': 'not toml at all', 'netlify/functions/x.mts': answers('default') }, { config: false })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'default')
})
