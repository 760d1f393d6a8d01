import { join } from 'node:path'
import t from 'tap'
import type { GivenConfig } from '../../lib/functions/config.ts'
import { readToml } from '../../lib/site/toml.ts'
import { createApp, createSite } from '../helper.ts'

const CRON = 'Must be a valid cron expression (see https://ntl.fyi/cron-syntax)'

async function overrides (t: Parameters<typeof createSite>[0], toml: string, functionName = 'send-mail'): Promise<GivenConfig> {
  const root = await createSite(t, { 'netlify.toml': toml })
  const { overridesFor } = await readToml({ root, file: join(root, 'netlify.toml'), explicit: false, context: 'production', branch: '' })
  return overridesFor(functionName)
}

t.test('every key of [functions] that Netlify knows is for every function', async (t) => {
  const toml = `
    [functions]
    directory = "api"
    node_bundler = "nft"
    external_node_modules = ["sharp"]
    ignored_node_modules = ["fsevents"]
    included_files = ["files/**"]
    memory = "2gb"
    region = "fra"
    schedule = "@daily"
  `
  t.same(await overrides(t, toml), {
    nodeBundler: 'nft',
    externalNodeModules: ['sharp'],
    ignoredNodeModules: ['fsevents'],
    includedFiles: ['files/**'],
    memory: 2048,
    region: 'fra',
    schedule: '@daily'
  })
})

const merges: Array<[title: string, toml: string, expected: GivenConfig]> = [
  ['a block with the name of the function', '[functions.send-mail]\nschedule = "@daily"', { schedule: '@daily' }],
  ['a block with a glob', '[functions."send-*"]\nvcpu = 1', { vcpu: 1 }],
  ['no block that matches', '[functions."get-*"]\nvcpu = 1\n[functions.mail]\nvcpu = 2', {}],
  ['a block counts more than [functions]', '[functions]\nregion = "cmh"\nmemory = 1024\n[functions."*-mail"]\nregion = "fra"', { region: 'fra', memory: 1024 }],
  ['[functions."*"] counts more than [functions]', '[functions]\nregion = "cmh"\n[functions."*"]\nregion = "fra"', { region: 'fra' }],
  ['the glob with more fixed characters counts more', '[functions."send-m*"]\nregion = "fra"\n[functions."send-*"]\nregion = "cmh"\nmemory = 1024', { region: 'fra', memory: 1024 }],
  ['the very name counts more than a glob as long', '[functions.send-mail]\nregion = "fra"\n[functions."send-mail*"]\nregion = "cmh"', { region: 'fra' }],
  ['of equal globs the later counts more', '[functions."send-*"]\nregion = "cmh"\n[functions."*-mail"]\nregion = "fra"', { region: 'fra' }],
  ['lists are put together, the most specific last', '[functions]\nincluded_files = ["a"]\n[functions.send-mail]\nincluded_files = ["c"]\n[functions."send-*"]\nincluded_files = ["b"]', { includedFiles: ['a', 'b', 'c'] }],
  ['a block for a function that is named like a key', '[functions.schedule]\nmemory = 2048\n[functions.memory]\nschedule = "@daily"', {}],
  ['background under the very name', '[functions.send-mail]\nbackground = true', { background: true }],
  ['background under a glob or for all does not count, as on Netlify', '[functions]\nbackground = true\n[functions."send-*"]\nbackground = true', {}],
  ['keys that are not known', '[functions]\nmagic = 1\ntimeout = "soon"\n[functions.send-mail]\nmagic = []\npath = "/mail"', {}]
]

for (const [title, toml, expected] of merges) {
  t.test(`netlify.toml has ${title}`, async (t) => {
    t.strictSame(await overrides(t, toml), expected)
  })
}

t.test('a block for a function that is named like a key is for that function', async (t) => {
  t.strictSame(await overrides(t, '[functions.schedule]\nmemory = 2048', 'schedule'), { memory: 2048 })
})

const wrong: Array<[toml: string, problem: string]> = [
  ['[functions]\nschedule = "daily"', `"functions.schedule": ${CRON}`],
  ['[functions.x]\nschedule = "60 * * * *"', `"functions.x.schedule": ${CRON}`],
  ['[functions.x]\nschedule = 5', `"functions.x.schedule": ${CRON}`],
  ['[functions.x]\nbackground = "yes"', '"functions.x.background": Must be true or false'],
  ['[functions]\nexternal_node_modules = "sharp"', '"functions.external_node_modules": Must be an array of strings'],
  ['[functions]\nignored_node_modules = [1]', '"functions.ignored_node_modules": Must be an array of strings'],
  ['[functions."x-*"]\nincluded_files = "a"', '"functions.x-*.included_files": Must be an array of strings'],
  ['[functions]\nnode_bundler = "webpack"', '"functions.node_bundler": Invalid option: expected one of "esbuild"|"esbuild_zisi"|"nft"|"zisi"|"none"'],
  ['[functions]\nmemory = 1', '"functions.memory": Too small: expected number to be >=1024'],
  ['[functions]\nvcpu = 3', '"functions.vcpu": Too big: expected number to be <=2'],
  ['[functions]\nregion = "mars"', '"functions.region": Invalid option: expected one of "cmh"|"dub"|"fra"|"gru"|"iad"|"lhr"|"nrt"|"pdx"|"sfo"|"sin"|"syd"|"yul"']
]

for (const [toml, problem] of wrong) {
  t.test(`${JSON.stringify(toml)} stops the boot and names the key: ${problem}`, async (t) => {
    const error = await createApp(t, { 'netlify.toml': toml }).then(() => undefined, (error: NodeJS.ErrnoException) => error)
    t.equal(error?.code, 'FST_NETLIFY_INVALID_TOML')
    t.equal(error?.message.split(' is not a valid netlify.toml: ')[1], problem)
  })
}

t.test('a function becomes a background function by netlify.toml', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[functions.slow]\nbackground = true\n[functions.old]\nbackground = true\n[functions.mine]\nbackground = true',
    'netlify/functions/slow.mts': 'export default () => new Response("slow")',
    'netlify/functions/mine.mts': 'export default () => new Response("mine")\nexport const config = { background: false }',
    'netlify/functions/old.mts': 'export const handler = async () => ({ statusCode: 200 })',
    'netlify/functions/quick.mts': 'export default () => new Response("quick")'
  })
  for (const name of ['slow', 'mine', 'old']) t.equal((await app.inject(`/.netlify/functions/${name}`)).statusCode, 202, name)
  t.equal((await app.inject('/.netlify/functions/quick')).body, 'quick')
})

t.test('a function becomes a scheduled function by netlify.toml, in either form', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[functions."*"]\nschedule = "@daily"',
    'netlify/functions/web.mts': 'export default () => new Response("web")',
    'netlify/functions/lambda.mts': 'export const handler = async () => ({ statusCode: 200, body: "lambda" })'
  })
  t.same(app.netlifyFunctions.functions.map(({ kind }) => kind), ['scheduled', 'scheduled'])
})

t.test('a schedule from netlify.toml and a path exclude each other', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[functions.x]\nschedule = "@daily"',
    'netlify/functions/x.mts': 'export default () => new Response("x")\nexport const config = { path: "/x" }'
  })
  t.match(app.netlifyFunctions.functions[0]!.error, { code: 'FST_NETLIFY_INVALID_CONFIG', message: /on 'path': Scheduled functions must not specify a custom path/ })
})

t.test('config: false leaves the functions of netlify.toml aside', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[functions.x]\nbackground = true',
    'netlify/functions/x.mts': 'export default () => new Response("x")'
  }, { config: false })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'x')
})
