import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { captureLog, listen, type SiteFiles } from '../helper.ts'
import { protocols } from '../http/exchange.ts'
import { createAppWithPackages } from '../packages.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

/** What the server logs when an error of a function's reaches nobody. */
const ESCAPED = /^(?:an error|a rejection) that a function/

/** A function that streams what `body`, an expression, gives. */
function streaming (body: string, head = 'statusCode: 200'): string {
  return `
    import { Readable } from 'node:stream'
    import { stream } from '@netlify/functions'
    export const handler = stream(async (event) => ({ ${head}, body: ${body} }))`
}

t.test('stream() sends status, headers and every kind of body', async (t) => {
  const head = 'statusCode: 201, headers: { "content-type": "text/plain", "x-own": "1" }, multiValueHeaders: { "set-cookie": ["a=1", "b=2"] }'
  const files: SiteFiles = {
    'netlify/functions/text.mjs': streaming('"text ü"', head),
    'netlify/functions/none.mjs': streaming('undefined', head),
    'netlify/functions/node.mjs': streaming('Readable.from(["node ", "stream"])', head),
    'netlify/functions/web.mjs': streaming('new ReadableStream({ start (controller) { controller.enqueue("web "); controller.enqueue("stream"); controller.close() } })', head),
    'netlify/functions/common.cjs': `
      const { stream } = require('@netlify/functions')
      exports.handler = stream(async ({ path }, context) => ({ ${head}, body: path + ' ' + context.functionName }))`,
    'netlify/functions/empty.mjs': streaming('"never seen"', 'statusCode: 204')
  }
  const app = await createAppWithPackages(t, files)
  const bodies = { text: 'text ü', none: '', node: 'node stream', web: 'web stream', common: '/.netlify/functions/common common' }
  for (const [name, body] of Object.entries(bodies)) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.match(response, { statusCode: 201, body, headers: { 'content-type': 'text/plain', 'x-own': '1' } }, name)
    t.strictSame(response.headers['set-cookie'], ['a=1', 'b=2'], name)
  }
  t.match(await app.inject('/.netlify/functions/empty'), { statusCode: 204, body: '' })
  const headOnly = await app.inject({ method: 'HEAD', url: '/.netlify/functions/node' })
  t.match(headOnly, { statusCode: 201, body: '', headers: { 'x-own': '1' } })
})

t.test('what fails before the first byte is an error, and the server goes on', async (t) => {
  const log = captureLog('error')
  const app = await createAppWithPackages(t, {
    'netlify/functions/statusless.mjs': streaming('"text"', 'headers: {}'),
    'netlify/functions/null-body.mjs': streaming('null'),
    'netlify/functions/nothing.mjs': 'import { stream } from "@netlify/functions"\nexport const handler = stream(async () => {})',
    'netlify/functions/throwing.mjs': 'import { stream } from "@netlify/functions"\nexport const handler = stream(async () => { throw new Error("boom") })',
    'netlify/functions/failing.mjs': streaming('new Readable({ read () { this.destroy(new Error("boom")) } })'),
    'netlify/functions/destroyed.mjs': 'export const handler = awslambda.streamifyResponse(async (event, responseStream) => { responseStream.destroy() })',
    'netlify/functions/waiting.mjs': streaming('new Readable({ read () {} })')
  }, { limits: { timeout: 300 } }, { logger: log.logger })
  const cases: Array<[name: string, statusCode: number, code: string, message: RegExp]> = [
    ['statusless', 500, 'FST_NETLIFY_INVALID_LAMBDA_RESULT', /must have a numerical statusCode/],
    ['null-body', 500, 'FST_NETLIFY_FUNCTION_FAILED', /null/],
    ['nothing', 500, 'FST_NETLIFY_FUNCTION_FAILED', /undefined/],
    ['throwing', 500, 'FST_NETLIFY_FUNCTION_FAILED', /boom/],
    ['failing', 500, 'FST_NETLIFY_FUNCTION_FAILED', /boom/],
    ['destroyed', 500, 'FST_NETLIFY_FUNCTION_FAILED', /destroyed before anything was written/],
    ['waiting', 504, 'FST_NETLIFY_TIMEOUT', /timed out/]
  ]
  for (const [name, statusCode, code, message] of cases) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.match(response.json(), { statusCode, code, message }, name)
  }
  t.notOk(log.lines.find(({ msg }) => ESCAPED.test(msg)))
})

