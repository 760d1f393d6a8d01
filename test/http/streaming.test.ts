import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { createApp, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

for (const { name, serverOptions, request } of protocols) {
  t.test(`the guide's clock sends each line when it is made, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/clock.mts': `
        export default async () => {
          const encoder = new TextEncoder()
          const formatter = new Intl.DateTimeFormat('en', { timeStyle: 'medium' })
          const body = new ReadableStream({
            start (controller) {
              controller.enqueue(encoder.encode('<ol>'))
              let i = 0
              const timer = setInterval(() => {
                controller.enqueue(encoder.encode(\`<li>Hello at \${formatter.format(new Date())}</li>\\n\\n\`))
                if (i++ >= 5) {
                  controller.enqueue(encoder.encode('</ol>'))
                  controller.close()
                  clearInterval(timer)
                }
              }, 100)
            }
          })
          return new Response(body)
        }`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/clock`)

    t.equal(exchange.status, 200)
    t.equal(exchange.headers['content-length'], undefined)
    t.equal(await exchange.next(), '<ol>')
    for (let line = 0; line < 5; line++) t.match(await exchange.next(), /^<li>Hello at [^<]+<\/li>\n\n$/, 'one line at a time')
    t.match(await exchange.rest(), { body: /^<li>Hello at [^<]+<\/li>\n\n<\/ol>$/, ending: 'complete' })
  })

  t.test(`a piece leaves before the next one is made, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/letters.mjs': `
        const letters = ['a', 'b', 'c']
        export default () => new Response(new ReadableStream({
          async pull (controller) {
            if (letters.length < 3) await new Promise((resolve) => probe.once('received', resolve))
            if (letters.length === 0) return controller.close()
            controller.enqueue(letters.shift())
          }
        }, { highWaterMark: 0 }))`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/letters`)

    for (const letter of ['a', 'b', 'c']) {
      t.equal(await exchange.next(), letter)
      probe.emit('received')
    }
    t.same(await exchange.rest(), { body: '', ending: 'complete' })
  })

  t.test(`the head is sent at once when the first piece is late, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/late.mjs': `
        export default () => new Response(new ReadableStream({
          async pull (controller) {
            await new Promise((resolve) => probe.once('head', resolve))
            controller.enqueue('late')
            controller.close()
          }
        }), { status: 201, headers: { 'x-early': 'bird' } })`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/late`)

    t.equal(exchange.status, 201)
    t.equal(exchange.headers['x-early'], 'bird')
    probe.emit('head')
    t.same(await exchange.rest(), { body: 'late', ending: 'complete' })
  })

  t.test(`a stream of text, of bytes and of empty pieces arrives whole, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/mixed.mjs': `
        const pieces = ['', 'te', 'xt ', new Uint8Array(0), new Uint8Array([0xe2, 0x82]), new Uint8Array([0xac]), new Uint16Array([0x2121]), Buffer.from(' B').buffer.slice(0, 0), Buffer.from('!'), '']
        export default () => new Response(new ReadableStream({
          async pull (controller) {
            await new Promise(setImmediate)
            if (pieces.length === 0) controller.close()
            else controller.enqueue(pieces.shift())
          }
        }))`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/mixed`)
    t.same(await exchange.rest(), { body: 'text €!!!', ending: 'complete' })
  })

  t.test(`a client that leaves cancels the stream, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/endless.mjs': `
        export default (request) => {
          request.signal.addEventListener('abort', () => probe.emit('aborted', request.signal.reason.code))
          return new Response(new ReadableStream({
            start (controller) { controller.enqueue('first') },
            cancel () { probe.emit('cancelled') }
          }))
        }`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/endless`)
    t.equal(await exchange.next(), 'first')

    const cancelled = once(probe, 'cancelled')
    const aborted = once(probe, 'aborted')
    exchange.leave()
    await cancelled
    t.same(await aborted, ['FST_NETLIFY_CLIENT_LEFT'])
  })

  t.test(`a client that leaves before the first piece cancels the stream, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/silent.mjs': `
        export default () => new Response(new ReadableStream({ cancel () { probe.emit('cancelled') } }))`
    }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/silent`)
    const cancelled = once(probe, 'cancelled')
    exchange.leave()
    await cancelled
  })
}

t.test('a stream that is open for HEAD is cancelled, and the head is that of GET', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/endless.mjs': `
      export default () => new Response(new ReadableStream({
        start (controller) { controller.enqueue('first') },
        cancel () { probe.emit('cancelled') }
      }), { headers: { 'x-kind': 'endless' } })`
  })
  for (const { request } of protocols.slice(0, 1)) {
    const cancelled = once(probe, 'cancelled')
    const exchange = await request(`${await listen(app)}/.netlify/functions/endless`, { method: 'HEAD' })
    t.equal(exchange.status, 200)
    t.equal(exchange.headers['x-kind'], 'endless')
    t.equal(exchange.headers['content-length'], undefined)
    t.same(await exchange.rest(), { body: '', ending: 'complete' })
    await cancelled
  }
})

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))
