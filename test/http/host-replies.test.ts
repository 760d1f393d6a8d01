import { EventEmitter, once } from 'node:events'
import compress from '@fastify/compress'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { http1 } from './exchange.ts'
import { captureLog, createSite, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const files = {
  'netlify/functions/plain.mjs': 'export default () => new Response("hello ".repeat(1000))',
  'netlify/functions/bytes.mjs': 'export default () => new Response(Buffer.from("hello ".repeat(1000)))',
  'netlify/functions/typed.mjs': 'export default () => new Response("hello ".repeat(1000), { headers: { "content-type": "text/html" } })',
  'netlify/functions/stream.mjs': `
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        this.left ??= 1000
        if (this.left-- === 0) return controller.close()
        controller.enqueue('hello ')
      }
    }), { headers: { 'content-type': 'text/plain' } })`,
  'netlify/functions/endless.mjs': `
    export default () => new Response(new ReadableStream({
      start (controller) { controller.enqueue('first') },
      cancel () { probe.emit('cancelled') }
    }), { headers: { 'content-type': 'text/plain' } })`,
  'netlify/functions/nothing.mjs': 'export default () => {}'
}

/** An app whose host sets itself up before the functions. */
async function createHost (t: Test, setUp: (app: FastifyInstance) => unknown, options: NetlifyFunctionsOptions = {}, log = captureLog()): Promise<FastifyInstance> {
  const root = await createSite(t, files)
  const app = Fastify({ logger: log.logger })
  t.teardown(async () => { await app.close() })
  await setUp(app)
  await app.register(netlifyFunctions, { root, ...options })
  return app
}

t.test('@fastify/compress of the host compresses complete bodies and streams', async (t) => {
  const app = await createHost(t, (app) => app.register(compress, { threshold: 100 }))
  const origin = await listen(app)
  for (const [name, encoding] of [['plain', 'gzip'], ['typed', 'gzip'], ['stream', 'gzip']] as const) {
    const response = await fetch(`${origin}/.netlify/functions/${name}`, { headers: { 'accept-encoding': 'gzip' } })
    t.equal(response.status, 200)
    t.equal(response.headers.get('content-encoding'), encoding, name)
    t.equal(await response.text(), 'hello '.repeat(1000))
  }
  for (const name of ['plain', 'bytes', 'stream']) {
    const response = await fetch(`${origin}/.netlify/functions/${name}`, { headers: { 'accept-encoding': 'identity' } })
    t.equal(response.headers.get('content-encoding'), null)
    t.equal(await response.text(), 'hello '.repeat(1000))
  }
  t.equal((await fetch(`${origin}/.netlify/functions/nothing`)).status, 204)
})

t.test('a stream that is compressed by the host breaks off visibly at the time limit', async (t) => {
  const log = captureLog()
  const app = await createHost(t, (app) => app.register(compress, { threshold: 0 }), { limits: { timeout: 200 } }, log)
  const cancelled = once(probe, 'cancelled')
  const exchange = await http1.request(`${await listen(app)}/.netlify/functions/endless`, { headers: { 'accept-encoding': 'gzip' } })
  t.equal(exchange.headers['content-encoding'], 'gzip')
  t.equal((await exchange.rest()).ending, 'broken')
  await cancelled
  await log.line(({ err }) => err?.code === 'FST_NETLIFY_TIMEOUT')
})

t.test('a client that leaves a compressed stream cancels it', async (t) => {
  const app = await createHost(t, (app) => app.register(compress, { threshold: 0 }))
  const cancelled = once(probe, 'cancelled')
  const exchange = await http1.request(`${await listen(app)}/.netlify/functions/endless`, { headers: { 'accept-encoding': 'gzip' } })
  exchange.leave()
  await cancelled
})

t.test('hooks of the host see requests and replies, and may change them', async (t) => {
  const seen: unknown[] = []
  const app = await createHost(t, (app) => {
    app.addHook('onRequest', async (request) => { seen.push(request.url) })
    app.addHook('onSend', async (_request, reply, payload) => {
      seen.push(reply.statusCode, typeof payload)
      reply.header('x-host', 'was here')
      return 'changed'
    })
    app.addHook('onResponse', async (_request, reply) => { seen.push(reply.getHeader('x-host')) })
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/typed`)
  t.equal(response.headers.get('x-host'), 'was here')
  t.equal(response.headers.get('content-type'), 'text/html')
  t.equal(await response.text(), 'changed')
  await app.close()
  t.same(seen, ['/.netlify/functions/typed', 200, 'string', 'was here'])
})

t.test('a content type that a hook of the host gives to a reply without one is kept', async (t) => {
  const app = await createHost(t, (app) => {
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('content-type', 'text/x-host')
      return payload
    })
  })
  for (const name of ['bytes', 'typed']) {
    t.equal((await app.inject(`/.netlify/functions/${name}`)).headers['content-type'], 'text/x-host')
  }
})

t.test('a hook of the host that fails is an error with its content type', async (t) => {
  let failures = 0
  const app = await createHost(t, (app) => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      if (failures++ === 0) throw new Error('the host failed')
      return payload
    })
  })
  const response = await app.inject('/.netlify/functions/bytes')
  t.equal(response.statusCode, 500)
  t.match(response.headers['content-type'], /^application\/json/)
  t.match(response.json(), { message: 'the host failed' })
})

t.test('a hook of the host that takes longer than the time limit lets no stream end the process', async (t) => {
  const app = await createHost(t, (app) => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      if (typeof (payload as { pipe?: unknown }).pipe === 'function') await once(probe, 'cancelled')
      return payload
    })
  }, { limits: { timeout: 50 } })
  const cancelled = once(probe, 'cancelled')
  const response = await fetch(`${await listen(app)}/.netlify/functions/endless`)
  await cancelled
  t.equal(response.status, 504)
  t.match(await response.json(), { code: 'FST_NETLIFY_TIMEOUT' })
})

t.test('a client that leaves while a hook of the host is at work cancels the stream', async (t) => {
  const app = await createHost(t, (app) => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      probe.emit('hook')
      await once(probe, 'cancelled')
      return payload
    })
  })
  const controller = new AbortController()
  const hook = once(probe, 'hook')
  const call = fetch(`${await listen(app)}/.netlify/functions/endless`, { signal: controller.signal })
  await hook
  const cancelled = once(probe, 'cancelled')
  controller.abort()
  await t.rejects(call)
  await cancelled
})
