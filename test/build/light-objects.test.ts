import { readFile, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildFunctions, type SiteBuild } from '../../lib/build/build.ts'
import { createCacheDirectory } from '../../lib/build/cache.ts'
import { loadFunction } from '../../lib/build/load.ts'
import { installFetchObjects } from '../../lib/http/fetch-objects.ts'
import { createLightRequest } from '../../lib/http/light-request.ts'
import { takeLightResponse } from '../../lib/http/light-response.ts'
import { createSite, type SiteFiles } from '../helper.ts'

interface Answer {
  /** Whether its bundle has light Fetch objects. */
  readonly light: boolean
  /** Whether it returned a light response. */
  readonly returnsLight: boolean
  readonly body: string
}

installFetchObjects()

async function build (root: string, lightObjects = true): Promise<SiteBuild> {
  return await buildFunctions({
    root, cacheDirectory: createCacheDirectory(root), directories: [join(root, 'netlify/functions')], generated: [], tsconfigDirectories: [root], lightObjects, ownConsole: false, overridesFor: () => ({}), instance: '', load: loadFunction
  })
}

/** Builds a site of one function and calls it with the request it would get. */
async function call (t: Test, files: SiteFiles, lightObjects = true): Promise<Answer> {
  const root = await createSite(t, files)
  await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'))
  const { functions: [loaded] } = await build(root, lightObjects)
  if (loaded === undefined || !('handler' in loaded)) throw loaded?.definition.state === 'failed' ? loaded.definition.error : new Error('no function')
  const { lightObjects: light } = loaded.definition
  const url = 'http://localhost/.netlify/functions/x?a=b'
  const sent = new TextEncoder().encode('the body')
  const { signal } = new AbortController()
  const request = light ? createLightRequest({ method: 'POST', url, headers: { 'x-sent': 'yes' }, body: sent }, { signal }) : new Request(url, { method: 'POST', headers: { 'x-sent': 'yes' }, body: sent })
  const response = await (loaded.handler as (request: Request) => Promise<Response>)(request)
  const body = await response.clone().text()
  return { light, returnsLight: takeLightResponse(response) !== undefined, body }
}

const TYPED = 'import type { Context } from "hono"\nimport { Hono } from "hono"\nexport default async (request: Request): Promise<Response | Context | Hono> => new Response(await request.text())'

const light: Array<[title: string, files: SiteFiles]> = [
  ['no imports', { 'x.mjs': 'export default () => new Response("x")' }],
  ['TypeScript', { 'x.mts': 'export default async (request: Request): Promise<Response> => new Response(await request.text())' }],
  ['CommonJS', { 'x.cjs': 'exports.default = async (request) => new Response(await request.text())' }],
  ['Node.js and @netlify/functions', { 'x.mts': 'import { createHash } from "node:crypto"\nimport fs from "fs"\nimport { purgeCache } from "@netlify/functions"\nexport default () => Response.json([typeof createHash, typeof fs, typeof purgeCache])' }],
  ['files of its own', { 'x.mts': 'import { answer } from "../../lib/answer.ts"\nexport default answer', '../../lib/answer.ts': 'export const answer = () => Response.json(1)' }],
  ['packages of the workspace', { 'x.mts': 'import { answer } from "#own"\nexport default answer', '../../own.js': 'export const answer = () => Response.json(1)', '../../package.json': '{ "imports": { "#own": "./own.js" } }' }],
  ['types of a package', { 'x.mts': 'import type { Context } from "hono"\nexport default (): Response | Context => new Response("x")' }],
  ['an import that only types use', { 'x.mts': TYPED }],
  ['globalThis.Response, global.Request and globalThis["fetch"]', { 'x.mjs': 'export default (request) => globalThis.Response.json([typeof globalThis["fetch"], new global.Request(request).url])' }],
  ['local variables of the same names', { 'x.mjs': 'function f (Request, fetch, globalThis) { const Response = 1; return [Request, fetch, globalThis, Response] }\nexport default () => Response.json(f(1, 2, 3))' }],
  ['the names in strings and members', { 'x.mjs': '// eval(global)\nexport default () => Response.json({ globalThis: "eval", global: "require(x)", Function: 1 }.global)' }],
  ['an import of a literal', { 'x.mjs': 'export default async () => Response.json((await import("../../lib/late.js")).late)', '../../lib/late.js': 'export const late = 1' }]
]

