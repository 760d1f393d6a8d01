import t from 'tap'
import { captureLog, createApp } from '../helper.ts'

const STRINGS = 'Must be a string or array of strings'
const METHODS = 'Must be a string or array of strings out of GET, POST, PUT, PATCH, OPTIONS, DELETE, HEAD'

const cases: Array<[config: string, key: string, rule: string | RegExp]> = [
  ['"text"', 'config', 'Must be an object'],
  ['42', 'config', 'Must be an object'],
  ['() => ({})', 'config', 'Must be an object'],
  ['{ path: 1 }', 'path', STRINGS],
  ['{ path: null }', 'path', STRINGS],
  ['{ path: {} }', 'path', STRINGS],
  ['{ path: ["/a", 1] }', 'path', STRINGS],
  ['{ path: "" }', 'path', 'Must start with a \'/\''],
  ['{ path: "a" }', 'path', 'Must start with a \'/\''],
  ['{ path: ["/a", "b"] }', 'path.1', 'Must start with a \'/\''],
  ['{ path: "https://example.com/a" }', 'path', 'Must start with a \'/\''],
  ['{ path: "/a(" }', 'path', /.+/],
  ['{ path: ["/a", "/:x/:x"] }', 'path.1', /.+/],
  ['{ path: "/a/{b" }', 'path', /.+/],
  ['{ path: "/(?<x)" }', 'path', /.+/],
  ['{ excludedPath: 1 }', 'excludedPath', STRINGS],
  ['{ excludedPath: ["/a", null] }', 'excludedPath', STRINGS],
  ['{ excludedPath: "a" }', 'excludedPath', 'Must start with a \'/\''],
  ['{ excludedPath: ["/a", "/("] }', 'excludedPath.1', /.+/],
  ['{ method: 1 }', 'method', METHODS],
  ['{ method: "FETCH" }', 'method', METHODS],
  ['{ method: ["GET", "get ready"] }', 'method', METHODS],
  ['{ method: [null] }', 'method', METHODS],
  ['{ preferStatic: "yes" }', 'preferStatic', 'Must be true or false'],
  ['{ preferStatic: 1 }', 'preferStatic', 'Must be true or false'],
  ['{ background: "true" }', 'background', 'Must be true or false'],
  ['{ schedule: "daily" }', 'schedule', 'Must be a valid cron expression (see https://ntl.fyi/cron-syntax)'],
  ['{ name: 1 }', 'name', 'Must be a string'],
  ['{ rateLimit: { windowSize: 60 } }', 'rateLimit.windowLimit', 'Must be a whole number of at least 1'],
  ['{ timeout: "10" }', 'timeout', 'Must be a number of seconds greater than 0'],
  ['{ timeout: 0 }', 'timeout', 'Must be a number of seconds greater than 0'],
  ['{ timeout: -1 }', 'timeout', 'Must be a number of seconds greater than 0'],
  ['{ timeout: NaN }', 'timeout', 'Must be a number of seconds greater than 0']
]

for (const [config, key, rule] of cases) {
  t.test(`config = ${config} fails the function with an error about '${key}'`, async (t) => {
    const { logger, lines } = captureLog()
    const app = await createApp(t, {
      'netlify/functions/x.mts': `export default () => new Response("x")\nexport const config = ${config}`,
      'netlify/functions/fine.mts': 'export default () => new Response("fine")'
    }, { exposeErrors: true }, { logger })

    t.equal((await app.inject('/.netlify/functions/fine')).body, 'fine')
    const { error, routes } = app.netlifyFunctions.functions.find(({ name }) => name === 'x')!
    t.match(error, { code: 'FST_NETLIFY_INVALID_CONFIG', statusCode: 500 })
    const prefix = `Function "x" has a configuration error on '${key}': `
    t.equal(error?.message.slice(0, prefix.length), prefix)
    t.match(error?.message.slice(prefix.length), rule)
    t.match(lines.find((line) => line.function === 'x'), { level: 50, file: /netlify\/functions\/x\.mts$/, err: { code: 'FST_NETLIFY_INVALID_CONFIG' } })
    t.match((await app.inject(routes[0]!)).json(), { statusCode: 500, code: 'FST_NETLIFY_INVALID_CONFIG' })
  })
}

t.test('the valid ones of several paths answer with the error too', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': 'export default () => {}\nexport const config = { path: ["/a", "b", "/c/:id", "/("] }' }, { exposeErrors: true })
  for (const url of ['/a', '/c/1']) t.match((await app.inject(url)).json(), { statusCode: 500, code: 'FST_NETLIFY_INVALID_CONFIG' })
})

for (const config of ['undefined', 'null', '{}', '{ unknown: true }', '{ path: [] }', '{ path: undefined, method: undefined, timeout: undefined }', '{ method: "get" }', '{ timeout: Infinity }']) {
  t.test(`config = ${config} is no error`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/x.mts': `export default () => new Response("x")\nexport const config = ${config}` })
    t.equal((await app.inject('/.netlify/functions/x')).body, 'x')
  })
}

t.test('config is read from the loaded module: computed, "satisfies", constants, of an object\'s "config"', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/computed.mts': 'import { base } from "../../base.ts"\nconst paths = ["a", "b"].map((name) => `${base}/${name}`)\nexport default () => new Response("computed")\nexport const config = { path: paths } satisfies object', // eslint-disable-line no-template-curly-in-string
    'base.ts': 'export const base = "/computed"',
    'netlify/functions/asconst.mts': 'const inner = { path: "/asconst" } as const\nexport { inner as config }\nexport default () => new Response("asconst")',
    'netlify/functions/object.mts': 'export default { fetch: () => new Response("object"), config: { path: "/object" } }',
    'netlify/functions/both.mts': 'export default { fetch: () => new Response("both"), config: { path: "/not-me" } }\nexport const config = { path: "/both" }',
    'netlify/functions/cjs.cjs': 'exports.default = () => new Response("cjs")\nexports.config = { path: "/cjs" }',
    'netlify/functions/lambda.mts': 'export const handler = async () => ({ statusCode: 200, body: "lambda" })\nexport const config = { path: 1 }'
  })
  for (const [url, body] of [['/computed/a', 'computed'], ['/computed/b', 'computed'], ['/asconst', 'asconst'], ['/object', 'object'], ['/both', 'both'], ['/cjs', 'cjs']] as const) {
    t.equal((await app.inject(url)).body, body)
  }
  t.equal((await app.inject('/not-me')).statusCode, 404)
  t.equal((await app.inject('/.netlify/functions/lambda')).body, 'lambda', 'ignored beside a handler, as on Netlify')
})
