import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createApp, createSite, type SiteFiles } from '../helper.ts'

async function answer (app: FastifyInstance, name: string): Promise<unknown> {
  const { statusCode, body } = await app.inject(`/.netlify/functions/${name}`)
  return statusCode === 200 ? JSON.parse(body) : body
}

/** A site below a directory that holds more than the site, with symbolic links. */
async function serve (t: Test, files: SiteFiles, site: string, links: Record<string, string>): Promise<FastifyInstance> {
  const top = await createSite(t, files)
  for (const [link, target] of Object.entries(links)) {
    await mkdir(dirname(join(top, link)), { recursive: true })
    await symlink(target, join(top, link))
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root: join(top, site) })
  return app
}

t.test('a native package works: sharp resizes an image, from both module formats', async (t) => {
  const resize = 'sharp({ create: { width: 8, height: 6, channels: 3, background: "#f00" } }).resize(4).png().toBuffer()'
  const sharp = join(import.meta.dirname, '../../node_modules/sharp')
  const app = await serve(t, {
    'netlify/functions/esm.mts': `import sharp from "sharp"\nexport default async () => new Response(await ${resize}, { headers: { "content-type": "image/png" } })`,
    'netlify/functions/cjs.cts': `const sharp = require("sharp")\nexport const handler = async () => ({ statusCode: 200, isBase64Encoded: true, body: (await ${resize}).toString("base64") })`
  }, '.', { 'node_modules/sharp': sharp })

  for (const name of ['esm', 'cjs']) {
    const { statusCode, rawPayload } = await app.inject(`/.netlify/functions/${name}`)
    t.equal(statusCode, 200)
    t.same(rawPayload.subarray(1, 4).toString(), 'PNG')
    t.same([rawPayload.readUInt32BE(16), rawPayload.readUInt32BE(20)], [4, 3], 'width and height')
  }
})

t.test('a package hoisted to the root of a workspace loads, and so does the site\'s own version', async (t) => {
  const app = await serve(t, {
    'package.json': '{ "workspaces": ["sites/*"] }',
    'node_modules/hoisted/package.json': '{ "name": "hoisted" }',
    'node_modules/hoisted/index.js': 'module.exports = "hoisted, with " + require("other")',
    'node_modules/other/package.json': '{ "name": "other" }',
    'node_modules/other/index.js': 'module.exports = "other 1"',
    'sites/one/package.json': '{ "type": "module" }',
    'sites/one/node_modules/other/package.json': '{ "name": "other" }',
    'sites/one/node_modules/other/index.js': 'module.exports = "other 2"',
    'sites/one/netlify/functions/esm.ts': 'import hoisted from "hoisted"\nimport other from "other"\nexport default () => Response.json([hoisted, other])',
    'sites/one/netlify/functions/cjs.cjs': 'exports.default = () => Response.json([require("hoisted"), require("other")])'
  }, 'sites/one', {})
  t.same(await answer(app, 'esm'), ['hoisted, with other 1', 'other 2'])
  t.same(await answer(app, 'cjs'), ['hoisted, with other 1', 'other 2'])
})

t.test('a function\'s own nested node_modules loads', async (t) => {
  const app = await createApp(t, {
    'node_modules/dep/package.json': '{ "name": "dep" }',
    'node_modules/dep/index.js': 'module.exports = "of the site"',
    'netlify/functions/nested/package.json': '{}',
    'netlify/functions/nested/nested.mjs': 'import dep from "dep"\nexport default () => Response.json(dep)',
    'netlify/functions/nested/node_modules/dep/package.json': '{ "name": "dep" }',
    'netlify/functions/nested/node_modules/dep/index.js': 'module.exports = "of the function"',
    'netlify/functions/plain.mjs': 'import dep from "dep"\nexport default () => Response.json(dep)'
  })
  t.equal(await answer(app, 'nested'), 'of the function')
  t.equal(await answer(app, 'plain'), 'of the site')
})

t.test('a workspace package in TypeScript with an enum loads through its symbolic link, with its own tsconfig.json and dependencies', async (t) => {
  const app = await serve(t, {
    'package.json': '{ "workspaces": ["packages/*", "site"] }',
    'packages/colours/package.json': '{ "name": "@acme/colours", "type": "module", "exports": { ".": "./src/index.ts", "./names": "./src/names.ts" } }',
    'packages/colours/tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
    'packages/colours/src/index.ts': 'import { suffix } from "~/suffix"\nimport dep from "dep"\nexport enum Colour { Green, Red }\nexport const describe = (colour: Colour): string => Colour[colour] + suffix + dep',
    'packages/colours/src/suffix.ts': 'export const suffix = "ish"',
    'packages/colours/src/names.ts': 'import { Colour } from "./index.js"\nexport const names: string[] = [Colour[0], Colour[1]]',
    'packages/colours/node_modules/dep/package.json': '{ "name": "dep" }',
    'packages/colours/node_modules/dep/index.js': 'module.exports = " dep"',
    'site/netlify/functions/esm.mts': 'import { Colour, describe } from "@acme/colours"\nimport { names } from "@acme/colours/names"\nexport default () => Response.json([describe(Colour.Red), names])',
    'site/netlify/functions/cjs.cts': 'const { Colour, describe } = require("@acme/colours")\nexport const handler = async () => ({ statusCode: 200, body: JSON.stringify(describe(Colour.Green)) })'
  }, 'site', { 'node_modules/@acme/colours': '../../packages/colours' })
  t.same(await answer(app, 'esm'), ['Redish dep', ['Green', 'Red']])
  t.equal(await answer(app, 'cjs'), 'Greenish dep')
})

