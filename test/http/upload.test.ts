import { EventEmitter, once } from 'node:events'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'
import { http2c } from './exchange.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

let runs = 0
probe.on('run', () => runs++)
t.beforeEach(() => { runs = 0 })

const counting = `
  export default async (request) => {
    probe.emit('run')
    return new Response(String((await request.arrayBuffer()).byteLength))
  }`

t.test('a hook of the host may put a stream of texts, or of its own buffers, in the place of the body', async (t) => {
  const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export default async (request) => new Response(await request.text())' })
  const own = Buffer.from(new TextEncoder().encode('a buffer').buffer)
  const bodies: Readonly<Record<string, Array<string | Buffer>>> = { texts: ['grüß', 'e'], buffer: [own], buffers: [own, own] }
  app.addHook('preParsing', async ({ headers }) => Readable.from(bodies[String(headers['x-body'])]!))
  for (const [name, parts] of Object.entries(bodies)) {
    const reply = await app.inject({ method: 'POST', url: '/.netlify/functions/echo', payload: 'sent', headers: { 'x-body': name } })
    t.equal(reply.body, parts.join(''), name)
  }
  t.equal(own.toString(), 'a buffer')
})

t.test('without a limit the body is streamed: the function sees the first piece before the last is sent', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/reader.mjs': `
      export default async (request) => {
        const pieces = []
        for await (const piece of request.body) {
          pieces.push(Buffer.from(piece).toString())
          probe.emit('piece', pieces.at(-1))
        }
        return Response.json(pieces)
      }`
  }, { limits: { requestBody: Infinity } })
  const request = http.request(`${await listen(app)}/.netlify/functions/reader`, { method: 'POST' })
  const response = once(request, 'response') as Promise<[http.IncomingMessage]>
  for (const piece of ['first', 'second', 'third']) {
    const seen = once(probe, 'piece')
    request.write(piece)
    t.same(await seen, [piece])
  }
  request.end()
  t.same(await json((await response)[0]), ['first', 'second', 'third'])
})

t.test('without a limit a large body arrives whole, and an empty one is empty', async (t) => {
  const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, { limits: { requestBody: Infinity } })
  const url = `${await listen(app)}/.netlify/functions/counting`
  for (const size of [0, 1, 10_000_000]) {
    const response = await fetch(url, { method: 'POST', body: new Uint8Array(size) })
    t.equal(await response.text(), String(size))
  }
})

t.test('a streamed body that the function does not read harms neither it nor the connection', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/deaf.mjs': 'export default () => new Response("not listening")',
    'netlify/functions/rude.mjs': 'export default async (request) => { await request.body.cancel(); return new Response("not listening") }',
    'netlify/functions/counting.mjs': counting,
    'netlify/functions/hasty.mjs': 'export default async (request) => { await request.body.getReader().read(); return new Response("not listening") }'
  }, { limits: { requestBody: Infinity } })
  const origin = await listen(app)
  for (const name of ['deaf', 'rude', 'hasty', 'counting']) {
    const response = await fetch(`${origin}/.netlify/functions/${name}`, { method: 'POST', body: new Uint8Array(1_000_000) })
    t.equal(await response.text(), name === 'counting' ? '1000000' : 'not listening', name)
  }
})

t.test('a client that leaves in the middle of a streamed upload fails the read and aborts the signal', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/reader.mjs': `
      export default async (request) => {
        request.signal.addEventListener('abort', () => probe.emit('aborted'))
        probe.emit('run')
        try {
          await request.text()
        } catch (error) {
          probe.emit('failed')
          throw error
        }
      }`
  }, { limits: { requestBody: Infinity } })
  const request = http.request(`${await listen(app)}/.netlify/functions/reader`, { method: 'POST', agent: false })
  request.on('error', () => {})
  const running = once(probe, 'run')
  request.write('first')
  await running
  const ends = Promise.all([once(probe, 'failed'), once(probe, 'aborted')])
  request.destroy()
  await ends
})

t.test('a body of exactly the limit passes, one byte more is a 413', async (t) => {
  const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, { limits: { requestBody: 100 } })
  const url = `${await listen(app)}/.netlify/functions/counting`
  t.equal(await (await fetch(url, { method: 'POST', body: new Uint8Array(100) })).text(), '100')
  const response = await fetch(url, { method: 'POST', body: new Uint8Array(101) })
  t.equal(response.status, 413)
  t.match(await response.json(), { code: 'FST_NETLIFY_REQUEST_BODY_TOO_LARGE', message: 'Request body is larger than 100 bytes' })
  t.equal(runs, 1, 'the function did not run')
})

t.test('the default limit is 6 MB', async (t) => {
  const app = await createApp(t, { 'netlify/functions/counting.mjs': counting })
  const url = `${await listen(app)}/.netlify/functions/counting`
  const most = 6 * 1024 * 1024
  t.equal(await (await fetch(url, { method: 'POST', body: new Uint8Array(most) })).text(), String(most))
  const { statusCode } = await app.inject({ method: 'POST', url: '/.netlify/functions/counting', payload: Buffer.alloc(most + 1) })
  t.equal(statusCode, 413)
})

t.test('a content-length beyond the limit is refused before the body is sent', async (t) => {
  const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, { limits: { requestBody: 100 } })
  const { socket, text } = await openSocket(await listen(app))
  socket.write('POST /.netlify/functions/counting HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n')
  const reply = await text
  t.match(reply, /^HTTP\/1\.1 413 /)
  t.match(reply, /\r\nconnection: close\r\n/i)
  t.equal(runs, 0)
})

t.test('a chunked body beyond the limit is refused once it is reached', async (t) => {
  const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, { limits: { requestBody: 100 } })
  const { socket, text } = await openSocket(await listen(app))
  socket.write('POST /.netlify/functions/counting HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n')
  socket.write(`40\r\n${'x'.repeat(64)}\r\n`)
  socket.write(`40\r\n${'x'.repeat(64)}\r\n`)
  const reply = await text
  t.match(reply, /^HTTP\/1\.1 413 /)
  t.equal(runs, 0)
})

for (const framing of ['content-length', 'chunked']) {
  t.test(`what follows a refused body on the connection is not read as a request (${framing})`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, { limits: { requestBody: 10 } })
    const origin = await listen(app)
    const { socket, text } = await openSocket(origin)
    const smuggled = 'POST /.netlify/functions/counting HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi'
    const head = 'POST /.netlify/functions/counting HTTP/1.1\r\nhost: a\r\n'
    if (framing === 'chunked') socket.write(`${head}transfer-encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`)
    else socket.write(`${head}content-length: ${smuggled.length}\r\n\r\n${smuggled}`)
    const replies = (await text).match(/HTTP\/1\.1 \d+/g)
    t.same(replies, ['HTTP/1.1 413'], 'the connection is closed')
    t.equal(runs, 0)
    const next = await fetch(`${origin}/.netlify/functions/counting`, { method: 'POST', body: 'hi' })
    t.equal(await next.text(), '2', 'a new connection works')
  })
}

t.test('a client that is still sending reads its 413', async (t) => {
  const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, { limits: { requestBody: 1000 } })
  const url = `${await listen(app)}/.netlify/functions/counting`
  for (let call = 0; call < 10; call++) {
    const response = await fetch(url, { method: 'POST', body: new Uint8Array(20_000_000) })
    t.equal(response.status, 413)
    t.match(await response.json(), { code: 'FST_NETLIFY_REQUEST_BODY_TOO_LARGE' })
  }
})

t.test('a 413 over HTTP/2 leaves the connection open', async (t) => {
  const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, { limits: { requestBody: 10 } }, http2c.serverOptions)
  const session = http2.connect(await listen(app))
  t.teardown(() => session.destroy())
  const statuses: unknown[] = []
  for (const body of ['x'.repeat(11), 'hi']) {
    const stream = session.request({ ':method': 'POST', ':path': '/.netlify/functions/counting' })
    stream.end(body)
    const [head] = await once(stream, 'response') as [http2.IncomingHttpHeaders]
    statuses.push(head[':status'], head.connection)
    stream.resume()
    await once(stream, 'close')
  }
  t.same(statuses, [413, undefined, 200, undefined])
})

for (const head of ['content-length: 100', 'transfer-encoding: chunked']) {
  t.test(`a client that aborts its upload does not run the function (${head})`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, { 'netlify/functions/counting.mjs': counting }, {}, { logger: log.logger })
    const { socket } = await openSocket(await listen(app))
    socket.write(`POST /.netlify/functions/counting HTTP/1.1\r\nhost: a\r\n${head}\r\n\r\n5\r\nhello\r\n`)
    await log.line(({ msg }) => msg === 'incoming request')
    socket.destroy()
    await log.line(({ err }) => err?.code === 'FST_NETLIFY_CLIENT_LEFT')
    await app.close()
    t.equal(runs, 0)
    t.notOk(log.lines.some(({ level }) => level >= 40), 'nor is it an error of the server')
  })
}

for (const requestBody of [6_000_000, Infinity]) {
  t.test(`a client that aborts its upload over HTTP/2 has no body read as complete (limit ${requestBody})`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, {
      'netlify/functions/reader.mjs': 'export default async (request) => { await request.text(); probe.emit("run") }'
    }, { limits: { requestBody } }, { ...http2c.serverOptions, logger: log.logger })
    const session = http2.connect(await listen(app))
    const stream = session.request({ ':method': 'POST', ':path': '/.netlify/functions/reader' })
    stream.on('error', () => {})
    stream.write('hello')
    await log.line(({ msg }) => msg === 'incoming request')
    // Unlike close(), this resets the stream without ending the body first.
    stream.destroy(new Error('changed my mind'))
    await log.line(({ err }) => err !== undefined)
    session.close()
    await app.close()
    t.equal(runs, 0)
  })
}

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))

async function openSocket (origin: string): Promise<{ socket: Socket, text: Promise<string> }> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  await once(socket, 'connect')
  const pieces: Buffer[] = []
  const text = new Promise<string>((resolve) => {
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(pieces).toString()))
  })
  return { socket, text }
}
