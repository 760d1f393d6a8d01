import { EventEmitter, once } from 'node:events'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import t from 'tap'
import { captureLog, listen, stopTime } from '../helper.ts'
import { createRuledApp, startOther } from './proxy-site.ts'

/** A server that leaves it to the test to answer. */
async function startPatient (t: Parameters<typeof startOther>[0]): Promise<{ origin: string, asked: () => Promise<[IncomingMessage, ServerResponse]> }> {
  const requests = new EventEmitter()
  const waiting: Array<[IncomingMessage, ServerResponse]> = []
  const origin = await startOther(t, (request, response) => {
    waiting.push([request, response])
    requests.emit('request')
  })
  return {
    origin,
    async asked () {
      if (waiting.length === 0) await once(requests, 'request')
      return waiting.shift()!
    }
  }
}

t.test('bytes are passed on as they come, both ways', async (t) => {
  const other = await startPatient(t)
  const origin = await listen(await createRuledApp(t, `/* ${other.origin}/:splat 200`))
  const sent = request(`${origin}/x`, { method: 'POST' })
  sent.write('first')
  const [received, answer] = await other.asked()
  t.equal(String((await once(received, 'data'))[0]), 'first', 'before the request is complete')
  sent.end('second')
  t.equal(String((await once(received, 'data'))[0]), 'second')

  answer.write('one')
  const [response] = await once(sent, 'response') as [IncomingMessage]
  t.equal(String((await once(response, 'data'))[0]), 'one', 'before the response is complete')
  const rest = Array.fromAsync(response)
  answer.end('two')
  t.equal(Buffer.concat(await rest).toString(), 'two')
})

t.test('a client that leaves takes the other server\'s work with it, before and after the response begins', async (t) => {
  const other = await startPatient(t)
  const origin = await listen(await createRuledApp(t, `/* ${other.origin}/:splat 200`))
  for (const hasBegun of [false, true]) {
    const sent = request(`${origin}/x`)
    sent.on('error', () => {})
    sent.end()
    const [, answer] = await other.asked()
    const closed = once(answer, 'close')
    if (hasBegun) {
      answer.write('one')
      const [response] = await once(sent, 'response') as [IncomingMessage]
      response.on('error', () => {})
      await once(response, 'data')
    }
    sent.destroy()
    await closed
    t.pass(hasBegun ? 'after' : 'before')
  }
})

t.test('a client that leaves in the middle of its upload leaves no request behind that looks complete', async (t) => {
  const other = await startPatient(t)
  const origin = await listen(await createRuledApp(t, `/* ${other.origin}/:splat 200`))
  const sent = request(`${origin}/x`, { method: 'POST' })
  sent.on('error', () => {})
  sent.write('first')
  const [received] = await other.asked()
  const failed = once(received, 'error')
  await once(received, 'data')
  sent.destroy()
  t.match(await failed, [{ code: 'ECONNRESET' }])
})

t.test('a server that has not answered within 26 s: 504, and it is not asked any longer', async (t) => {
  const other = await startPatient(t)
  const app = await createRuledApp(t, `/* ${other.origin}/:splat 200`)
  const origin = await listen(app)
  stopTime(t)
  const { mock } = await import('node:test')
  const sent = request(`${origin}/x`)
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  sent.end()
  const [, answer] = await other.asked()
  const closed = once(answer, 'close')
  mock.timers.tick(25_999)
  mock.timers.tick(1)
  const [response] = await answered
  t.equal(response.statusCode, 504)
  t.match(JSON.parse(Buffer.concat(await Array.fromAsync(response)).toString()), { code: 'FST_NETLIFY_PROXY_TIMEOUT', message: /26 seconds/ })
  await closed
})

t.test('a server that has begun to answer may go on', async (t) => {
  const other = await startPatient(t)
  const origin = await listen(await createRuledApp(t, `/* ${other.origin}/:splat 200`))
  stopTime(t)
  const { mock } = await import('node:test')
  const sent = request(`${origin}/x`)
  sent.end()
  const [, answer] = await other.asked()
  answer.write('one')
  const [response] = await once(sent, 'response') as [IncomingMessage]
  mock.timers.tick(60_000)
  answer.end('two')
  t.equal(Buffer.concat(await Array.fromAsync(response)).toString(), 'onetwo')
})

t.test('a server that is not there, or breaks off: 502, and the log says why', async (t) => {
  const broken = await startOther(t, ({ socket }) => { socket.destroy() })
  const { logger, lines } = captureLog('warn')
  const app = await createRuledApp(t, `/broken ${broken} 200\n/absent http://127.0.0.1:1/secret-path 200`, { exposeErrors: false }, { logger })
  for (const [url, code] of [['/broken', 'ECONNRESET'], ['/absent', 'ECONNREFUSED']] as const) {
    const response = await app.inject({ url, method: 'POST', payload: 'x' })
    t.match(response.json(), { statusCode: 502, code: 'FST_NETLIFY_PROXY_FAILED' })
    t.equal(response.headers.connection, 'close', 'what is left of the body is not read as the next request')
    t.notOk(response.body.includes('127.0.0.1'), 'the client does not learn where the server is')
    t.ok(lines.some(({ err, origin, msg }) => err?.code === code && String(origin).startsWith('http://127.0.0.1') && msg === 'a request could not be passed on'), code)
  }
})

t.test('a response that breaks off is none that looks complete', async (t) => {
  const other = await startPatient(t)
  const origin = await listen(await createRuledApp(t, `/* ${other.origin}/:splat 200`))
  const sent = request(`${origin}/x`)
  sent.end()
  const [, answer] = await other.asked()
  answer.write('one')
  const [response] = await once(sent, 'response') as [IncomingMessage]
  const failed = once(response, 'error')
  await once(response, 'data')
  answer.destroy()
  t.match(await failed, [{ code: 'ECONNRESET' }])
})

t.test('the site answers other requests in the meantime, and closes', async (t) => {
  const other = await startPatient(t)
  const app = await createRuledApp(t, `/slow ${other.origin}/ 200\n/fast /elsewhere 302`)
  const origin = await listen(app)
  const sent = request(`${origin}/slow`)
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  sent.end()
  const [, answer] = await other.asked()
  t.equal((await fetch(`${origin}/fast`, { redirect: 'manual' })).status, 302)
  const closed = app.close()
  answer.end('late')
  const [response] = await answered
  t.equal(Buffer.concat(await Array.fromAsync(response)).toString(), 'late')
  await closed
})
