import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { rm, symlink, truncate } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import t from 'tap'
import Fastify from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { guardFile } from '../../lib/server/static/read-guard.ts'
import { captureLog, createSite, listen, writeFiles } from '../helper.ts'

/** More than connections keep for a client that does not read. */
const LENGTH = 32 * 1024 * 1024

t.test('a file that becomes shorter while it is sent breaks the transfer, so that nothing is taken for its rest', async (t) => {
  const root = await createSite(t, { 'public/big.txt': Buffer.alloc(LENGTH, 'a'), 'public/small.txt': 'small' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  const { hostname, port } = new URL(await listen(app))

  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  // Which may be by a reset.
  const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve))
  socket.write('GET /big.txt HTTP/1.1\r\nhost: x\r\n\r\n')
  // The server waits for the client from here on, in the middle of the file.
  await once(socket, 'readable')
  await truncate(join(root, 'public/big.txt'), 0)
  socket.write('GET /small.txt HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  let received = ''
  socket.setEncoding('latin1').on('data', (text) => { received += text })
  await closed
  t.match(received, `content-length: ${LENGTH}\r\n`)
  t.ok(received.length < LENGTH)
  t.notMatch(received, 'small')
})

t.test('a file that changes is sent as it is at each request', async (t) => {
  const root = await createSite(t, { 'public/page.txt': 'first', 'public/empty.txt': '' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  const { etag } = (await app.inject('/page.txt')).headers
  await writeFiles(root, { 'public/page.txt': 'the second', 'public/empty.txt': 'full' })
  t.match(await app.inject({ url: '/page.txt', headers: { 'if-none-match': etag as string } }), { statusCode: 200, body: 'the second', headers: { 'content-length': '10' } })
  t.match(await app.inject('/empty.txt'), { statusCode: 200, body: 'full' })
})

t.test('a compressed file that is gone is not found, and what its headers would be is not sent', async (t) => {
  const root = await createSite(t, { 'public/page.html': 'page', 'public/page.html.br': brotliCompressSync('page'), 'public/_headers': '/*\n  X-Rule: yes' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  await rm(join(root, 'public/page.html.br'))
  const { statusCode, headers } = await app.inject({ url: '/page', headers: { 'accept-encoding': 'br' } })
  t.strictSame([statusCode, headers['content-encoding'], headers['x-rule'], headers['cache-control']], [404, undefined, undefined, undefined])
  t.equal((await app.inject('/page')).body, 'page')
})

t.test('a file that cannot be read is an error that names no place on the disk', async (t) => {
  const root = await createSite(t, { 'public/closed.txt': 'closed' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  // A link that leads to itself, since root may read everything else.
  await rm(join(root, 'public/closed.txt'))
  await symlink('closed.txt', join(root, 'public/closed.txt'))
  const response = await app.inject('/closed.txt')
  t.match(response.json(), { statusCode: 500, code: 'FST_NETLIFY_FILE_UNREADABLE' })
  t.notMatch(response.body, root)
})

t.test('a file that goes or grows in the moment in which it is opened', async (t) => {
  const root = await createSite(t, { 'full.txt': 'full' })
  const log = captureLog()
  const app = Fastify({ logger: log.logger })
  t.teardown(() => app.close())
  app.addHook('onSend', (_request, reply, payload, done) => { done(null, guardFile(reply, payload)) })
  app.get('/gone', (_request, reply) => { reply.header('content-length', 4).send(createReadStream(join(root, 'gone.txt'))) })
  app.get('/grown', (_request, reply) => { reply.header('content-length', 0).send(createReadStream(join(root, 'full.txt'), { end: 0 })) })
  const gone = await app.inject('/gone')
  t.match(gone.json(), { statusCode: 404, code: 'FST_NETLIFY_FILE_UNREADABLE' })
  t.notMatch(gone.body, root)
  t.match(log.lines.find(({ level }) => level === 50), { err: { code: 'ENOENT' } })
  t.match(await app.inject('/grown'), { statusCode: 200, body: '', headers: { 'content-length': '0' } })
})
