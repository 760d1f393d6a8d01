import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { leadsElsewhere } from '../../lib/build/prebuilt.ts'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createApp, createSite, writeFiles, type SiteFiles } from '../helper.ts'

const NOT_BUNDLED = 'export const config = { nodeBundler: "none", includedFiles: ["**"] }'

async function serve (t: Parameters<typeof createSite>[0], files: SiteFiles, options: NetlifyFunctionsOptions = {}): Promise<{ app: FastifyInstance, root: string, get: (name: string) => Promise<string> }> {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, ...options })
  return { app, root, get: async (name) => (await app.inject(`/.netlify/functions/${name}`)).body }
}

t.test('a function with nodeBundler "none" is loaded as it lies', async (t) => {
  const { get, root } = await serve(t, {
    '.netlify/v1/functions/server/server.mjs': `
      import { fileURLToPath } from 'node:url'
      import { createHandler } from './.netlify/build/entry.mjs'
      import alone from 'alone'
      const stored = await Promise.resolve('top level')
      export default createHandler({ alone, stored, file: fileURLToPath(import.meta.url) })
      ${NOT_BUNDLED}`,
    '.netlify/v1/functions/server/.netlify/build/entry.mjs': `
      import { createRequire } from 'node:module'
      import { readFileSync } from 'node:fs'
      const pages = { 'page-a': 1 }
      export const createHandler = (given) => async () => {
        const [name] = Object.keys(pages)
        const { text } = await import(\`./\${name}.mjs\`)
        const { data } = createRequire(import.meta.url)('./data.json')
        return Response.json({ ...given, text, data, read: readFileSync(new URL('data.json', import.meta.url), 'utf8') })
      }`,
    '.netlify/v1/functions/server/.netlify/build/page-a.mjs': 'export const text = "of a computed import"',
    '.netlify/v1/functions/server/.netlify/build/data.json': '{"data":1}',
    '.netlify/v1/functions/server/node_modules/alone/package.json': '{ "type": "module", "exports": "./index.js" }',
    '.netlify/v1/functions/server/node_modules/alone/index.js': 'export default "a copied package"'
  })
  t.same(JSON.parse(await get('server')), {
    alone: 'a copied package',
    stored: 'top level',
    file: join(root, '.netlify/v1/functions/server/server.mjs'),
    text: 'of a computed import',
    data: 1,
    read: '{"data":1}'
  })
})

t.test('it may be told by the JSON file beside it, have any form of module, and re-export all', async (t) => {
  const { app, get } = await serve(t, {
    'package.json': '{}',
    '.netlify/functions-internal/by-json.mjs': 'export default async () => new Response((await eval("import(\'./part.mjs\')")).text)',
    '.netlify/functions-internal/by-json.json': '{ "version": 1, "config": { "nodeBundler": "none" } }',
    '.netlify/functions-internal/part.mjs': 'export const text = "part"',
    '.netlify/functions-internal/common.js': 'const name = "./part.cjs"; exports.handler = async () => ({ statusCode: 200, body: require(name) }); exports.config = { "nodeBundler": "none" }',
    '.netlify/functions-internal/common-default.cjs': 'exports.default = () => new Response(__filename.slice(-18)); exports.config = { nodeBundler: "none", path: "/common" }',
    '.netlify/functions-internal/part.cjs': 'module.exports = "common part"',
    '.netlify/functions-internal/esm-syntax.js': `export default () => new Response('esm in .js')\n${NOT_BUNDLED}`,
    '.netlify/functions-internal/minified.js': 'var a=await Promise.resolve("minified");export{b as default,c as config};var b=()=>new Response(a),c={nodeBundler:"none"}',
    '.netlify/functions-internal/server/server.mjs': 'export { default } from "./main.mjs";\nexport const config = { path: "/*", nodeBundler: "none", excludedPath: ["/.netlify/*"] }',
    '.netlify/functions-internal/server/main.mjs': 'export default { fetch: () => new Response("main") }'
  })
  t.equal(await get('by-json'), 'part')
  t.equal(await get('common'), 'common part')
  t.equal((await app.inject('/common')).body, 'common-default.cjs')
  t.equal(await get('esm-syntax'), 'esm in .js')
  t.equal(await get('minified'), 'minified')
  t.equal((await app.inject('/any/page')).body, 'main')
})

t.test('a generated function that computes what it imports is not bundled either; TypeScript always is', async (t) => {
  const { get } = await serve(t, {
    '.netlify/v1/functions/computing.mjs': 'const names = ["./part-a.mjs"]\nexport default async () => new Response((await import(/* @vite-ignore */ names[0])).text)',
    '.netlify/v1/functions/part-a.mjs': 'export const text = "part a"',
    '.netlify/v1/functions/typed.mts': `export default (): Response => new Response('typed')\n${NOT_BUNDLED}`
  })
  t.equal(await get('computing'), 'part a')
  t.equal(await get('typed'), 'typed')
})

