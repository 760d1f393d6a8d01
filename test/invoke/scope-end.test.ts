import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createSite, listen } from '../helper.ts'

const files = {
  'netlify/functions/at-once.mjs': 'export default () => new Response(Netlify.context.requestId)',
  'netlify/functions/later.mjs': 'export default async () => { await new Promise(setImmediate); return new Response(Netlify.context.requestId) }',
  'netlify/functions/throws.mjs': 'export default () => { throw new Error("broken") }'
}

/** What `Netlify.context` is now. */
const contextNow = (): unknown => (globalThis as unknown as { Netlify: { context: unknown } }).Netlify.context

t.test('the scope of a call is that of the function alone, also for requests that come in one packet', async (t) => {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const seen: unknown[] = []
  const look = async (): Promise<void> => { seen.push(contextNow()) }
  app.addHook('onRequest', look).addHook('onSend', look).addHook('onResponse', look)
  app.get('/host', async () => { seen.push(contextNow()); return 'host' })
  await app.register(netlifyFunctions, { root: await createSite(t, files), isolation: 'inline' })
  const { port } = new URL(await listen(app))

  const paths = ['/.netlify/functions/at-once', '/host', '/.netlify/functions/later', '/.netlify/functions/throws', '/.netlify/functions/at-once', '/host']
  const socket = connect(Number(port), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => { received += String(chunk) })
  socket.write(paths.map((path, index) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: ${index === paths.length - 1 ? 'close' : 'keep-alive'}\r\n\r\n`).join(''))
  await once(socket, 'close')

  const ids = [...received.matchAll(/x-nf-request-id: (\w+)[^]*?\r\n\r\n([0-9A-Z]{26})?/g)].map(([, header, body]) => [header, body])
  t.equal(ids.length, 4)
  for (const index of [0, 1, 3]) t.equal(ids[index]?.[0], ids[index]?.[1], 'a function sees its own call')
  t.equal(seen.length, 3 * paths.length + 2)
  t.ok(seen.every((context) => context === null), 'and nobody else sees it')
  t.equal(contextNow(), null)
})
