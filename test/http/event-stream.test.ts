import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createApp, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

/** A local service that speaks the OpenAI stream format; the test writes each event. */
async function startUpstream (t: Test): Promise<{ url: string, called: Promise<{ prompt: string, reply: ServerResponse }> }> {
  const events = new EventEmitter()
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString())
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'keep-alive' })
    response.flushHeaders()
    events.emit('called', { prompt: body.messages[1].content, reply: response })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`
  return { url, called: once(events, 'called').then(([call]) => call) }
}

const pieFunction = `
  export default async (req: Request) => {
    const pie = new URL(req.url).searchParams.get('pie') ?? 'something inspired by a springtime garden'
    const res = await fetch(Netlify.env.get('UPSTREAM')!, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: \`Bearer \${process.env.OPENAI_API_KEY}\` },
      body: JSON.stringify({
        model: 'gpt-3.5-turbo',
        messages: [{ role: 'system', content: 'You are a baker.' }, { role: 'user', content: pie.slice(0, 500) }],
        stream: true
      })
    })
    return new Response(res.body, { headers: { 'content-type': 'text/event-stream' } })
  }`

function event (word: string): string {
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: word } }] })}\n\n`
}

for (const { name, serverOptions, request } of protocols) {
  t.test(`the guide's proxy of server-sent events passes each event on when it comes, over ${name}`, async (t) => {
    const upstream = await startUpstream(t)
    const app = await createApp(t, { 'netlify/functions/pie.mts': pieFunction }, { env: { UPSTREAM: upstream.url } }, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/pie?pie=apple`)
    const { prompt, reply } = await upstream.called

    t.equal(prompt, 'apple')
    t.equal(exchange.headers['content-type'], 'text/event-stream')
    for (const word of ['Peel', ' the', ' äpples', '.']) {
      reply.write(event(word))
      t.equal(await exchange.next(), event(word))
    }
    reply.end('data: [DONE]\n\n')
    t.same(await exchange.rest(), { body: 'data: [DONE]\n\n', ending: 'complete' })
  })

  t.test(`a client that leaves ends the call to the upstream, over ${name}`, async (t) => {
    const upstream = await startUpstream(t)
    const app = await createApp(t, { 'netlify/functions/pie.mts': pieFunction }, { env: { UPSTREAM: upstream.url } }, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/pie`)
    const { reply } = await upstream.called
    reply.write(event('Peel'))
    await exchange.next()

    const closed = once(reply, 'close')
    exchange.leave()
    await closed
    t.notOk(reply.writableEnded)
  })

  t.test(`an upstream that breaks off is a broken transfer, over ${name}`, async (t) => {
    const upstream = await startUpstream(t)
    const app = await createApp(t, { 'netlify/functions/pie.mts': pieFunction }, { env: { UPSTREAM: upstream.url } }, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/pie`)
    const { reply } = await upstream.called
    reply.write(event('Peel'))
    t.equal(await exchange.next(), event('Peel'))
    reply.destroy()
    t.same(await exchange.rest(), { body: '', ending: 'broken' })
  })
}
