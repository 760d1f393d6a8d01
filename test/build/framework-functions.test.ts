import t from 'tap'
import { captureLog, createApp } from '../helper.ts'

const answers = (text: string): string => `export default () => new Response(${JSON.stringify(text)})`

for (const directory of ['.netlify/functions-internal', '.netlify/v1/functions']) {
  t.test(`functions that a framework has written to ${directory} are served beside the user's`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/mine.mts': answers('mine'),
      [`${directory}/single.mjs`]: answers('single'),
      [`${directory}/folder/folder.mjs`]: answers('folder'),
      [`${directory}/folder/other.mjs`]: 'throw new Error("not a function")',
      [`${directory}/manifest.json`]: '{ "functions": [] }',
      [`${directory}/___netlify-entry-point.mjs`]: answers('of Netlify\'s build'),
      [`${directory}/___netlify-server-handler/___netlify-server-handler.mjs`]: answers('___netlify-server-handler'),
      [`${directory}/x.test.mjs`]: answers('no valid name')
    })
    t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['___netlify-server-handler', 'folder', 'mine', 'single'])
    for (const name of ['mine', 'single', 'folder', '___netlify-server-handler']) t.equal((await app.inject(`/.netlify/functions/${name}`)).body, name)
    t.equal((await app.inject('/.netlify/functions/___netlify-entry-point')).statusCode, 404)
  })
}

t.test('a site may have generated functions only', async (t) => {
  const app = await createApp(t, { '.netlify/v1/functions/server.mjs': answers('server') })
  t.equal((await app.inject('/.netlify/functions/server')).body, 'server')
})

t.test('a function of the user\'s wins over any generated one of its name', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/one.mts': answers('of the user'),
    '.netlify/v1/functions/one/one.mjs': answers('generated, in a directory'),
    'netlify/functions/two.mts': answers('of the user'),
    '.netlify/functions-internal/two.js': answers('generated, with a better extension'),
    '.netlify/functions-internal/three.mjs': answers('functions-internal'),
    '.netlify/v1/functions/three.mjs': answers('v1')
  })
  t.equal((await app.inject('/.netlify/functions/one')).body, 'of the user')
  t.equal((await app.inject('/.netlify/functions/two')).body, 'of the user')
  t.equal((await app.inject('/.netlify/functions/three')).body, 'v1')
})

t.test('they are found below the base directory too, which wins over the root', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[build]\nbase = "packages/site"\npublish = "."',
    'packages/site/.netlify/v1/functions/server.mjs': answers('base'),
    '.netlify/v1/functions/server.mjs': answers('root'),
    '.netlify/v1/functions/other.mjs': answers('other')
  }, { publish: { directory: 'packages/site', dotfiles: true } })
  t.equal((await app.inject('/.netlify/functions/server')).body, 'base')
  t.equal((await app.inject('/.netlify/functions/other')).body, 'other')
  t.equal((await app.inject('/.netlify/v1/functions/server.mjs')).statusCode, 404, 'and never published')
})

t.test('a server that a framework has written takes every path, a file first, and leaves what it excludes', async (t) => {
  const app = await createApp(t, {
    'dist/robots.txt': 'a file',
    '.netlify/v1/functions/server.mjs': `
      export default (request, context) => new Response(new URL(request.url).pathname + ' ' + context.path)
      export const config = { name: 'server handler', generator: 'framework@1.0.0', path: '/*', excludedPath: ['/.netlify/*', '/_assets/*'], preferStatic: true }`,
    'netlify/functions/mine.mts': answers('mine')
  }, { publish: 'dist' })
  t.equal((await app.inject('/some/page?x=1')).body, '/some/page /*')
  t.equal((await app.inject('/')).body, '/ /*')
  t.equal((await app.inject('/robots.txt')).body, 'a file')
  t.equal((await app.inject('/_assets/gone.js')).statusCode, 404)
  t.equal((await app.inject('/.netlify/functions/mine')).body, 'mine')
  t.equal((await app.inject('/.netlify/functions/absent')).statusCode, 404)
  t.match(app.netlifyFunctions.functions.find(({ name }) => name === 'server'), { routes: ['/*'] })
})

