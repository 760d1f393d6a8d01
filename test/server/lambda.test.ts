import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

t.test('a handler gets the event of the request', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/event.mts': `
      import type { Handler } from '@netlify/functions'
      export const handler: Handler = async (event, context) => ({ statusCode: 200, body: JSON.stringify({ event, context }) })`
  })
  const origin = await listen(app)
  const response = await fetch(`${origin}/.netlify/functions/event/deeper?a=1&a=2&b=%C3%BC`, { method: 'PUT', headers: { 'content-type': 'application/json', 'x-one': 'yes' }, body: '{"pie":"äpple"}' })
  const { event, context } = await response.json()
  t.match(event, {
    httpMethod: 'PUT',
    path: '/.netlify/functions/event/deeper',
    rawUrl: `${origin}/.netlify/functions/event/deeper?a=1&a=2&b=%C3%BC`,
    rawQuery: 'a=1&a=2&b=%C3%BC',
    queryStringParameters: { a: '1, 2', b: 'ü' },
    multiValueQueryStringParameters: { a: ['1', '2'], b: ['ü'] },
    headers: { 'x-one': 'yes', host: new URL(origin).host },
    multiValueHeaders: { 'x-one': ['yes'] },
    body: '{"pie":"äpple"}',
    isBase64Encoded: false
  })
  t.match(context, { functionName: 'event', awsRequestId: response.headers.get('x-nf-request-id') })
})

t.test('a binary body goes in and out as base64, byte for byte', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/echo.mjs': `
      export const handler = async ({ body, isBase64Encoded, headers }) => ({
        statusCode: 200, headers: { 'content-type': headers['content-type'], 'x-encoded': isBase64Encoded }, body, isBase64Encoded
      })`
  })
  const url = `${await listen(app)}/.netlify/functions/echo`
  const binary = await fetch(url, { method: 'POST', headers: { 'content-type': 'image/x-test' }, body: everyByte })
  t.equal(binary.headers.get('x-encoded'), 'true')
  t.equal(binary.headers.get('content-length'), '256')
  t.strictSame(new Uint8Array(await binary.arrayBuffer()), everyByte)
  const text = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'grüß' })
  t.equal(text.headers.get('x-encoded'), 'false')
  t.equal(await text.text(), 'grüß')
})

t.test('multiValueHeaders give set-cookie several times', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/cookies.mjs': `
      export const handler = async () => ({
        statusCode: 201, headers: { 'X-Single': 'one', 'x-number': 5 }, multiValueHeaders: { 'Set-Cookie': ['a=1; Path=/', 'b=2'], 'x-many': ['one', 'two'] }, body: ''
      })`
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/cookies`)
  t.equal(response.status, 201)
  t.same(response.headers.getSetCookie(), ['a=1; Path=/', 'b=2'])
  t.match(Object.fromEntries(response.headers), { 'x-single': 'one', 'x-number': '5', 'x-many': 'one, two' })
  t.equal(response.headers.get('content-type'), null)
})

t.test('callback, context.succeed and a CommonJS handler answer too', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/callback.mjs': 'export const handler = (event, context, callback) => { setImmediate(() => callback(null, { statusCode: 200, body: "callback" })) }',
    'netlify/functions/succeed.mjs': 'export const handler = (event, context) => { context.succeed({ statusCode: 200, body: "succeed" }) }',
    'netlify/functions/common.cjs': 'exports.handler = async () => ({ statusCode: 200, body: "common" })',
    'netlify/functions/module.js': 'module.exports.handler = async () => ({ statusCode: 200, body: "module" })',
    'netlify/functions/object.cjs': 'module.exports = { handler: async () => ({ statusCode: 200, body: "object" }) }'
  })
  for (const name of ['callback', 'succeed', 'common', 'module', 'object']) {
    t.equal((await app.inject(`/.netlify/functions/${name}`)).body, name)
  }
})

t.test('a stream body is sent piece by piece', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/stream.mjs': `
      import { Readable } from 'node:stream'
      export const handler = async () => ({ statusCode: 200, headers: { 'content-type': 'text/plain' }, body: Readable.from(['one ', 'two']) })`
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/stream`)
  t.equal(response.headers.get('content-length'), null)
  t.equal(await response.text(), 'one two')
})