t.test('reload() serves what a new build has changed, in every file, and keeps what has not', async (t) => {
  const page = (text: string): string => `export const text = '${text}'`
  const { app, root, get } = await serve(t, {
    '.netlify/v1/functions/server/server.mjs': `import { render } from './build/entry.mjs'\nlet calls = 0\nexport default () => new Response(render() + ' ' + ++calls)\n${NOT_BUNDLED}`,
    '.netlify/v1/functions/server/build/entry.mjs': 'import { text } from "./chunks/page.mjs"\nexport const render = () => text',
    '.netlify/v1/functions/server/build/chunks/page.mjs': page('first'),
    '.netlify/v1/functions/common.cjs': 'exports.handler = async () => ({ statusCode: 200, body: "first" })\nexports.config = { nodeBundler: "none" }'
  })
  t.equal(await get('server'), 'first 1')
  await app.netlifyFunctions.reload()
  t.equal(await get('server'), 'first 2', 'nothing has changed')

  await writeFiles(root, { '.netlify/v1/functions/server/build/chunks/page.mjs': page('second'), '.netlify/v1/functions/common.cjs': 'exports.handler = async () => ({ statusCode: 200, body: "second" })\nexports.config = { nodeBundler: "none" }' })
  await app.netlifyFunctions.reload()
  t.equal(await get('server'), 'second 1')
  t.equal(await get('common'), 'second')

  await writeFiles(root, { '.netlify/v1/functions/server/build/chunks/page.mjs': page('first') })
  await app.netlifyFunctions.reload()
  t.equal(await get('server'), 'first 3', 'the old content is the old module')
})

t.test('in a thread, too', async (t) => {
  const { app, root, get } = await serve(t, {
    '.netlify/v1/functions/server/server.mjs': `import { isMainThread } from 'node:worker_threads'\nimport { text } from './page.mjs'\nexport default () => new Response(text + ' ' + isMainThread)\n${NOT_BUNDLED}`,
    '.netlify/v1/functions/server/page.mjs': 'export const text = "first"'
  }, { isolation: 'thread' })
  t.equal(await get('server'), 'first false')
  await writeFiles(root, { '.netlify/v1/functions/server/page.mjs': 'export const text = "second"' })
  await app.netlifyFunctions.reload()
  t.equal(await get('server'), 'second false')
})

t.test('watch notices a new build', async (t) => {
  const { app, root, get } = await serve(t, {
    '.netlify/v1/functions/server/server.mjs': `import { text } from './page.mjs'\nexport default () => new Response(text)\n${NOT_BUNDLED}`,
    '.netlify/v1/functions/server/page.mjs': 'export const text = "first"'
  }, { watch: true })
  await app.ready()
  t.equal(await get('server'), 'first')
  const built = new Promise((resolve) => { app.netlifyFunctions.on('build', resolve) })
  await writeFiles(root, { '.netlify/v1/functions/server/page.mjs': 'export const text = "second"' })
  await built
  t.equal(await get('server'), 'second')
})

t.test('a function that cannot be loaded says why, with the line of its own file', async (t) => {
  const app = await createApp(t, {
    '.netlify/v1/functions/broken/broken.mjs': `import './inner.mjs'\nexport default () => new Response()\n${NOT_BUNDLED}`,
    '.netlify/v1/functions/broken/inner.mjs': '\nconst settings = undefined\nconsole.log(settings.name)\n',
    '.netlify/v1/functions/lacking.mjs': `import 'not-installed'\nexport default () => new Response()\n${NOT_BUNDLED}`,
    '.netlify/v1/functions/malformed.mjs': `export default () => {\n${NOT_BUNDLED}`
  })
  const errors = Object.fromEntries(app.netlifyFunctions.functions.map(({ name, error }) => [name, error?.message ?? '']))
  t.match(errors.broken, /TypeError: Cannot read properties of undefined[^]*inner\.mjs:3:21:?\n[^]*console\.log\(settings\.name\)/)
  t.match(errors.lacking, /Cannot find package 'not-installed', which .*lacking\.mjs or a file it imports needs/)
  t.match(errors.malformed, /SyntaxError/)
})

t.test('comments neither make an import computed nor take long to look through', (t) => {
  const source = { name: 'x', file: '/x.js', directory: '/', generated: true }
  const comments = '/* a */ '.repeat(100_000)
  const isComputed = (code: string): boolean => leadsElsewhere(source, { code })
  t.equal(isComputed('import(/* a */ "./x.js"); f(/* b */ y)'), false)
  t.equal(isComputed('import(/* a **/ /***/ x)'), true)
  t.equal(isComputed(`import(${comments}"./x.js")`), false)
  t.equal(isComputed(`import(${comments}x)`), true)
  t.end()
})

t.test('a function that is loaded as it lies may have any number of comments', { timeout: 10_000 }, async (t) => {
  const { get } = await serve(t, {
    '.netlify/v1/functions/server/server.mjs': `export default () => new Response('served')\nexport const load = (x) => import(${'/* a */ '.repeat(100)}x)\n${NOT_BUNDLED}`
  })
  t.equal(await get('server'), 'served')
})