t.test('imports may leave the functions directory, and use what ES modules have', async (t) => {
  const app = await createApp(t, {
    'package.json': '{ "type": "commonjs" }',
    'build/server/index.js': 'export const routes = await Promise.resolve(["/"]); export const url = import.meta.url',
    'build/server/package.json': '{ "type": "module" }',
    'build/data.json': '{ "answer": 42 }',
    '.netlify/v1/functions/server.mjs': `
      import { createRequire } from 'node:module'
      import { existsSync } from 'node:fs'
      import * as build from '../../../build/server/index.js'
      const require = createRequire(import.meta.url)
      const data = await new Promise((resolve) => setImmediate(() => resolve(require('../../../build/data.json'))))
      export default async () => Response.json({ routes: build.routes, data, exists: existsSync(new URL(build.url)), late: (await import('../../../build/server/index.js')).routes, cwd: process.cwd() })`
  })
  t.same((await app.inject('/.netlify/functions/server')).json(), { routes: ['/'], data: { answer: 42 }, exists: true, late: ['/'], cwd: process.cwd() })
})

t.test('the JSON file beside a generated function configures it, below its own config', async (t) => {
  const app = await createApp(t, {
    '.netlify/functions-internal/nightly.mjs': answers('nightly'),
    '.netlify/functions-internal/nightly.json': '{ "version": 1, "config": { "schedule": "@daily", "nodeModuleFormat": "esm", "path": "/not-for-a-sidecar", "unknown": 1 } }',
    '.netlify/functions-internal/server/server.mjs': answers('server'),
    '.netlify/functions-internal/server/server.json': '{ "version": 2, "config": { "schedule": "@daily" } }',
    '.netlify/functions-internal/server/package.json': '{ "type": "module" }',
    '.netlify/functions-internal/own.mjs': `${answers('own')}\nexport const config = { schedule: '@hourly' }`,
    '.netlify/functions-internal/own.json': '{ "version": 1, "config": { "schedule": "@daily" } }',
    '.netlify/functions-internal/stray.mjs': answers('stray'),
    '.netlify/functions-internal/stray.json': 'not JSON',
    'netlify/functions/mine.mjs': answers('mine'),
    'netlify/functions/mine.json': '{ "version": 1, "config": { "schedule": "@daily" } }'
  })
  const kinds = Object.fromEntries(app.netlifyFunctions.functions.map(({ name, kind }) => [name, kind]))
  t.same(kinds, { mine: 'request', nightly: 'scheduled', own: 'scheduled', server: 'request', stray: 'request' })
})

t.test('it counts more than netlify.toml, and what is wrong in it is an error of that function', async (t) => {
  const { logger, lines } = captureLog()
  const app = await createApp(t, {
    'netlify.toml': '[functions.night]\nschedule = "@hourly"\n[functions.wrong]\nmemory = 1024',
    '.netlify/functions-internal/night.mjs': answers('night'),
    '.netlify/functions-internal/night.json': '{ "version": 1, "config": { "schedule": "5 4 * * *" } }',
    '.netlify/functions-internal/wrong.mjs': answers('wrong'),
    '.netlify/functions-internal/wrong.json': '{ "version": 1, "config": { "schedule": "sometimes" } }',
    '.netlify/functions-internal/right.mjs': answers('right')
  }, {}, { logger })
  t.equal((await app.inject('/.netlify/functions/right')).body, 'right')
  t.equal((await app.inject('/.netlify/functions/wrong')).statusCode, 500)
  t.match(lines.find(({ err }) => err?.code === 'FST_NETLIFY_INVALID_CONFIG'), { err: { message: /Function "wrong" has a configuration error on 'schedule'/ } })
  t.match(app.netlifyFunctions.functions.find(({ name }) => name === 'night'), { kind: 'scheduled', state: 'ready' })
})

t.test('one for every path that fails leaves the published files to be served', async (t) => {
  const app = await createApp(t, {
    '.netlify/v1/functions/server.mjs': 'import "./not-there.mjs"\nexport const config = { path: "/*", preferStatic: true }',
    'public/page.html': 'page'
  }, { publish: 'public' })
  t.equal((await app.inject('/page')).body, 'page')
  t.equal((await app.inject('/else')).statusCode, 500)
})