for (const [title, files] of light) {
  t.test(`light objects: ${title}`, async (t) => {
    t.match(await call(t, inFunctions(files)), { light: true, returnsLight: true })
    t.match(await call(t, inFunctions(files), false), { light: false, returnsLight: false }, 'unless they are turned off')
  })
}

const native: Array<[title: string, files: SiteFiles, body?: string]> = [
  ['a package', { 'x.mts': 'import { Hono } from "hono"\nexport default (request: Request): unknown => new Hono().all("*", async (c) => c.text(await c.req.raw.text())).fetch(request)' }, 'the body'],
  ['a package in a file of its own', { 'x.mjs': 'import { app } from "../../lib/app.mjs"\nexport default (request) => app.fetch(request)', '../../lib/app.mjs': 'import { Hono } from "hono"\nexport const app = new Hono().all("*", (c) => c.text(c.req.header("x-sent")))' }, 'yes'],
  ['a package that is loaded later', { 'x.mjs': 'export default async (request) => { const { Hono } = await import("hono"); return new Hono().all("*", async (c) => c.text(await c.req.text())).fetch(new Request(request)) }' }, 'the body'],
  ['a package by require()', { 'x.cjs': 'const { Hono } = require("hono")\nexports.default = (request) => new Hono().all("*", (c) => c.text("x")).fetch(request)' }, 'x'],
  ['a package that is missing', { 'x.mjs': 'export default async () => { try { await import("none-such") } catch { return new Response("missing") } }' }, 'missing'],
  ['a file that is missing', { 'x.mjs': 'export default async () => { try { await import("./none.js") } catch { return new Response("missing") } }' }, 'missing'],
  ['an import that is computed', { 'x.mjs': 'export default async (request) => { const { Hono } = await import(["hono"][0].replace("h", "") && import.meta.resolve("hono")); return new Hono().all("*", (c) => c.text("x")).fetch(request) }' }, 'x'],
  ['a require() that is computed', { 'x.cjs': 'exports.default = (request) => { const { Hono } = require(["hono"].map((name) => require.resolve(name))[0]); return new Hono().all("*", (c) => c.text("x")).fetch(request) }' }],
  ['require under another name', { 'x.cjs': 'const load = require\nexports.default = () => new Response(typeof load)' }, 'function'],
  ['module.require', { 'x.cjs': 'exports.default = () => new Response(typeof module.require)' }, 'function'],
  ['createRequire', { 'x.mjs': 'import { createRequire } from "node:module"\nexport default () => new Response(typeof createRequire)' }, 'function'],
  ['worker_threads', { 'x.mjs': 'import { Worker } from "worker_threads"\nexport default () => new Response(typeof Worker)' }, 'function'],
  ['process.getBuiltinModule', { 'x.mjs': 'export default () => new Response(typeof process.getBuiltinModule("vm"))' }, 'object'],
  ['globalThis taken apart', { 'x.mjs': 'const { Response: Own } = globalThis\nexport default () => new Own("x")' }, 'x'],
  ['globalThis by a computed name', { 'x.mjs': 'const name = "Resp" + "onse"\nexport default () => new globalThis[name]("x")' }, 'x'],
  ['global handed on', { 'x.cjs': 'const get = (object) => object.Response\nexports.default = () => new (get(global))("x")' }, 'x'],
  ['eval', { 'x.cjs': 'exports.default = () => eval("new Response(1)")' }, '1'],
  ['indirect eval', { 'x.mjs': 'export default () => (0, eval)("new Response(1)")' }, '1'],
  ['new Function', { 'x.mjs': 'export default () => new Function("return new Response(1)")()' }, '1'],
  ['the constructor of a function', { 'x.mjs': 'export default () => (() => {}).constructor("return new Response(1)")()' }, '1'],
  ['this of a sloppy function', { 'x.cjs': 'const root = (function () { return this })()\nexports.default = () => new root.Response("x")' }, 'x'],
  ['a method of Response.prototype', { 'x.mjs': 'const { text } = Response.prototype\nexport default async () => new Response(await text.call(new Response("x")))' }, 'x'],
  ['WebAssembly from a Response', { 'x.mjs': 'export default async () => { try { await WebAssembly.compileStreaming(new Response("x", { headers: { "content-type": "application/wasm" } })) } catch (error) { return new Response(error.name) } }' }, 'CompileError']
]

