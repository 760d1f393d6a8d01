import { execFile } from 'node:child_process'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { captureLog, createApp, createSite, listen } from '../helper.ts'

// tap takes errors that nobody listens to for its own.
const escaped: Error[] = []
process.on('uncaughtException', (error) => escaped.push(error))

const library = join(import.meta.dirname, '../../lib/index.ts')

// The clock of Netlify's guide, as it stands there: its timer knows nothing of a client that leaves.
const clock = `
  export default async () => {
    const encoder = new TextEncoder()
    return new Response(new ReadableStream({
      start (controller) {
        controller.enqueue(encoder.encode('<ol>'))
        let i = 0
        let ticks = 0
        const timer = setInterval(() => {
          if (++ticks > 10) {
            clearInterval(timer)
            process.emit('clock stopped')
          }
          controller.enqueue(encoder.encode('<li>Hello</li>'))
          if (i++ >= 5) {
            clearInterval(timer)
            controller.close()
          }
        }, 5)
      }
    }))
  }`

t.test('a timer that goes on writing after its client has left is logged as the function\'s and harms nothing', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/clock.mts': clock }, {}, { logger: log.logger })
  const origin = await listen(app)

  const stopped = once(process, 'clock stopped')
  const request = http.get(`${origin}/.netlify/functions/clock`)
  const [response] = await once(request, 'response') as [IncomingMessage]
  await once(response, 'data')
  request.destroy()

  const line = await log.line(({ msg }) => msg.includes('outside of its call'))
  t.match(line, { function: 'clock', requestId: response.headers['x-nf-request-id'], level: 50 })
  t.match(line.err?.message, /closed/)
  t.equal(log.lines.filter(({ msg }) => msg.includes('outside of its call')).length, 1, 'once for this call')
  await stopped
  const next = await fetch(`${origin}/.netlify/functions/clock`)
  t.match(await next.text(), '<ol><li>Hello</li>', 'the server serves on')
  t.same(escaped, [], 'nothing reaches the process')
})

t.test('what a function throws outside of its call', async (t) => {
  const faults = {
    'in a timer': 'setTimeout(() => { throw new Error("fault") }, 1)',
    'in setImmediate': 'setImmediate(() => { throw new Error("fault") })',
    'in an event listener': 'process.nextTick(() => { new (require("node:events"))().emit("error", new Error("fault")) })',
    'as a rejection that nobody handles': 'Promise.reject(new Error("fault"))',
    'as an async rejection': '(async () => { await null; throw new Error("fault") })()'
  }
  for (const [name, code] of Object.entries(faults)) {
    t.test(name, async (t) => {
      const log = captureLog()
      const app = await createApp(t, { 'netlify/functions/faulty.cts': `export default async () => { ${code}; return new Response("ok") }` }, {}, { logger: log.logger })
      const response = await app.inject('/.netlify/functions/faulty')
      t.equal(response.body, 'ok')
      const line = await log.line(({ err }) => err?.message === 'fault')
      t.match(line, { function: 'faulty', requestId: response.headers['x-nf-request-id'] })
    })
  }

  t.test('after it was loaded', async (t) => {
    const log = captureLog()
    await createApp(t, { 'netlify/functions/late.mts': 'setTimeout(() => { throw new Error("late fault") }, 1)\nexport default () => new Response()' }, {}, { logger: log.logger })
    t.match(await log.line(({ err }) => err?.message === 'late fault'), { function: 'late' })
  })

  t.test('from a Lambda handler', async (t) => {
    const log = captureLog()
    const app = await createApp(t, { 'netlify/functions/lambda.mts': 'export const handler = async () => { setTimeout(() => { throw new Error("lambda fault") }, 1); return { statusCode: 200 } }' }, {}, { logger: log.logger })
    await app.inject('/.netlify/functions/lambda')
    t.match(await log.line(({ err }) => err?.message === 'lambda fault'), { function: 'lambda' })
  })
})

t.test('an error of the host ends the process as ever', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/hello.mts': 'export default () => new Response("hello")',
    'server.mjs': `
      import Fastify from ${JSON.stringify(import.meta.resolve('fastify'))}
      import { netlifyFunctions } from ${JSON.stringify(library)}
      const app = Fastify()
      await app.register(netlifyFunctions, { root: import.meta.dirname })
      await app.inject('/.netlify/functions/hello')
      setTimeout(() => { throw new Error('the host is broken') }, 1)
      setInterval(() => {}, 1000)`
  })
  const failure = await promisify(execFile)(process.execPath, [join(root, 'server.mjs')]).then(() => undefined, (error: { code: number, stderr: string }) => error)
  t.equal(failure?.code, 1)
  t.match(failure?.stderr, 'the host is broken')
})

t.test('a host\'s own listeners get the host\'s errors and not the functions\', and close() takes all of it back', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/faulty.mts': 'export default () => { setTimeout(() => { throw new Error("of the function") }, 1); return new Response() }',
    'server.mjs': `
      import Fastify from ${JSON.stringify(import.meta.resolve('fastify'))}
      import { netlifyFunctions } from ${JSON.stringify(library)}
      const emit = process.emit
      const seen = []
      process.on('uncaughtException', (error) => {
        seen.push(error.message)
        app.close().then(() => console.log(JSON.stringify({ seen, restored: process.emit === emit })))
      })
      const app = Fastify()
      await app.register(netlifyFunctions, { root: import.meta.dirname })
      await app.inject('/.netlify/functions/faulty')
      setTimeout(() => { throw new Error('of the host') }, 20)`
  })
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'server.mjs')])
  t.same(JSON.parse(stdout), { seen: ['of the host'], restored: true })
})

t.test('an error that cannot be read harms nothing either', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/unreadable.mjs': `
      export default () => {
        const unreadable = new Proxy(new Error(), { get () { throw new Error('unreadable') }, getPrototypeOf () { throw new Error('unreadable') } })
        setTimeout(() => { throw unreadable })
        return new Response('fine')
      }`
  }, {}, { logger: log.logger })
  t.equal((await app.inject('/.netlify/functions/unreadable')).body, 'fine')
  t.match(await log.line(({ msg }) => msg.includes('outside of its call')), { function: 'unreadable', level: 50 })
  t.same(escaped, [])
})
