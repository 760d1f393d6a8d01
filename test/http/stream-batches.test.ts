import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createApp, createSite, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const numbers = `
  export default () => {
    let next = 0
    return new Response(new ReadableStream({
      pull (controller) {
        controller.enqueue(\`\${String(next).padStart(9, '0')}\\n\`)
        if (++next === 5000) controller.close()
      }
    }))
  }`

const everyNumber = Array.from({ length: 5000 }, (_, index) => `${String(index).padStart(9, '0')}\n`).join('')

for (const { name, serverOptions, request } of protocols) {
  t.test(`small pieces that are made together arrive in order, over ${name}`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/numbers.mjs': numbers }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/numbers`)
    t.strictSame(await exchange.rest(), { body: everyNumber, ending: 'complete' })
  })

  t.test(`pieces of every size arrive in order, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/sizes.mjs': `
        export default () => {
          let next = 0
          return new Response(new ReadableStream({
            async pull (controller) {
              const size = [1, 100, 4096, 4097, 70_000, 0, 16_384, 200_000][next % 8]
              controller.enqueue(String.fromCharCode(97 + next % 26).repeat(size))
              if (next % 3 === 0) await new Promise(setImmediate)
              if (++next === 80) controller.close()
            }
          }))
        }`
    }, {}, serverOptions)
    const expected = Array.from({ length: 80 }, (_, index) => String.fromCharCode(97 + index % 26).repeat([1, 100, 4096, 4097, 70_000, 0, 16_384, 200_000][index % 8]!)).join('')
    const exchange = await request(`${await listen(app)}/.netlify/functions/sizes`)
    const { body, ending } = await exchange.rest()
    t.equal(ending, 'complete')
    t.ok(body === expected, `${body.length} of ${expected.length} bytes`)
  })

  t.test(`pieces that are made together with a failure are no half reply, but an error, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/fails.mjs': `
        let next = 0
        export default () => new Response(new ReadableStream({
          pull (controller) {
            if (next++ === 4) throw new Error('boom')
            controller.enqueue('piece')
          }
        }), { headers: { 'x-half': 'done' } })`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/fails`)
    t.equal(exchange.status, 500)
    t.equal(exchange.headers['x-half'], undefined)
    t.match(JSON.parse((await exchange.rest()).body), { code: 'FST_NETLIFY_FUNCTION_FAILED' })
  })
}

t.test('small pieces that are made together leave together', async (t) => {
  const app = await createApp(t, { 'netlify/functions/numbers.mjs': numbers })
  const { port } = new URL(await listen(app))
  const socket = connect(Number(port), '127.0.0.1')
  socket.setEncoding('latin1').write('GET /.netlify/functions/numbers HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  let reply = ''
  socket.on('data', (text) => { reply += text })
  await once(socket, 'close')
  const chunks = reply.match(/\r\n[0-9a-f]+\r\n/g)?.length ?? 0
  t.ok(chunks > 1 && chunks < 20, `50,000 bytes come in ${chunks} chunks`)
})

t.test('a hook of the host that listens to the stream sees every piece, and so does the client', async (t) => {
  let seen = 0
  const app = await createHost(t, { 'netlify/functions/numbers.mjs': numbers }, (app) => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      (payload as EventEmitter).on('data', (chunk: Buffer) => { seen += chunk.length })
      return payload
    })
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/numbers`)
  t.equal(await response.text(), everyNumber)
  t.equal(seen, everyNumber.length)
})

t.test('a hook of the host that asks for text sees text', async (t) => {
  const types = new Set<string>()
  const app = await createHost(t, { 'netlify/functions/numbers.mjs': numbers }, (app) => {
    app.addHook('onSend', async (_request, _reply, payload) => {
      (payload as NodeJS.ReadableStream).setEncoding('utf8').on('data', (chunk) => types.add(typeof chunk))
      return payload
    })
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/numbers`)
  t.equal(await response.text(), everyNumber)
  t.same([...types], ['string'])
})

t.test('what the reply sets off in the host is outside of the call', async (t) => {
  const app = await createHost(t, {
    'netlify/functions/own.mjs': `
      let next = 0
      export default () => new Response(new ReadableStream({
        async pull (controller) {
          await new Promise(setImmediate)
          controller.enqueue(String(Netlify.context !== null).padEnd(next % 2 === 0 ? 10 : 100_000))
          if (++next === 8) controller.close()
        }
      }))`
  }, (app) => {
    app.addHook('onSend', async (_request, { raw }, payload) => {
      for (const event of ['drain', 'finish']) raw.on(event, () => probe.emit('seen', [event, (globalThis as { Netlify?: { context: unknown } }).Netlify?.context]))
      return payload
    })
  })
  const seen: unknown[] = []
  probe.on('seen', (what) => { seen.push(what) })
  const text = await (await fetch(`${await listen(app)}/.netlify/functions/own`)).text()
  t.match(text, /^(?:true +){8}$/, 'the producer is inside')
  await app.close()
  t.ok(seen.length > 0)
  t.same([...new Set(seen.map((what) => JSON.stringify(what)))].filter((what) => !what.endsWith('null]')), [])
})

async function createHost (t: Test, files: Record<string, string>, prepare: (app: FastifyInstance) => void): Promise<FastifyInstance> {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  prepare(app)
  await app.register(netlifyFunctions, { root })
  return app
}