for (const { name, serverOptions, request } of protocols) {
  t.test(`the first byte leaves before the last is made, over ${name}`, async (t) => {
    const app = await createAppWithPackages(t, {
      'netlify/functions/steps.mjs': streaming('Readable.from(steps())') + `
        async function * steps () {
          yield 'first'
          await new Promise((resolve) => probe.once('go on', resolve))
          yield 'second'
        }`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/steps`)
    t.equal(await exchange.next(), 'first')
    probe.emit('go on')
    t.strictSame(await exchange.rest(), { body: 'second', ending: 'complete' })
  })

  t.test(`a failure after the first byte breaks the transfer and ends the producer, over ${name}`, async (t) => {
    const source = (failure: string): string => `
      import { Readable } from 'node:stream'
      import { stream } from '@netlify/functions'
      export const handler = stream(async () => {
        const body = new Readable({ read () {} })
        body.on('close', () => probe.emit('closed'))
        body.push('first')
        probe.once('go on', () => { ${failure} })
        return { statusCode: 200, body }
      })`
    const log = captureLog('error')
    const app = await createAppWithPackages(t, {
      'netlify/functions/throwing.mjs': source('body.destroy(new Error("boom"))'),
      'netlify/functions/large.mjs': source('body.push("x".repeat(100))'),
      'netlify/functions/slow.mjs': source(''),
      'netlify/functions/writing.mjs': `
        export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
          responseStream.on('close', () => probe.emit('closed')).write('first')
          await new Promise((resolve) => probe.once('go on', resolve))
          throw new Error('boom')
        })`
    }, { limits: { streamedBody: 50, timeout: 500 } }, { ...serverOptions, logger: log.logger })
    const origin = await listen(app)
    const codes = { throwing: 'FST_NETLIFY_FUNCTION_FAILED', large: 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE', slow: 'FST_NETLIFY_TIMEOUT', writing: 'FST_NETLIFY_FUNCTION_FAILED' }
    for (const [functionName, code] of Object.entries(codes)) {
      const closed = once(probe, 'closed')
      const exchange = await request(`${origin}/.netlify/functions/${functionName}`)
      t.match(exchange, { status: 200 })
      t.equal(await exchange.next(), 'first')
      probe.emit('go on')
      t.strictSame(await exchange.rest(), { body: '', ending: 'broken' }, functionName)
      await closed
      t.match(await log.line((line) => line.function === functionName), { err: { code } })
    }
    t.notOk(log.lines.find(({ msg }) => ESCAPED.test(msg)))
  })

  t.test(`a client that leaves ends the producer, over ${name}`, async (t) => {
    const app = await createAppWithPackages(t, {
      'netlify/functions/endless.mjs': streaming('new Readable({ read () { setImmediate(() => this.push("x")) } }).on("close", () => probe.emit("closed"))')
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/endless`)
    t.equal((await exchange.next())?.[0], 'x')
    const closed = once(probe, 'closed')
    exchange.leave()
    await closed
  })
}

t.test('a client that does not read holds the producer up', async (t) => {
  const piece = 64 * 1024
  const app = await createAppWithPackages(t, {
    'netlify/functions/endless.mjs': streaming(`new Readable({
      read () {
        probe.emit('read')
        setImmediate(() => this.push(Buffer.alloc(${piece})))
      }
    }).on('close', () => probe.emit('closed'))`)
  }, { limits: { streamedBody: Infinity } })
  const { host, port } = new URL(await listen(app))
  let reads = 0
  probe.on('read', () => { reads++ })
  const socket = connect(Number(port), '127.0.0.1').pause()
  socket.write(`GET /.netlify/functions/endless HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
  await once(probe, 'read')
  let last = 0
  for (let quiet = 0; quiet < 2000; quiet++) {
    if (reads !== last) quiet = 0
    last = reads
    await setImmediate()
  }
  t.ok(reads * piece < 16 * 1024 * 1024, `${reads} pieces were made`)
  const closed = once(probe, 'closed')
  socket.destroy()
  await closed
})

t.test('a handler may write to the response stream itself', async (t) => {
  const app = await createAppWithPackages(t, {
    'netlify/functions/plain.mjs': `
      export const handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
        responseStream.setContentType('text/html')
        responseStream.write(event.httpMethod + ' ')
        responseStream.end(context.functionName)
      })`,
    'netlify/functions/later.mjs': `
      export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
        const http = awslambda.HttpResponseStream.from(responseStream, { statusCode: 418, headers: { 'x-own': '1' } })
        http.write('a')
        setImmediate(() => http.end('b'))
      })`
  })
  t.match(await app.inject('/.netlify/functions/plain'), { statusCode: 200, body: 'GET plain', headers: { 'content-type': 'text/html' } })
  t.match(await app.inject('/.netlify/functions/later'), { statusCode: 418, body: 'ab', headers: { 'x-own': '1' } })
})

t.test('only functions see the global awslambda, and one of the host is left alone', async (t) => {
  const holder = globalThis as { awslambda?: unknown }
  t.teardown(() => { delete holder.awslambda })
  await createAppWithPackages(t, { 'netlify/functions/seeing.mjs': 'probe.seen = typeof awslambda\nexport default () => {}' })
  t.equal((probe as { seen?: string }).seen, 'object', 'a function sees it while it loads')
  t.equal(typeof holder.awslambda, 'undefined', 'the host does not')
  t.notOk(Object.keys(globalThis).includes('awslambda'))

  const own = {}
  holder.awslambda = own
  const app = await createAppWithPackages(t, { 'netlify/functions/using.mjs': 'export default () => { probe.used = awslambda }' })
  await app.inject('/.netlify/functions/using')
  t.equal((probe as { used?: unknown }).used, own)
  t.equal(holder.awslambda, own)
})
