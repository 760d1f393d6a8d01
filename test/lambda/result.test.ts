import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { FunctionResponse } from '../../lib/functions/exchange.ts'
import { lambdaResponse } from '../../lib/lambda/result.ts'

const LIMIT = 1000
const cookies = ['a=1; Expires=Thu, 01 Jan 2030 00:00:00 GMT', 'b=2']

function respond (result: unknown, maxBytes: number = LIMIT): FunctionResponse {
  return lambdaResponse(result, maxBytes, 'hello')
}

function failure (result: unknown): Error & { code?: unknown } {
  try {
    respond(result)
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('expected an error')
}

async function textOf (response: FunctionResponse): Promise<string> {
  return new Response(response.body as ReadableStream).text()
}

t.test('a bad result gets the message Netlify gives', async (t) => {
  const numerical = 'Your function response must have a numerical statusCode. You gave: '
  const range = 'Your function response must have a statusCode from 200 to 599. You gave: '
  const body = 'Your function response must have a string or a stream body. You gave: '
  const cases: Array<[result: unknown, message: string]> = [
    [undefined, 'lambda response was undefined. check your function code again'],
    [null, 'no lambda response. check your function code again. make sure to return a promise or use the callback.'],
    ['text', `${numerical}undefined`],
    [42, `${numerical}undefined`],
    [true, `${numerical}undefined`],
    [10n, `${numerical}undefined`],
    [Symbol('s'), `${numerical}undefined`],
    [() => {}, `${numerical}undefined`],
    [[], `${numerical}undefined`],
    [new Response('x'), `${numerical}undefined`],
    [{}, `${numerical}undefined`],
    [{ statusCode: null }, `${numerical}null`],
    [{ statusCode: 0 }, `${numerical}0`],
    [{ statusCode: 'abc' }, `${numerical}'abc'`],
    [{ statusCode: '' }, `${numerical}''`],
    [{ statusCode: NaN }, `${numerical}NaN`],
    [{ statusCode: { code: 200 } }, `${numerical}{ code: 200 }`],
    [{ statusCode: Symbol('200') }, `${numerical}Symbol(200)`],
    [{ statusCode: 200n }, `${numerical}200n`],
    [{ statusCode: 101 }, `${range}101`],
    [{ statusCode: 199 }, `${range}199`],
    [{ statusCode: 600 }, `${range}600`],
    [{ statusCode: -200 }, `${range}-200`],
    [{ statusCode: 200.5 }, `${range}200.5`],
    [{ statusCode: '1e3' }, `${range}'1e3'`],
    [{ statusCode: Infinity }, `${range}Infinity`],
    [{ statusCode: 200, body: 42 }, `${body}42`],
    [{ statusCode: 200, body: { a: 1 } }, `${body}{ a: 1 }`],
    [{ statusCode: 200, body: ['a'] }, `${body}[ 'a' ]`],
    [{ statusCode: 200, body: true }, `${body}true`],
    [{ statusCode: 200, body: 7n }, `${body}7n`],
    [{ statusCode: 200, body: Symbol('s') }, `${body}Symbol(s)`],
    [{ statusCode: 200, body: Buffer.from('ab') }, `${body}<Buffer 61 62>`]
  ]
  for (const [result, message] of cases) {
    const error = failure(result)
    t.match(error, { code: 'FST_NETLIFY_INVALID_LAMBDA_RESULT', statusCode: 500 }, message)
    t.equal(error.message, message)
  }
})

t.test('a status code is a number from 200 to 599, or a string that says one', async (t) => {
  const cases: Array<[statusCode: unknown, status: number]> = [[200, 200], ['200', 200], [599, 599], ['404', 404], [301, 301]]
  for (const [statusCode, status] of cases) t.equal(respond({ statusCode }).status, status)
})

t.test('a result is sent without anything added', async (t) => {
  t.strictSame(respond({ statusCode: 200, body: 'hi', metadata: { ttl: 1 }, unknown: 1 }), { status: 200, headers: [], body: 'hi' })
  for (const body of [undefined, null, '', 0, false, NaN, 0n]) {
    t.strictSame(respond({ statusCode: 200, body }), { status: 200, headers: [], body: null }, String(body))
  }
})

t.test('headers become lines', async (t) => {
  const cases: Array<[title: string, result: object, headers: FunctionResponse['headers']]> = [
    ['text, number, boolean', { headers: { 'Content-Type': 'text/html', 'x-n': 1.5, 'x-b': false } }, [['content-type', 'text/html'], ['x-n', '1.5'], ['x-b', 'false']]],
    ['empty and Latin-1 values', { headers: { 'x-e': '', 'x-l': 'caf\u00e9\tau lait' } }, [['x-e', ''], ['x-l', 'caf\u00e9\tau lait']]],
    ['the last of two cases wins', { headers: { 'X-A': '1', 'x-a': '2' } }, [['x-a', '2']]],
    ['multiValueHeaders replace headers', { headers: { 'X-A': '1', 'x-b': '2' }, multiValueHeaders: { 'x-a': ['3'] } }, [['x-a', '3'], ['x-b', '2']]],
    ['several values are joined', { multiValueHeaders: { vary: ['accept', 'origin'], 'x-n': [1, true] } }, [['vary', 'accept, origin'], ['x-n', '1, true']]],
    ['several cookies stay several', { headers: { 'set-cookie': 'gone=1' }, multiValueHeaders: { 'Set-Cookie': cookies } }, [['set-cookie', cookies[0] ?? ''], ['set-cookie', 'b=2']]],
    ['an empty list is no header', { headers: { 'x-a': '1' }, multiValueHeaders: { 'x-a': [], 'set-cookie': [] } }, []],
    ['a single value in multiValueHeaders', { multiValueHeaders: { 'x-a': 'one' } }, [['x-a', 'one']]],
    ['a header named __proto__', { headers: JSON.parse('{ "__proto__": "x" }') }, [['__proto__', 'x']]],
    ['none', { headers: null, multiValueHeaders: undefined }, []],
    ['false from a condition', { headers: false, multiValueHeaders: '' }, []]
  ]
  for (const [title, result, headers] of cases) {
    t.strictSame(respond({ statusCode: 200, ...result }).headers, headers, title)
  }
})

t.test('a bad header is an error that names it', async (t) => {
  const bad: unknown[] = [undefined, null, {}, ['a'], 1n, Symbol('s'), () => {}, 'a\r\nset-cookie: x=1', 'a\0', 'a\u007f']
  for (const value of bad) {
    for (const result of [{ headers: { 'X-Bad': value } }, { multiValueHeaders: { 'X-Bad': ['good', value] } }]) {
      const { code, message } = failure({ statusCode: 200, ...result })
      t.equal(code, 'FST_NETLIFY_INVALID_LAMBDA_RESULT', message)
      t.match(message, /"X-Bad"/)
    }
  }
  for (const name of ['', 'a b', 'a:', 'a\r\nb', 'h\u00e9', 'x-\u{1f600}']) {
    t.match(failure({ statusCode: 200, headers: { [name]: '1' } }), { code: 'FST_NETLIFY_INVALID_LAMBDA_RESULT', message: /name is not valid: '/ })
  }
  t.match(failure({ statusCode: 200, headers: 'x' }).message, /object as its headers\. You gave: 'x'/)
  t.match(failure({ statusCode: 200, multiValueHeaders: 7 }).message, /object as its multiValueHeaders\. You gave: 7/)
  t.match(failure({ statusCode: 200, multiValueHeaders: { 'x-sparse': Array(2 ** 32 - 1) } }).message, /"x-sparse"/)
})

t.test('a header beyond Latin-1 has a code of its own', async (t) => {
  for (const value of ['\u0100', 'a\u20ac', '\u{1f600}', '\ud800']) {
    const error = failure({ statusCode: 200, headers: { 'x-name': value } })
    t.equal(error.code, 'FST_NETLIFY_HEADER_NOT_LATIN1')
    t.match(error.message, /Consider encoding.*"x-name"/)
  }
})

t.test('a base64 body is sent as its bytes', async (t) => {
  const sent = Uint8Array.from({ length: 256 }, (_, index) => index)
  const body = Buffer.from(sent).toString('base64')
  const decoded = respond({ statusCode: 200, body, isBase64Encoded: true }).body
  t.ok(decoded instanceof Uint8Array)
  t.strictSame(Array.from(decoded as Uint8Array), Array.from(sent))
  t.equal(respond({ statusCode: 200, body, isBase64Encoded: false }).body, body)
})

t.test('a body may be as large as the limit, in the bytes that are sent', async (t) => {
  const cases: Array<[title: string, result: object, maxBytes: number, fits: boolean]> = [
    ['text at the limit', { body: 'abcd' }, 4, true],
    ['text beyond it', { body: 'abcde' }, 4, false],
    ['text of two-byte characters', { body: '\u00e9\u00e9\u00e9' }, 5, false],
    ['base64 at the limit', { body: 'AAECAw==', isBase64Encoded: true }, 4, true],
    ['base64 beyond it', { body: 'AAECAwQ=', isBase64Encoded: true }, 4, false],
    ['no limit', { body: 'x'.repeat(1e6) }, Infinity, true]
  ]
  for (const [title, result, maxBytes, fits] of cases) {
    const attempt = () => respond({ statusCode: 200, ...result }, maxBytes)
    if (fits) t.doesNotThrow(attempt, title)
    else t.throws(attempt, { code: 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE', message: 'Function "hello" sent a response body larger than' }, title)
  }
})

t.test('a stream body is sent as it comes', async (t) => {
  async function * generate () { yield 'one '; yield 'two' }
  const passThrough = new PassThrough()
  passThrough.end('one two')
  const cases: Array<[title: string, body: unknown]> = [
    ['web stream', new Blob(['one two']).stream()],
    ['Node.js stream', Readable.from([Buffer.from('one '), Buffer.from('two')])],
    ['PassThrough', passThrough],
    ['async generator', generate()]
  ]
  for (const [title, body] of cases) {
    const response = respond({ statusCode: 200, body, isBase64Encoded: true }, 1)
    t.ok(response.body instanceof ReadableStream, title)
    const chunks: unknown[] = []
    for await (const chunk of response.body as ReadableStream) chunks.push(chunk)
    t.equal(chunks.map(String).join('').replace(/^[\d,]+$/, (codes) => String.fromCharCode(...codes.split(',').map(Number))), 'one two', title)
  }
  const web = new Blob(['x']).stream()
  t.equal(respond({ statusCode: 200, body: web }).body, web, 'a web stream is not wrapped')
})

t.test('a Node.js stream is read no faster than its reader', async (t) => {
  let made = 0
  const source = new Readable({
    objectMode: true,
    highWaterMark: 1,
    read () { this.push(`${made++}`) }
  })
  const reader = (respond({ statusCode: 200, body: source }).body as ReadableStream).getReader()
  await turn()
  t.equal(made, 0)
  t.strictSame(await reader.read(), { done: false, value: '0' })
  await turn()
  t.ok(made <= 2, `made ${made}`)
  const closed = once(source, 'close')
  await reader.cancel()
  await closed
})

t.test('a Node.js stream that is cancelled before its first chunk is destroyed', async (t) => {
  const source = new PassThrough()
  const closed = once(source, 'close')
  await (respond({ statusCode: 200, body: source }).body as ReadableStream).cancel()
  await closed
  t.ok(source.destroyed)
})

t.test('a generator that is cancelled runs its finally', async (t) => {
  let ended = false
  async function * generate () {
    try {
      yield 'one'
      yield 'two'
    } finally {
      ended = true
    }
  }
  const reader = (respond({ statusCode: 200, body: generate() }).body as ReadableStream).getReader()
  await reader.read()
  await reader.cancel()
  t.ok(ended)
})

t.test('a Node.js stream that fails before it is read fails the read, not the process', async (t) => {
  const source = createReadStream('/this/file/is/not/there')
  const response = respond({ statusCode: 200, body: source })
  await new Promise<void>((resolve) => { source.once('close', resolve) })
  await t.rejects(textOf(response), { code: 'ENOENT' })
})

t.test('a stream that breaks off is not taken for complete', async (t) => {
  const source = new PassThrough()
  source.write('half')
  const reader = (respond({ statusCode: 200, body: source }).body as ReadableStream).getReader()
  await reader.read()
  source.destroy()
  await t.rejects(reader.read(), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

t.test('a stream that nobody will read is ended', async (t) => {
  const results: Array<[title: string, result: object]> = [
    ['204', { statusCode: 204 }],
    ['bad status', { statusCode: 'abc' }],
    ['bad header', { statusCode: 200, headers: { 'x-a': undefined } }],
    ['getter that throws', { statusCode: 200, get headers () { throw new Error('trap') } }]
  ]
  for (const [title, result] of results) {
    const source = new PassThrough()
    const closed = once(source, 'close')
    try { respond(Object.defineProperty(result, 'body', { value: source, configurable: true })) } catch {}
    await closed
    t.ok(source.destroyed, title)

    let cancelled = false
    const web = new ReadableStream({ cancel () { cancelled = true } })
    try { respond(Object.defineProperty(result, 'body', { value: web })) } catch {}
    t.ok(cancelled, title)
  }
})

t.test('a stream that cannot be ended harms nobody', async (t) => {
  const web = new ReadableStream({ cancel () { throw new Error('trap') } })
  t.equal(respond({ statusCode: 204, body: web }).status, 204)
  const locked = new Blob(['x']).stream()
  locked.getReader()
  t.equal(respond({ statusCode: 204, body: locked }).status, 204)
  await turn()
})

t.test('a stream that somebody else reads is an error', async (t) => {
  const body = new Blob(['x']).stream()
  body.getReader()
  t.match(failure({ statusCode: 200, body }), { code: 'FST_NETLIFY_INVALID_LAMBDA_RESULT', message: /already being read/ })
})

t.test('statuses that have no body lose it', async (t) => {
  for (const statusCode of [204, 205, 304]) {
    t.strictSame(respond({ statusCode, headers: { etag: '"1"' }, body: 'x'.repeat(2 * LIMIT) }), { status: statusCode, headers: [['etag', '"1"']], body: null })
  }
})

t.test('a hostile result is a coded error', async (t) => {
  function trap (): never { throw new Error('trap') }
  const throwing = (key: string) => Object.defineProperty({ statusCode: 200, body: 'x' }, key, { get: trap })
  const proxy = new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap })
  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()
  const cyclic: Record<string, unknown> = { body: 'x' }
  cyclic.statusCode = cyclic
  const thrownProxy = { get statusCode () { throw proxy } }
  const results: Array<[title: string, result: unknown]> = [
    ...['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'].map((key): [string, unknown] => [`throwing ${key}`, throwing(key)]),
    ['Proxy', proxy],
    ['revoked Proxy', revoked],
    ['getter that throws a Proxy', thrownProxy],
    ['cyclic status', cyclic],
    ['cyclic body', { statusCode: 200, body: cyclic }],
    ['status with a throwing valueOf', { statusCode: { valueOf: trap, toString: trap } }],
    ['status that is a Proxy', { statusCode: proxy }],
    ['headers that are a Proxy', { statusCode: 200, headers: proxy }],
    ['headers with a throwing getter', { statusCode: 200, headers: { get x () { return trap() } } }],
    ['header that is a Proxy', { statusCode: 200, headers: { x: proxy } }],
    ['header that is cyclic', { statusCode: 200, headers: { x: cyclic } }],
    ['header that cannot be shown', { statusCode: 200, headers: { x: { [Symbol.for('nodejs.util.inspect.custom')]: trap } } }],
    ['list that is a revoked Proxy', { statusCode: 200, multiValueHeaders: { x: revoked } }],
    ['list with a throwing getter', { statusCode: 200, multiValueHeaders: { x: Object.defineProperty([], 0, { get: trap }) } }],
    ['body that is a Proxy', { statusCode: 200, body: proxy }],
    ['body that is a revoked Proxy', { statusCode: 200, body: revoked }],
    ['body that pretends to be a web stream', { statusCode: 200, body: Object.create(ReadableStream.prototype) }],
    ['body that is a Proxy of a web stream', { statusCode: 200, body: new Proxy(new ReadableStream(), { get: trap }) }],
    ['body with a throwing iterator', { statusCode: 200, body: { [Symbol.asyncIterator]: trap } }],
    ['body with a throwing on', { statusCode: 200, body: { on: trap, async * [Symbol.asyncIterator] () {} } }],
    ['body with a throwing then', { statusCode: 200, body: Object.defineProperty({}, 'then', { get: trap }) }]
  ]
  for (const [title, result] of results) {
    t.match(failure(result), { code: 'FST_NETLIFY_INVALID_LAMBDA_RESULT', statusCode: 500 }, title)
  }
  t.match(failure(throwing('statusCode')), { message: 'Your function response cannot be read: one of its properties throws an error', cause: { message: 'trap' } })
})

t.test('a body whose iterator misbehaves fails the read', async (t) => {
  const iterators: Array<[title: string, iterator: unknown]> = [
    ['no iterator', undefined],
    ['no next', {}],
    ['next that throws', { next () { throw new Error('trap') } }],
    ['next that resolves nothing', { async next () {} }]
  ]
  for (const [title, iterator] of iterators) {
    let response: FunctionResponse | undefined
    try { response = respond({ statusCode: 200, body: { [Symbol.asyncIterator]: () => iterator } }) } catch (error) {
      t.match(error, { code: 'FST_NETLIFY_INVALID_LAMBDA_RESULT' }, title)
      continue
    }
    await t.rejects(textOf(response), title)
  }
})