for (const [title, files, body] of native) {
  t.test(`native objects: ${title}`, async (t) => {
    t.match(await call(t, inFunctions(files)), { light: false, returnsLight: false, ...(body !== undefined && { body }) })
  })
}

t.test('what assigns to a Fetch object is built again without light ones', async (t) => {
  const { fetch: before } = globalThis
  t.teardown(() => { globalThis.fetch = before })
  for (const code of ['globalThis.fetch = () => new Response("own")', 'fetch = () => new Response("own")']) {
    t.match(await call(t, { 'netlify/functions/x.cjs': `${code}\nexports.default = () => fetch()` }), { light: false, body: 'own' }, code)
    globalThis.fetch = before
  }
})

t.test('the decision comes from the cache at the second start', async (t) => {
  const root = await createSite(t, { 'netlify/functions/light.mjs': 'export default () => new Response("x")', 'netlify/functions/native.mjs': 'import vm from "node:vm"\nexport default () => new Response(typeof vm)' })
  for (const bundled of [2, 0]) {
    const built = await build(root)
    t.equal(built.bundled.length, bundled)
    t.strictSame(built.functions.map(({ definition }) => definition.state === 'ready' && [definition.name, definition.lightObjects]), [['light', true], ['native', false]])
  }
  t.equal((await build(root, false)).bundled.length, 2, 'each way of building has an entry of its own')
})

t.test('a bundle that uses no Fetch object has nothing of them', async (t) => {
  const root = await createSite(t, { 'netlify/functions/x.mjs': 'export default () => {}' })
  await build(root)
  const directory = join(root, '.netlify/functions-cache')
  const bundle = (await readdir(directory)).find((name) => name.endsWith('.mjs'))!
  t.notMatch(await readFile(join(directory, bundle), 'utf8'), 'fastify-netlify-functions.fetch')
})

t.test('the cache remembers the files of the user, and nothing of ours', async (t) => {
  const root = await createSite(t, { 'netlify/functions/x.mjs': 'export default () => new Response("x")' })
  await build(root)
  const directory = join(root, '.netlify/functions-cache')
  const entry = (await readdir(directory)).find((name) => name.endsWith('.json'))!
  const { inputs } = JSON.parse(await readFile(join(directory, entry), 'utf8')) as { inputs: object }
  t.strictSame(Object.keys(inputs), [join(root, 'netlify/functions/x.mjs')])
})

t.test('an error of a light object at load names the line of the user', async (t) => {
  const root = await createSite(t, { 'netlify/functions/x.mjs': '\nconst page = new Response("x", { status: 1000 })\nexport default () => page' })
  const { functions: [failed] } = await build(root)
  t.match(failed?.definition, { state: 'failed', error: { message: /x\.mjs:2:13:[^]*RangeError|RangeError[^]*x\.mjs:2:13:/ } })
})

t.test('a class of the function may extend Response and Request', async (t) => {
  const answer = await call(t, inFunctions({
    'x.mjs': `
      class Page extends Response {
        constructor (body) { super(body, { headers: { 'content-type': 'text/html' } }) }
        get isPage () { return true }
      }
      class Call extends Request { get isCall () { return true } }
      export default async (request) => {
        const copy = new Call(request, { headers: { 'x-own': '1' } })
        const page = new Page('page')
        const facts = [page instanceof Page, page.isPage, new Response() instanceof Page, page.headers.get('content-type'), await page.text(), copy instanceof Call, copy.isCall, copy.headers.get('x-own'), await copy.text(), request.bodyUsed]
        return new Page(JSON.stringify(facts))
      }`
  }))
  t.strictSame([answer.light, answer.returnsLight, JSON.parse(answer.body)], [true, true, [true, true, false, 'text/html', 'page', true, true, '1', 'the body', true]])
})

function inFunctions (files: SiteFiles): SiteFiles {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [join('netlify/functions', path), content]))
}
