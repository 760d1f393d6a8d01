import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createApp, listen } from '../helper.ts'

const TWO_LINES = `
  import { once } from 'node:events'
  export default async () => new Response(new ReadableStream({
    async start (controller) {
      controller.enqueue(new TextEncoder().encode('first line, '))
      await once(process, 'second-line')
      controller.enqueue(new TextEncoder().encode('second line'))
      controller.close()
    }
  }))`

t.test('close() lets a stream end, then ends its keep-alive connection at once', { timeout: 20_000 }, async (t) => {
  const app = await createApp(t, { 'netlify/functions/lines.mts': TWO_LINES }, {}, { keepAliveTimeout: 600_000 })
  const origin = await listen(app)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())

  const request = get(`${origin}/.netlify/functions/lines`, { agent })
  const [response] = await once(request, 'response') as [IncomingMessage]
  const [first] = await once(response.setEncoding('utf8'), 'data')
  t.equal(first, 'first line, ')
  t.equal(response.headers.connection, 'keep-alive', 'the reply began before the server closed')

  const closing = app.close()
  while (app.server.listening) await nextTurn()
  process.emit('second-line' as never)
  t.equal(await text(response), 'second line')
  await closing
})

t.test('close() lets an injected request end', async (t) => {
  const app = await createApp(t, { 'netlify/functions/lines.mts': TWO_LINES })
  const response = await app.inject({ url: '/.netlify/functions/lines', payloadAsStream: true })
  const closing = app.close()
  process.emit('second-line' as never)
  t.equal(await text(response.stream()), 'first line, second line')
  await closing
})
