import { EventEmitter, once } from 'node:events'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createSite, listen } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const endless = `
  export default () => new Response(new ReadableStream({
    start: (controller) => { controller.enqueue('first') },
    cancel: () => { probe.emit('cancelled') }
  }))`

const hooks = {
  'replaces the body': async () => 'something else',
  fails: async () => { throw new Error('hook failed') }
}

for (const [what, hook] of Object.entries(hooks)) {
  t.test(`a stream that nobody reads, as a hook of the host ${what}, is cancelled when the reply has ended`, async (t) => {
    const log = captureLog()
    const root = await createSite(t, { 'netlify/functions/endless.mjs': endless })
    const app = Fastify({ logger: log.logger })
    t.teardown(async () => { await app.close() })
    app.addHook('onSend', hook)
    await app.register(netlifyFunctions, { root, limits: { timeout: 60_000, concurrency: 1 } })
    const url = `${await listen(app)}/.netlify/functions/endless`
    const cancelled = once(probe, 'cancelled')
    await (await fetch(url)).text()
    await cancelled
    t.not((await fetch(url)).status, 503, 'it holds no place')
    t.notOk(log.lines.some(({ msg }) => msg === 'response body broken off'))
  })
}
