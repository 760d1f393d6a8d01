import { join } from 'node:path'
import t from 'tap'
import { readToml, type SiteToml } from '../../lib/site/toml.ts'
import { createSite, type SiteFiles } from '../helper.ts'

interface Place { readonly context?: string, readonly branch?: string }

async function read (t: Parameters<typeof createSite>[0], files: SiteFiles | string, { context = 'production', branch = '' }: Place = {}): Promise<SiteToml & { root: string }> {
  const root = await createSite(t, typeof files === 'string' ? { 'netlify.toml': files } : files)
  return { root, ...await readToml({ root, file: join(root, 'netlify.toml'), explicit: false, context, branch }) }
}

const published: Array<[title: string, contexts: string, place: Place, expected: string]> = [
  ['of production, by default', '[context.production]\npublish = "live"', {}, 'live'],
  ['of the present context only', '[context.deploy-preview]\npublish = "preview"', {}, 'dist'],
  ['of a context that is not Netlify\'s', '[context.staging]\npublish = "staging"', { context: 'staging' }, 'staging'],
  ['in its own table of the build, which counts more', '[context.production]\npublish = "a"\n[context.production.build]\npublish = "b"', {}, 'b'],
  ['of the branch, which counts more', '[context.main]\npublish = "main"\n[context.production]\npublish = "live"', { branch: 'main' }, 'main'],
  ['of all branches that begin so', '[context."release/*"]\npublish = "release"', { branch: 'release/7' }, 'release'],
  ['of the very branch, and not of all that begin so', '[context."release/*"]\npublish = "all"\n[context."release/7"]\npublish = "seven"', { branch: 'release/7' }, 'seven'],
  ['of nothing that objects have by nature', '', { context: 'constructor', branch: '__proto__' }, 'dist']
]

for (const [title, contexts, place, expected] of published) {
  t.test(`what netlify.toml says for the deploy context: ${title}`, async (t) => {
    const { root, publish } = await read(t, `[build]\npublish = "dist"\n${contexts}`, place)
    t.equal(publish, join(root, expected))
  })
}

t.test('a context has its own base, functions and images', async (t) => {
  const found = await read(t, `
    [images]
    remote_images = ["https://a.example/.*"]
    [functions]
    directory = "api"
    node_bundler = "nft"
    [functions.mail]
    memory = 1024
    region = "cmh"
    [context.production]
    base = "site"
    functions = "live-api"
    [context.production.images]
    remote_images = ["https://b.example/.*"]
    [context.staging.functions]
    directory = "staging-api"
    [context.staging.functions."ma*"]
    memory = 2048
    [context.staging.functions.mail]
    region = "fra"
  `)
  t.equal(found.functions, join(found.root, 'site/live-api'))
  t.strictSame(found.images.remoteImages, ['https://b.example/.*'])
  t.strictSame(found.overridesFor('mail'), { nodeBundler: 'nft', memory: 1024, region: 'cmh' })

  const staging = await readToml({ root: found.root, file: join(found.root, 'netlify.toml'), explicit: false, context: 'staging', branch: '' })
  t.equal(staging.functions, join(found.root, 'staging-api'))
  t.strictSame(staging.images.remoteImages, ['https://a.example/.*'])
  t.strictSame(staging.overridesFor('mail'), { nodeBundler: 'nft', memory: 1024, region: 'fra' }, 'the very name counts more than a glob')
})

t.test('rules are the same for every context, as Netlify documents it', async (t) => {
  const found = await read(t, `
    [[redirects]]
    from = "/a"
    to = "/b"
    [[headers]]
    for = "/*"
    [headers.values]
    x-frame-options = "DENY"
    [[context.production.redirects]]
    from = "/c"
    to = "/d"
  `)
  t.same(found.redirects, [{ from: '/a', to: '/b' }])
  t.same(found.headers, [{ for: '/*', values: { 'x-frame-options': 'DENY' } }])
})

t.test('[build.environment] is seen in the context "dev" only', async (t) => {
  const toml = '[build.environment]\nA = "a"\nB = 5\nURL = "mine"\n[context.dev.environment]\nB = "dev"\nC = true\n[context.production.environment]\nB = "live"'
  t.strictSame((await read(t, toml)).environment, {})
  t.strictSame((await read(t, toml, { context: 'dev' })).environment, { A: 'a', B: 'dev', C: 'true' }, 'without the names that Netlify sets itself')
})

t.test('[dev] is read in the context "dev" only', async (t) => {
  const toml = '[build]\npublish = "dist"\n[dev]\npublish = "static"\nfunctions = "dev-api"\ncommand = "vite"\ntargetPort = 5173'
  t.match(await read(t, toml), { publish: /dist$/, functions: undefined })
  t.match(await read(t, toml, { context: 'dev' }), { publish: /static$/, functions: /dev-api$/ })
})

t.test('a netlify.toml in the base directory takes the place of the one that names it', async (t) => {
  const files = {
    'netlify.toml': '[build]\nbase = "packages/site"\npublish = "not-read"\n[[redirects]]\nfrom = "/a"\nto = "/b"',
    'packages/site/netlify.toml': '[build]\nbase = "ignored"\npublish = "dist"\nfunctions = "/api"'
  }
  const { root, file, base, publish, functions, redirects } = await read(t, files)
  t.strictSame({ file, base, publish, functions, redirects }, {
    file: join(root, 'packages/site/netlify.toml'),
    base: join(root, 'packages/site'),
    publish: join(root, 'packages/site/dist'),
    functions: join(root, 'packages/site/api'),
    redirects: []
  })
  const explicit = await readToml({ root, file: join(root, 'netlify.toml'), explicit: true, context: 'production', branch: '' })
  t.match(explicit, { file: join(root, 'netlify.toml'), publish: join(root, 'packages/site/not-read') }, 'unless the file was named')
})

const wrong: Array<[toml: string, problem: string]> = [
  ['context = 1', '"context" must be a table'],
  ['[context]\nproduction = "x"', '"context.production" must be a table'],
  ['[context.production]\npublish = 1', '"context.production.publish" must be a string'],
  ['[context.production.build]\nbase = []', '"context.production.build.base" must be a string'],
  ['[context.production.environment]\nA = [1]', '"context.production.environment.A" must be a string'],
  ['[context.production.functions.mail]\nmemory = 1', '"context.production.functions.mail.memory": Too small: expected number to be >=1024'],
  ['[build.environment.deep]\na = 1', '"build.environment.deep" must be a string'],
  ['[images]\nremote_images = "x"', '"images.remote_images" must be an array of strings'],
  ['redirects = "/a /b"', '"redirects" must be an array of tables'],
  ['headers = ["x"]', '"headers" must be an array of tables']
]

for (const [toml, problem] of wrong) {
  t.test(`${JSON.stringify(toml)} is an error that names the key: ${problem}`, async (t) => {
    const error = await read(t, toml).then(() => undefined, (error: NodeJS.ErrnoException) => error)
    t.equal(error?.code, 'FST_NETLIFY_INVALID_TOML')
    t.equal(error?.message.split(' is not a valid netlify.toml: ')[1], problem)
  })
}

t.test('what is wrong in another context stops nothing', async (t) => {
  t.match(await read(t, '[build]\npublish = "dist"\n[context.dev]\npublish = 5\n[dev]\npublish = 5'), { publish: /dist$/ })
})
