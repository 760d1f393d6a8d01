import t from 'tap'
import { captureLog, createApp } from '../helper.ts'

t.test('a Response is sent, whether it is returned or promised', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/sync.mjs': 'export default () => new Response("sync", { status: 201 })',
    'netlify/functions/async.mjs': 'export default async () => new Response("async", { status: 202 })',
    'netlify/functions/later.mjs': 'export default () => new Promise((resolve) => setImmediate(() => resolve(new Response("later", { status: 203 }))))',
    'netlify/functions/thenable.mjs': 'export default () => ({ then (resolve) { resolve(new Response("thenable", { status: 206 })) } })',
    'netlify/functions/object.mjs': 'export default { fetch: (request) => new Response("object", { status: 207 }) }',
    'netlify/functions/subclass.mjs': 'export default () => new (class extends Response {})("subclass", { status: 208 })'
  })
  for (const [name, status] of [['sync', 201], ['async', 202], ['later', 203], ['thenable', 206], ['object', 207], ['subclass', 208]] as const) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.equal(response.statusCode, status)
    t.equal(response.body, name)
  }
})

t.test('undefined is an empty 204, without cookies', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/sync.mjs': 'export default () => {}',
    'netlify/functions/async.mjs': 'export default async (request, { cookies }) => { cookies.set("a", "b") }'
  })
  for (const name of ['sync', 'async']) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.equal(response.statusCode, 204)
    t.equal(response.body, '')
    for (const header of ['content-type', 'content-length', 'set-cookie']) t.notOk(header in response.headers, header)
    t.match(response.headers['x-nf-request-id'], /^[0-9A-HJKMNP-TV-Z]{26}$/)
  }
})

const values: Array<[expression: string, said: RegExp]> = [
  ['null', /It returned null$/],
  ['"hello"', /It returned a value of type string: 'hello'$/],
  ['42', /It returned a value of type number: 42$/],
  ['false', /It returned a value of type boolean: false$/],
  ['({ statusCode: 200, body: "hi" })', /It returned a value of type object: \{ statusCode: 200, body: 'hi' \}$/],
  ['[1, 2]', /It returned a value of type object: \[ 1, 2 \]$/],
  ['Symbol("s")', /It returned a value of type symbol: Symbol\(s\)$/],
  ['(() => {})', /It returned a value of type function: \[Function/],
  ['new Error("not thrown")', /It returned a value of type object: Error: not thrown/],
  ['"x".repeat(100_000)', /It returned a value of type string: 'x{80}'\.\.\. 99920 more characters$/]
]

for (const [expression, said] of values) {
  t.test(`${expression} is an error that says what was returned`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, {
      'netlify/functions/wrong.mjs': `export default async () => ${expression}`,
      'netlify/functions/sync.mjs': `export default () => ${expression}`
    }, {}, { logger: log.logger })
    for (const name of ['wrong', 'sync']) {
      const response = await app.inject(`/.netlify/functions/${name}`)
      t.equal(response.statusCode, 500)
      t.equal(response.json().code, 'FST_NETLIFY_INVALID_RETURN_VALUE')
      t.match(response.json().message, said)
      t.match(response.json().message, new RegExp(`^Function "${name}" returned an unsupported value. Accepted types are 'Response' or 'undefined'`))
      t.ok(response.json().message.length < 400)
    }
    t.match(await log.line(({ err }) => err?.code === 'FST_NETLIFY_INVALID_RETURN_VALUE'), { level: 50 })
  })
}

t.test('what is returned, or thrown, may be hostile to whoever looks at it', async (t) => {
  const hostile = 'new Proxy({}, { get () { throw new Error("hands off") }, getPrototypeOf () { throw new Error("hands off") }, ownKeys () { throw new Error("hands off") } })'
  const app = await createApp(t, {
    'netlify/functions/returned.mjs': 'export default async () => ({ [Symbol.for(\'nodejs.util.inspect.custom\')] () { throw new Error(\'hands off\') } })',
    'netlify/functions/proxied.mjs': `export default () => ${hostile}`,
    'netlify/functions/thrown.mjs': `export default () => { throw ${hostile} }`,
    'netlify/functions/getter.mjs': 'export default () => { throw Object.defineProperty(new Error(\'boom\'), \'detail\', { enumerable: true, get () { throw new Error(\'hands off\') } }) }',
    'netlify/functions/message.mjs': 'export default () => { throw Object.defineProperty(new Error(\'boom\'), \'message\', { get () { throw new Error(\'hands off\') } }) }',
    'netlify/functions/stack.mjs': 'export default () => { throw Object.defineProperty(new Error(\'boom\'), \'stack\', { get () { throw new Error(\'hands off\') } }) }',
    'netlify/functions/undefined.mjs': 'export default () => { throw undefined }',
    'netlify/functions/null.mjs': 'export default async () => { throw null }',
    'netlify/functions/string.mjs': 'export default () => { throw "just text" }'
  }, {}, { logger: captureLog().logger })
  for (const { name } of app.netlifyFunctions.functions) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.equal(response.statusCode, 500, name)
    t.match(response.json().code, /^FST_NETLIFY_/)
    if (name === 'string') t.match(response.json().message, 'just text')
  }
})

t.test('with exposeErrors a client sees message and stack, without it neither; the log always has both', async (t) => {
  const files = {
    'netlify/functions/throws.mts': 'export default async (): Promise<Response> => {\n  throw new Error("the secret is 42")\n}',
    'netlify/functions/returns.mjs': 'export default () => ({ secret: 42 })',
    'netlify/functions/header.mjs': 'export const handler = async () => ({ statusCode: 200, headers: { "x-secret": "42→" } })',
    'netlify/functions/lambda.mjs': 'export const handler = async () => ({ statusCode: "secret 42" })'
  }
  for (const exposeErrors of [true, false]) {
    const log = captureLog()
    const app = await createApp(t, files, { exposeErrors }, { logger: log.logger })
    for (const name of ['throws', 'returns', 'header', 'lambda']) {
      const response = await app.inject(`/.netlify/functions/${name}`)
      t.equal(response.statusCode, 500)
      t.equal(/secret/.test(response.body), exposeErrors, `${name}: ${response.body}`)
      await log.line(({ err }) => err !== undefined && /secret/.test(err.stack) && /42/.test(err.stack))
    }
    const body = (await app.inject('/.netlify/functions/throws')).body
    t.equal(/throws\.mts:2:9/.test(body), exposeErrors, 'the stack points at the source')
    t.notMatch(body, '/lib/invoke/', 'and ends where the user\'s code begins')
  }
})
