import { EventEmitter, once } from 'node:events'
import t from 'tap'
import type { NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, createApp, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

interface Failure {
  readonly title: string
  readonly status: number
  readonly code: string
  readonly source: string
  readonly options?: NetlifyFunctionsOptions
}

const failures: Failure[] = [
  { title: 'a throw', status: 500, code: 'FST_NETLIFY_FUNCTION_FAILED', source: 'export default () => { throw new Error("boom") }' },
  { title: 'a rejection', status: 500, code: 'FST_NETLIFY_FUNCTION_FAILED', source: 'export default async () => { throw new Error("boom") }' },
  {
    title: 'the time limit',
    status: 504,
    code: 'FST_NETLIFY_TIMEOUT',
    options: { limits: { timeout: 50 } },
    source: 'export default () => new Promise(() => {})'
  },
  { title: 'the function\'s own time limit', status: 504, code: 'FST_NETLIFY_TIMEOUT', source: 'export default () => new Promise(() => {}); export const config = { timeout: 0.05 }' },
  {
    title: 'a stream that fails in start()',
    status: 500,
    code: 'FST_NETLIFY_FUNCTION_FAILED',
    source: 'export default () => new Response(new ReadableStream({ start (controller) { controller.error(new Error("boom")) } }), { headers: { "x-half": "done", "content-encoding": "gzip" } })'
  },
  {
    title: 'a stream that fails in its first pull()',
    status: 500,
    code: 'FST_NETLIFY_FUNCTION_FAILED',
    source: 'export default () => new Response(new ReadableStream({ async pull () { throw new Error("boom") } }, { highWaterMark: 0 }), { headers: { "x-half": "done", "content-encoding": "gzip" } })'
  },
  {
    title: 'a first chunk that is neither text nor bytes',
    status: 500,
    code: 'FST_NETLIFY_FUNCTION_FAILED',
    source: 'export default () => new Response(new ReadableStream({ start (controller) { controller.enqueue({ not: "bytes" }) } }), { headers: { "x-half": "done", "content-encoding": "gzip", "set-cookie": "a=b" } })'
  },
  {
    title: 'a first chunk beyond the size limit',
    status: 500,
    code: 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE',
    options: { limits: { streamedBody: 10 } },
    source: 'export default () => new Response(new ReadableStream({ start (controller) { controller.enqueue("eleven char") } }), { headers: { "x-half": "done", "content-encoding": "gzip" } })'
  }
]

for (const { name, serverOptions, request } of protocols) {
  for (const { title, status, code, source, options = {} } of failures) {
    t.test(`${title} before the first byte is a proper ${status} over ${name}`, async (t) => {
      const log = captureLog()
      const app = await createApp(t, { 'netlify/functions/fails.mjs': source }, options, { ...serverOptions, logger: log.logger })
      const exchange = await request(`${await listen(app)}/.netlify/functions/fails`)
      t.equal(exchange.status, status)
      t.equal(exchange.headers['content-type'], 'application/json; charset=utf-8')
      for (const header of ['x-half', 'content-encoding', 'set-cookie']) t.equal(exchange.headers[header], undefined, `${header} of the response that failed is not sent`)
      t.match(exchange.headers['x-nf-request-id'], /^[0-9A-Z]{26}$/)
      const { body, ending } = await exchange.rest()
      t.match(JSON.parse(body), { code, statusCode: status })
      t.equal(ending, 'complete')
      t.match(await log.line(({ err }) => err?.code === code), { level: 50 })
      await app.close()
      t.equal(log.lines.filter(({ level }) => level >= 40).length, 1, 'it is logged once')
    })
  }
}

t.test('a handler that answers after its time limit is not heard, and its stream is cancelled', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/late.mjs': `
      export default async () => {
        await new Promise((resolve) => probe.once('go on', resolve))
        return new Response(new ReadableStream({ cancel () { probe.emit('cancelled') } }))
      }`,
    'netlify/functions/lambda.mjs': `
      export const handler = async () => {
        await new Promise((resolve) => probe.once('go on', resolve))
        return { statusCode: 200, body: new ReadableStream({ cancel () { probe.emit('cancelled') } }) }
      }`,
    'netlify/functions/throws.mjs': `
      export default async () => {
        await new Promise((resolve) => probe.once('go on', resolve))
        setImmediate(() => probe.emit('cancelled'))
        throw new Error('too late')
      }`
  }, { limits: { timeout: 50 } })
  const origin = await listen(app)
  for (const name of ['late', 'lambda', 'throws']) {
    const response = await fetch(`${origin}/.netlify/functions/${name}`)
    t.equal(response.status, 504)
    t.match((await response.json()).message, `Function "${name}": Task timed out after 0.05 seconds`)
    const cancelled = once(probe, 'cancelled')
    probe.emit('go on')
    await cancelled
  }
})

t.test('a handler that answers after its client has left is not heard, and its stream is cancelled', async (t) => {
  for (const { serverOptions, name } of protocols) {
    const app = await createApp(t, {
      'netlify/functions/late.mjs': `
        export default async (request) => {
          const left = new Promise((resolve) => request.signal.addEventListener('abort', resolve))
          probe.emit('running')
          await left
          return new Response(new ReadableStream({ cancel () { probe.emit('cancelled') } }))
        }`
    }, {}, serverOptions)
    const origin = await listen(app)
    const cancelled = once(probe, 'cancelled')
    const running = once(probe, 'running')
    if (name === 'HTTP/1.1') {
      const controller = new AbortController()
      const call = fetch(`${origin}/.netlify/functions/late`, { signal: controller.signal })
      await running
      controller.abort()
      await t.rejects(call)
    } else {
      const { connect } = await import('node:http2')
      const session = connect(origin)
      session.request({ ':path': '/.netlify/functions/late' }).on('error', () => {})
      await running
      session.destroy()
    }
    await cancelled
    t.pass(name)
  }
})

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))
