import { EventEmitter, once } from 'node:events'
import t from 'tap'
import type { NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, createApp, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

interface Breakage {
  readonly title: string
  readonly code: string
  readonly source: string
  readonly options?: NetlifyFunctionsOptions
  /** What has arrived when it breaks. */
  readonly received: string
}

const breakages: Breakage[] = [
  {
    title: 'the time limit',
    code: 'FST_NETLIFY_TIMEOUT',
    options: { limits: { timeout: 200 } },
    received: 'first',
    source: `export default () => new Response(new ReadableStream({
      start (controller) { controller.enqueue('first') },
      cancel () { probe.emit('cancelled') }
    }))`
  },
  {
    title: 'the function\'s own time limit',
    code: 'FST_NETLIFY_TIMEOUT',
    received: 'first',
    source: `export default () => new Response(new ReadableStream({
      start (controller) { controller.enqueue('first') },
      cancel () { probe.emit('cancelled') }
    }))
    export const config = { timeout: 0.2 }`
  },
  {
    title: 'the size limit',
    code: 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE',
    options: { limits: { streamedBody: 20 } },
    received: 'ten bytes.ten bytes.',
    source: `export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        controller.enqueue('ten bytes.')
      },
      cancel () { probe.emit('cancelled') }
    }))`
  },
  {
    title: 'a throw in the middle',
    code: 'FST_NETLIFY_FUNCTION_FAILED',
    received: 'first',
    source: `let pulls = 0
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        if (pulls++ > 0) throw new Error('the kiln is cold')
        controller.enqueue('first')
        setImmediate(() => probe.emit('cancelled'))
      }
    }, { highWaterMark: 0 }))`
  },
  {
    title: 'a chunk that is neither text nor bytes',
    code: 'FST_NETLIFY_FUNCTION_FAILED',
    received: 'first',
    source: `const chunks = ['first', { not: 'bytes' }]
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        controller.enqueue(chunks.shift())
      },
      cancel () { probe.emit('cancelled') }
    }, { highWaterMark: 0 }))`
  },
  {
    title: 'more bytes than its content-length says',
    code: 'FST_NETLIFY_CONTENT_LENGTH_MISMATCH',
    received: 'first',
    source: `const chunks = ['first', 'second']
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        controller.enqueue(chunks.shift())
      },
      cancel () { probe.emit('cancelled') }
    }, { highWaterMark: 0 }), { headers: { 'content-length': '8' } })`
  },
  {
    title: 'fewer bytes than its content-length says',
    code: 'FST_NETLIFY_CONTENT_LENGTH_MISMATCH',
    received: 'first',
    source: `const chunks = ['first']
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        if (chunks.length > 0) return controller.enqueue(chunks.shift())
        controller.close()
        probe.emit('cancelled')
      }
    }, { highWaterMark: 0 }), { headers: { 'content-length': '8' } })`
  }
]

for (const { name, serverOptions, request } of protocols) {
  for (const { title, code, source, options = {}, received } of breakages) {
    t.test(`${title} breaks a stream off, visibly over ${name}, and is logged as what it was`, async (t) => {
      const log = captureLog()
      const app = await createApp(t, { 'netlify/functions/stream.mjs': source }, options, { ...serverOptions, logger: log.logger })
      const origin = await listen(app)

      const cancelled = once(probe, 'cancelled')
      const exchange = await request(`${origin}/.netlify/functions/stream`)
      t.equal(exchange.status, 200)
      t.same(await exchange.rest(), { body: received, ending: 'broken' })
      await cancelled

      const line = await log.line(({ err }) => err?.code === code)
      t.equal(line.level, 50)
      t.equal(line.function, 'stream')
      if (title.startsWith('a throw')) t.match(line.err?.stack, 'the kiln is cold')
      await app.close()
      t.notOk(log.lines.find(({ msg }) => /premature|closed/.test(msg)), 'not as a client that left')
      t.equal(log.lines.filter(({ level }) => level >= 50).length, 1, 'and as an error once')
      t.same([...new Set(log.lines.filter(({ level }) => level >= 40).map(({ err }) => err?.code))], [code])
    })
  }
}

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))
