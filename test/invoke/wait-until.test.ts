import { EventEmitter, once } from 'node:events'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

const working = `
  export default (request, { waitUntil }) => {
    waitUntil(new Promise((resolve) => probe.once('finish', resolve)).then(() => probe.emit('finished')))
    return new Response('at once')
  }`

t.test('waitUntil does not delay the reply, and the work goes on', async (t) => {
  const app = await createApp(t, { 'netlify/functions/working.mjs': working })
  const response = await fetch(`${await listen(app)}/.netlify/functions/working`)
  t.equal(await response.text(), 'at once')
  const finished = once(probe, 'finished')
  probe.emit('finish')
  await finished
})

t.test('waitUntil does not delay an error either', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/failing.mjs': 'export default (request, { waitUntil }) => { waitUntil(new Promise((resolve) => probe.once("finish", resolve))); throw new Error("boom") }'
  })
  t.equal((await app.inject('/.netlify/functions/failing')).statusCode, 500)
  probe.emit('finish')
})

t.test('close() waits for the work, also for what it adds meanwhile', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/nested.mjs': `
      export default (request, { waitUntil }) => {
        waitUntil((async () => {
          await new Promise((resolve) => probe.once('finish', resolve))
          waitUntil(new Promise((resolve) => setTimeout(resolve, 50)).then(() => probe.emit('finished')))
        })())
      }`
  })
  await app.inject('/.netlify/functions/nested')
  let finished = false
  probe.once('finished', () => { finished = true })
  const closing = app.close()
  setImmediate(() => probe.emit('finish'))
  await closing
  t.ok(finished)
})

t.test('close() waits no longer than drainTimeout, and says what it left', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/endless.mjs': 'export default (request, { waitUntil }) => { waitUntil(new Promise(() => {})); waitUntil(new Promise(() => {})) }'
  }, { background: { drainTimeout: 50 } }, { logger: log.logger })
  await app.inject('/.netlify/functions/endless')
  await app.close()
  t.match(await log.line(({ promises }) => promises !== undefined), { level: 40, promises: 2 })
})

t.test('a rejection is logged, with the function and the request id', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/rejecting.mjs': 'export default (request, { waitUntil }) => { waitUntil(Promise.reject(new Error("mail not sent"))) }'
  }, {}, { logger: log.logger })
  const { statusCode, headers } = await app.inject('/.netlify/functions/rejecting')
  t.equal(statusCode, 204)
  const line = await log.line(({ err }) => err?.message === 'mail not sent')
  t.match(line, { level: 50, function: 'rejecting', requestId: headers['x-nf-request-id'] })
})

t.test('what is rejected may be hostile to whoever looks at it', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/hostile.mjs': `
      export default (request, { waitUntil }) => {
        waitUntil(Promise.reject(Object.defineProperty(new Error('boom'), 'detail', { enumerable: true, get () { throw new Error('hands off') } })))
        waitUntil(Promise.reject(new Proxy({}, { get () { throw new Error('hands off') }, ownKeys () { throw new Error('hands off') }, getPrototypeOf () { throw new Error('hands off') } })))
        waitUntil(Promise.reject(undefined))
        waitUntil({ then () { throw new Error('bad thenable') } })
      }`
  }, {}, { logger: log.logger })
  t.equal((await app.inject('/.netlify/functions/hostile')).statusCode, 204)
  await app.close()
  t.ok(log.lines.some(({ level }) => level === 50))
})

t.test('waitUntil takes a value that is no promise, and wants one argument', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/value.mjs': `
      export default (request, { waitUntil }) => {
        waitUntil('done already')
        try {
          waitUntil()
        } catch (error) {
          return Response.json([error instanceof TypeError, error.message])
        }
      }`
  })
  t.same((await app.inject('/.netlify/functions/value')).json(), [true, 'waitUntil: At least 1 argument required, but only 0 passed'])
})

t.test('close() waits for it as long as `drainTimeout` says, also for longer than a timer can take', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/long.mjs': 'export default (request, { waitUntil }) => { waitUntil(new Promise((resolve) => setTimeout(resolve, 50))) }'
  }, { background: { drainTimeout: 2 ** 31 } }, { logger: log.logger })
  t.equal((await app.inject('/.netlify/functions/long')).statusCode, 204)
  await app.close()
  t.notOk(log.lines.some(({ promises }) => promises !== undefined), 'nothing is said to be left')
})

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))