t.test('a package in TypeScript inside node_modules is compiled too', async (t) => {
  const app = await createApp(t, {
    'node_modules/typed/package.json': '{ "name": "typed", "main": "./src/index.ts" }',
    'node_modules/typed/src/index.ts': 'import { text } from "./text"\nexport enum Kind { A = "a" }\nexport const typed: string = Kind.A + text',
    'node_modules/typed/src/text.ts': 'export const text: string = "b"',
    'netlify/functions/x.mts': 'import { typed } from "typed"\nexport default () => Response.json(typed)'
  })
  t.equal(await answer(app, 'x'), 'ab')
})

t.test('"imports" of package.json work: a file, a file by condition, a package', async (t) => {
  const app = await createApp(t, {
    'package.json': '{ "type": "module", "imports": { "#text": "./src/text.ts", "#lib/*": "./src/lib/*.ts", "#how": { "require": "./src/required.cjs", "default": "./src/imported.mjs" }, "#dep": "dep" } }',
    'src/text.ts': 'export const text = "text"',
    'src/lib/deep.ts': 'export default "deep"',
    'src/required.cjs': 'module.exports = "required"',
    'src/imported.mjs': 'export default "imported"',
    'node_modules/dep/package.json': '{ "name": "dep" }',
    'node_modules/dep/index.js': 'module.exports = "dep"',
    'netlify/functions/esm.ts': 'import { text } from "#text"\nimport deep from "#lib/deep"\nimport how from "#how"\nimport dep from "#dep"\nexport default () => Response.json([text, deep, how, dep])',
    'netlify/functions/cjs.cts': 'const how = require("#how")\nconst dep = require("#dep")\nexport default () => Response.json([how, dep])'
  })
  t.same(await answer(app, 'esm'), ['text', 'deep', 'imported', 'dep'])
  t.same(await answer(app, 'cjs'), ['required', 'dep'])
})

t.test('a package can import itself by name', async (t) => {
  const app = await createApp(t, {
    'package.json': '{ "name": "my-site", "type": "module", "exports": { "./text": "./src/text.ts" } }',
    'src/text.ts': 'export const text: string = "self"',
    'netlify/functions/x.ts': 'import { text } from "my-site/text"\nexport default () => Response.json(text)'
  })
  t.equal(await answer(app, 'x'), 'self')
})

t.test('an optional package that is missing is no error', async (t) => {
  const attempt = 'let found = "there"\ntry { require("not-installed") } catch (error) { found = error.code }'
  const app = await createApp(t, {
    'netlify/functions/cjs.cjs': `${attempt}\nexports.default = () => Response.json(found)`,
    'netlify/functions/esm.mts': 'import found from "../../lib/attempt.cjs"\nconst late = await import("not-installed").catch(({ code }) => code)\nexport default () => Response.json([found, late])',
    'lib/attempt.cjs': `${attempt}\nmodule.exports = found`
  })
  t.equal(await answer(app, 'cjs'), 'MODULE_NOT_FOUND')
  t.same(await answer(app, 'esm'), ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])
})

t.test('a missing package fails the function with an error that names it', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/esm.mts': 'import thing from "@acme/not-installed/deep"\nexport default () => Response.json(thing)',
    'netlify/functions/cjs.cjs': 'const thing = require("not-installed")\nexports.default = () => Response.json(thing)',
    'netlify/functions/indirect.mts': 'import "../../lib/needs.ts"\nexport default () => Response.json(1)',
    'lib/needs.ts': 'import "not-installed"',
    'netlify/functions/fine.mts': 'export default () => Response.json("fine")'
  })
  for (const [name, missing] of [['esm', '@acme/not-installed'], ['cjs', 'not-installed'], ['indirect', 'not-installed']] as const) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.equal(response.statusCode, 500)
    t.equal(response.json().code, 'FST_NETLIFY_LOAD_FAILED')
    t.match(response.json().message, new RegExp(`Cannot find (package|module) '${missing}'`))
    t.match(response.json().message, new RegExp(`netlify/functions/${name}\\.`))
    t.notMatch(response.json().message, '.netlify/functions-cache', 'the bundle is not the user\'s business')
  }
  t.equal(await answer(app, 'fine'), 'fine')
})

t.test('a package that needs a missing package fails the function with an error that names it', async (t) => {
  const app = await createApp(t, {
    'node_modules/dep/package.json': '{ "name": "dep" }',
    'node_modules/dep/index.js': 'require("not-installed")',
    'netlify/functions/x.mts': 'import "dep"\nexport default () => Response.json(1)'
  })
  const response = await app.inject('/.netlify/functions/x')
  t.match(response.json(), { statusCode: 500, code: 'FST_NETLIFY_LOAD_FAILED', message: /Cannot find module 'not-installed'/ })
})
