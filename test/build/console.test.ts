import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildFunctions, type SiteBuild } from '../../lib/build/build.ts'
import { createCacheDirectory } from '../../lib/build/cache.ts'
import { loadFunction } from '../../lib/build/load.ts'
import { installGlobals } from '../../lib/invoke/globals.ts'
import { createSite, type SiteFiles } from '../helper.ts'

const MADE_HERE = 'fastify-netlify-functions.console'

installGlobals()

async function build (t: Test, files: SiteFiles): Promise<{ again: (ownConsole: boolean) => Promise<SiteBuild>, text: () => Promise<string> }> {
  const root = await createSite(t, files)
  const directory = join(root, 'netlify/functions')
  const cache = join(root, '.netlify/functions-cache')
  return {
    again: async (ownConsole) => await buildFunctions({
      root, cacheDirectory: createCacheDirectory(root), directories: [directory], generated: [], tsconfigDirectories: [root], lightObjects: true, ownConsole, overridesFor: () => ({}), instance: '', load: loadFunction
    }),
    text: async () => (await Promise.all((await readdir(cache)).filter((name) => /js$/.test(name)).map(async (name) => await readFile(join(cache, name), 'utf8')))).join('\n')
  }
}

for (const [form, file, code] of [
  ['an ES module', 'x.mts', 'export default (): Response => { console.log(1); return new Response("x") }'],
  ['CommonJS', 'x.cjs', 'exports.default = () => { console.log(1); return new Response("x") }'],
  ['globalThis', 'x.mjs', 'export default () => { globalThis.console.log(1); return new Response("x") }']
] as const) {
  t.test(`a function that prints has a console of its own, and light objects as before, ${form}`, async (t) => {
    const { again, text } = await build(t, { [`netlify/functions/${file}`]: code })
    const { functions: [built] } = await again(true)
    t.match(built?.definition, { state: 'ready', lightObjects: true })
    t.match(await text(), MADE_HERE)
  })
}

t.test('a member of console may be deleted, console may not', async (t) => {
  for (const [deleted, has] of [['console.debug', true], ['console["debug"]', true], ['globalThis.console', false]] as const) {
    const { again, text } = await build(t, { 'netlify/functions/x.mjs': `export default () => { console.log(1); delete ${deleted}; return new Response("x") }` })
    const { functions: [built] } = await again(true)
    t.equal(built?.definition.state, 'ready')
    t.equal((await text()).includes(MADE_HERE), has, deleted)
  }
})

t.test('one that does not print has nothing of it', async (t) => {
  const { again, text } = await build(t, { 'netlify/functions/x.mjs': 'const console = { log () {} }\nexport default () => { console.log(1); return new Response("x") }' })
  await again(true)
  t.notMatch(await text(), MADE_HERE)
})

t.test('native bundles have one, prebuilt ones do not', async (t) => {
  const { again, text } = await build(t, {
    'netlify/functions/native.mjs': 'export default () => { console.log(globalThis); return new Response("x") }',
    'netlify/functions/prebuilt.mjs': 'export default () => { console.log(1); return new Response("prebuilt") }\nexport const config = { nodeBundler: "none" }'
  })
  const { functions } = await again(true)
  t.match(functions.map(({ definition }) => definition), [{ name: 'native', state: 'ready', lightObjects: false }, { name: 'prebuilt', state: 'ready' }])
  t.equal((await text()).split(MADE_HERE).length, 2)
})

t.test('a function that does not build is said to fail for its own reason', async (t) => {
  const { again } = await build(t, { 'netlify/functions/x.mjs': 'console = {}\nexport default () => new Response("x"\n' })
  const { functions: [built] } = await again(true)
  t.match(built?.definition, { state: 'failed', error: { message: /Expected "\)"/ } })
  t.notMatch(built?.definition.state === 'failed' && built.definition.error.message, /injected/)
})

t.test('the cache tells bundles with and without apart', async (t) => {
  const { again } = await build(t, { 'netlify/functions/x.mjs': 'export default () => { console.log(1); return new Response("x") }' })
  t.strictSame((await again(true)).bundled, ['x'])
  t.strictSame((await again(true)).bundled, [])
  t.strictSame((await again(false)).bundled, ['x'])
  t.strictSame((await again(true)).bundled, [])
})
