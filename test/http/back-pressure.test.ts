import { EventEmitter, once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createApp, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const PIECE = 64 * 1024

/** An endless body, and how many pieces of it have been made. */
const endless = `
  const piece = new Uint8Array(${PIECE})
  export default () => {
    let pulls = 0
    return new Response(new ReadableStream({
      async pull (controller) {
        await new Promise(setImmediate)
        controller.enqueue(piece)
        probe.emit('pull', ++pulls)
      },
      cancel () { probe.emit('cancelled') }
    }))
  }`

t.test('a client that does not read holds the producer up, and memory flat', async (t) => {
  const app = await createApp(t, { 'netlify/functions/endless.mjs': endless }, { limits: { streamedBody: Infinity } })
  const { port, host } = new URL(await listen(app))
  let pulls = 0
  probe.on('pull', (count) => { pulls = count })

  const socket = connect(Number(port), '127.0.0.1')
  socket.pause()
  socket.write(`GET /.netlify/functions/endless HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
  await once(probe, 'pull')
  const stalledAt = await untilStalled(() => pulls)
  // What the kernel buffers on both ends of a loopback connection is a few megabytes at most.
  t.ok(stalledAt * PIECE < 16 * 1024 * 1024, `${stalledAt} pieces were made`)

  const before = process.memoryUsage().rss
  await untilStalled(() => pulls)
  t.equal(pulls, stalledAt, 'none is made while nobody reads')
  t.ok(process.memoryUsage().rss - before < 16 * 1024 * 1024)

  const goesOn = once(probe, 'pull')
  socket.resume()
  await goesOn
  const cancelled = once(probe, 'cancelled')
  socket.destroy()
  await cancelled
  t.pass('the client left, and the producer was told')
})

t.test('a client that reads slowly gets every byte', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/numbers.mjs': `
      let next = 0
      export default () => new Response(new ReadableStream({
        pull (controller) {
          if (next === 256) return controller.close()
          controller.enqueue(new Uint8Array(${PIECE}).fill(next++))
        }
      }))`
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/numbers`)
  const counts = new Array<number>(256).fill(0)
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    for (const byte of piece) counts[byte]!++
    await setImmediate()
  }
  t.ok(counts.every((count) => count === PIECE))
})

/** Gives the count once it no longer changes over many turns of the event loop. */
async function untilStalled (count: () => number): Promise<number> {
  for (let last = count(), quiet = 0; ; quiet++) {
    await setImmediate()
    if (count() !== last) {
      last = count()
      quiet = 0
    }
    if (quiet === 2000) return last
  }
}