const mistakes: Array<[title: string, result: string, message: string]> = [
  ['no statusCode', '({ body: "hi" })', 'Your function response must have a numerical statusCode. You gave: undefined'],
  ['a statusCode that is no number', '({ statusCode: "abc" })', 'Your function response must have a numerical statusCode. You gave: \'abc\''],
  ['a body that is an object', '({ statusCode: 200, body: { a: 1 } })', 'Your function response must have a string or a stream body. You gave: { a: 1 }'],
  ['undefined', 'undefined', 'lambda response was undefined. check your function code again'],
  ['null', 'null', 'no lambda response. check your function code again. make sure to return a promise or use the callback.']
]

for (const [title, result, message] of mistakes) {
  t.test(`${title} as the result gets Netlify's message`, async (t) => {
    const source = `export const handler = async () => ${result}`
    const app = await createApp(t, { 'netlify/functions/wrong.mjs': source }, { exposeErrors: true })
    t.match((await app.inject('/.netlify/functions/wrong')).json(), { statusCode: 500, code: 'FST_NETLIFY_INVALID_LAMBDA_RESULT', message })

    const log = captureLog()
    const discreet = await createApp(t, { 'netlify/functions/wrong.mjs': source }, { exposeErrors: false }, { logger: log.logger })
    const response = await discreet.inject('/.netlify/functions/wrong')
    t.equal(response.statusCode, 500)
    t.notMatch(response.body, message.slice(-20), 'which only the log shows when errors are not exposed')
    await log.line(({ err }) => err?.stack.includes(message) ?? false)
  })
}

t.test('an error is a 500, and the time limit a 504', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/rejects.mjs': 'export const handler = async () => { throw new Error("boom") }',
    'netlify/functions/calls.mjs': 'export const handler = (event, context, callback) => callback(new Error("boom"))',
    'netlify/functions/silent.mjs': 'export const handler = () => {}'
  }, { limits: { timeout: 50 } })
  for (const name of ['rejects', 'calls']) t.match((await app.inject(`/.netlify/functions/${name}`)).json(), { statusCode: 500, code: 'FST_NETLIFY_FUNCTION_FAILED', message: /boom/ })
  t.match((await app.inject('/.netlify/functions/silent')).json(), { statusCode: 504, code: 'FST_NETLIFY_TIMEOUT' })
})

t.test('a body beyond the limit is a 500, counted in bytes after base64', async (t) => {
  const files = {
    'netlify/functions/text.mjs': 'export const handler = async ({ queryStringParameters: { size } }) => ({ statusCode: 200, body: "ü".repeat(size / 2) })',
    'netlify/functions/base64.mjs': 'export const handler = async ({ queryStringParameters: { size } }) => ({ statusCode: 200, body: Buffer.alloc(Number(size)).toString("base64"), isBase64Encoded: true })'
  }
  const app = await createApp(t, files)
  for (const name of ['text', 'base64']) {
    const most = 6 * 1024 * 1024
    const fits = await app.inject(`/.netlify/functions/${name}?size=${most}`)
    t.equal(fits.statusCode, 200)
    t.equal(fits.rawPayload.length, most)
    const tooLarge = await app.inject(`/.netlify/functions/${name}?size=${most + 2}`)
    t.match(tooLarge.json(), { statusCode: 500, code: 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE', message: /6291456 bytes/ })
  }
  const small = await createApp(t, files, { limits: { responseBody: 10 } })
  t.equal((await small.inject('/.netlify/functions/text?size=10')).statusCode, 200)
  t.equal((await small.inject('/.netlify/functions/text?size=12')).statusCode, 500)
})

t.test('without a limit for requests the event still has the whole body', async (t) => {
  const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export const handler = async ({ body }) => ({ statusCode: 200, body })' }, { limits: { requestBody: Infinity } })
  const response = await fetch(`${await listen(app)}/.netlify/functions/echo`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(1_000_000) })
  t.equal((await response.text()).length, 1_000_000)
})
