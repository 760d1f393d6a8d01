import { join } from 'node:path'
import t from 'tap'
import { createApp, type SiteFiles } from '../helper.ts'

t.test('a site with a base directory in a monorepo', async (t) => {
  const monorepo: SiteFiles = {
    'package.json': '{ "private": true, "workspaces": ["packages/*"] }',
    'netlify.toml': '[build]\nbase = "packages/site"\n[context.dev.build]\npublish = "src"',
    'packages/site/netlify.toml': '[build]\npublish = "dist"\n[functions]\ndirectory = "api"\n[functions.late]\nbackground = true',
    'packages/site/dist/index.html': 'home',
    'packages/site/dist/netlify.toml': 'secret',
    'packages/site/api/hello.mts': 'import { text } from \'../../shared/text.ts\'\nexport default () => new Response(text)',
    'packages/site/api/nightly.mts': 'export default () => {}',
    'packages/site/api/late.mts': 'export default () => {}',
    'packages/site/.netlify/v1/functions/server.mjs': 'export default () => new Response("server")\nexport const config = { path: "/*", preferStatic: true, excludedPath: "/.netlify/*" }',
    'packages/site/.netlify/v1/config.json': '{ "functions": { "night*": { "schedule": "@daily" } } }',
    'packages/shared/text.ts': 'export const text: string = \'of the monorepo\'',
    'netlify/functions/root.mts': 'export default () => new Response("not of this site")'
  }
  const app = await createApp(t, monorepo)
  t.equal((await app.inject('/')).body, 'home')
  t.equal((await app.inject('/other')).body, 'server')
  t.equal((await app.inject('/.netlify/functions/hello')).body, 'of the monorepo')
  t.equal((await app.inject('/.netlify/functions/late')).statusCode, 202)
  t.equal((await app.inject('/.netlify/functions/root')).statusCode, 404)
  t.equal((await app.inject('/netlify.toml')).body, 'server', 'no configuration is ever served')
  t.same(app.netlifyFunctions.functions.map(({ name, kind }) => [name, kind]), [['hello', 'request'], ['late', 'background'], ['nightly', 'scheduled'], ['server', 'request']])
})

t.test('a base directory without a netlify.toml of its own', async (t) => {
  const files = {
    'netlify.toml': '[build]\nbase = "site"\npublish = "dist"',
    'site/dist/index.html': 'home',
    'site/netlify/functions/hello.mjs': 'export default () => new Response("hello")'
  }
  const app = await createApp(t, files)
  t.equal((await app.inject('/')).body, 'home')
  t.equal((await app.inject('/.netlify/functions/hello')).body, 'hello')
})

t.test('a site of type commonjs', async (t) => {
  const app = await createApp(t, {
    'package.json': '{ "type": "commonjs" }',
    'netlify/functions/web.js': 'exports.default = () => new Response(require("node:path").basename(__filename)); exports.config = { path: "/web" }',
    'netlify/functions/esm-syntax.js': 'import { join } from "node:path"\nexport default () => new Response(join("a", "b"))\nexport const config = { path: "/esm" }',
    'netlify/functions/typed.ts': 'import { join } from "node:path"\nexport default (): Response => new Response(join("c", "d"))',
    'netlify/functions/lambda.js': 'module.exports.handler = async () => ({ statusCode: 200, body: require("./lib/text") })',
    'netlify/functions/lib/text.js': 'module.exports = "a CommonJS file"',
    'netlify/functions/module.mjs': 'const text = await Promise.resolve("a module")\nexport default () => new Response(text)',
    '.netlify/v1/functions/server.mjs': 'import { render } from "../../../build/server.js"\nexport default () => new Response(render())\nexport const config = { path: "/*" }',
    'build/server.js': 'exports.render = () => "rendered by CommonJS"',
    '.netlify/functions-internal/old.js': 'exports.handler = async () => ({ statusCode: 200, body: "old" }); exports.config = { nodeBundler: "none" }'
  })
  const bodies: Record<string, string> = {}
  for (const url of ['/web', '/esm', '/.netlify/functions/typed', '/.netlify/functions/lambda', '/.netlify/functions/module', '/.netlify/functions/old', '/any']) bodies[url] = (await app.inject(url)).body
  t.strictSame(bodies, {
    '/web': 'web.js',
    '/esm': join('a', 'b'),
    '/.netlify/functions/typed': join('c', 'd'),
    '/.netlify/functions/lambda': 'a CommonJS file',
    '/.netlify/functions/module': 'a module',
    '/.netlify/functions/old': 'old',
    '/any': 'rendered by CommonJS'
  })
})
