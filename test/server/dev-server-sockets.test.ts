import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite, listen } from '../helper.ts'
import { WebSocket, WebSocketServer, type Socket, type SocketServer } from './web-sockets.ts'

interface HmrServer {
  readonly url: string
  readonly sockets: SocketServer
  readonly upgrades: IncomingMessage[]
}

/** What frameworks have for hot module replacement. It answers each message with the same one. */
async function startHmr (t: Test, accepts = true): Promise<HmrServer> {
  const server = createServer((_request, response) => response.end('page')).listen(0, '127.0.0.1')
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'vite-hmr', perMessageDeflate: true })
  const upgrades: IncomingMessage[] = []
  server.on('upgrade', (request, socket, head) => {
    upgrades.push(request)
    if (accepts) sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
    else socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
  })
  sockets.on('connection', (client: Socket) => client.on('message', (data: Buffer, binary: boolean) => client.send(data, { binary })))
  t.teardown(() => {
    for (const client of sockets.clients) client.terminate()
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return { sockets, upgrades, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function open (t: Test, url: string): Promise<Socket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'vite-hmr', { headers: { cookie: 'a=1' } })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

t.test('a WebSocket reaches the dev server, and everything goes both ways', async (t) => {
  const { url: devServer, upgrades, sockets } = await startHmr(t)
  const origin = await listen(await createApp(t, {}, { devServer }))
  const socket = await open(t, `${origin}/@hmr?token=x`)
  t.match(upgrades[0], { url: '/@hmr?token=x', headers: { cookie: 'a=1', host: origin.slice(7), 'sec-websocket-protocol': 'vite-hmr' } })
  t.strictSame([socket.protocol, socket.extensions], ['vite-hmr', 'permessage-deflate'])
  for (const message of ['text', Buffer.alloc(1_000_000, 7)]) {
    socket.send(message)
    const [data, binary] = await once(socket, 'message') as [Buffer, boolean]
    t.strictSame([binary, data.equals(Buffer.from(message as string))], [typeof message !== 'string', true])
  }
  for (const client of sockets.clients) client.close(4001, 'reload')
  const [code, reason] = await once(socket, 'close') as [number, Buffer]
  t.strictSame([code, reason.toString()], [4001, 'reload'])
})

t.test('what a client sends with its first packet is not lost', async (t) => {
  const { url: devServer, sockets } = await startHmr(t)
  const origin = await listen(await createApp(t, {}, { devServer }))
  const client = connect(Number(new URL(origin).port), '127.0.0.1')
  t.teardown(() => client.destroy())
  const connected = once(sockets, 'connection')
  const masked = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
  client.write(Buffer.concat([Buffer.from('GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'), masked]))
  const [socket] = await connected as [Socket]
  const [data] = await once(socket, 'message') as [Buffer]
  t.equal(data.toString(), 'hi')
})

t.test('the dev server learns that a client has left', async (t) => {
  const { url: devServer, sockets } = await startHmr(t)
  const origin = await listen(await createApp(t, {}, { devServer }))
  const connected = once(sockets, 'connection')
  const socket = await open(t, origin)
  const [client] = await connected as [Socket]
  socket.terminate()
  await once(client, 'close')
})

t.test('open WebSockets do not keep the app from closing', async (t) => {
  const { url: devServer } = await startHmr(t)
  const app = await createApp(t, {}, { devServer })
  const socket = await open(t, await listen(app))
  const closed = once(socket, 'close')
  await app.close()
  await closed
})

t.test('what the dev server refuses is refused', async (t) => {
  const { url: devServer } = await startHmr(t, false)
  const origin = await listen(await createApp(t, {}, { devServer }))
  await t.rejects(open(t, origin), { message: /403/ })
})

t.test('a dev server that is down refuses WebSockets, and is logged', async (t) => {
  const { logger, line } = captureLog()
  const app = await createApp(t, {}, { devServer: 'http://127.0.0.1:9' }, { logger })
  await t.rejects(open(t, await listen(app)), { message: /502/ })
  t.match(await line(({ msg }) => msg === 'a WebSocket cannot reach the dev server'), { level: 40, err: { code: 'FST_NETLIFY_DEV_SERVER_UNREACHABLE' } })
})

t.test('hooks and routes of the host app decide first, and other paths are not the site\'s', async (t) => {
  const { url: devServer, upgrades } = await startHmr(t)
  const app: FastifyInstance = Fastify()
  t.teardown(async () => { await app.close() })
  app.addHook('onRequest', async (request, reply) => { if (request.url.includes('secret')) return await reply.code(401).send() })
  app.get('/shop/own', () => 'own')
  await app.register(netlifyFunctions, { root: await createSite(t, {}), prefix: '/shop', devServer })
  const origin = await listen(app)
  for (const [path, status] of [['/shop/secret', 401], ['/shop/own', 200], ['/elsewhere', 404], ['/shop/.netlify/x', 404]]) {
    await t.rejects(open(t, `${origin}${path}`), { message: `Unexpected server response: ${status}` }, String(path))
  }
  t.strictSame(upgrades, [])
  await open(t, `${origin}/shop/hmr`)
  t.match(upgrades, [{ url: '/shop/hmr' }])
})

t.test('sites of one app have dev servers of their own', async (t) => {
  const [one, two] = [await startHmr(t), await startHmr(t)]
  const app: FastifyInstance = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root: await createSite(t, {}), name: 'one', prefix: '/one', devServer: one.url })
  await app.register(netlifyFunctions, { root: await createSite(t, {}), name: 'two', prefix: '/two', devServer: two.url })
  const origin = await listen(app)
  await open(t, `${origin}/two/hmr`)
  t.strictSame([one.upgrades.length, two.upgrades.length], [0, 1])
})
