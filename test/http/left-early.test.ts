import { EventEmitter, once } from 'node:events'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, createSite, listen } from '../helper.ts'
import { http2c } from './exchange.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })
t.beforeEach(() => { probe.removeAllListeners() })

const reading = `
  export default async (request) => {
    probe.emit('run')
    return new Response(await request.text())
  }`

/** A host with a hook that holds each POST until its client has gone. */
async function createHost (t: Parameters<typeof createSite>[0], options: NetlifyFunctionsOptions, serverOptions: FastifyServerOptions): Promise<{ app: FastifyInstance, held: Promise<void> }> {
  const { promise: held, resolve } = Promise.withResolvers<void>()
  const root = await createSite(t, {
    'netlify/functions/reading.mjs': reading,
    'netlify/functions/reading-background.mjs': reading
  })
  const app = Fastify(serverOptions)
  t.teardown(async () => { await app.close() })
  app.addHook('preHandler', async ({ method }, { raw }) => {
    if (method !== 'POST') return
    const closed = once(raw, 'close')
    resolve()
    await closed
  })
  await app.register(netlifyFunctions, { root, ...options })
  return { app, held }
}

for (const name of ['reading', 'reading-background']) {
  t.test(`a client that leaves while a hook of the host waits holds no place, and its half body reaches nobody (${name})`, async (t) => {
    const log = captureLog()
    const { app, held } = await createHost(t, { limits: { concurrency: 1 } }, { logger: log.logger })
    const origin = await listen(app)
    probe.once('run', () => t.fail('it ran'))
    const request = http.request(`${origin}/.netlify/functions/${name}`, { method: 'POST', headers: { 'content-length': 10 } })
    request.on('error', () => {}).write('half')
    await held
    request.destroy()
    await log.line(({ err }) => err?.code === 'FST_NETLIFY_CLIENT_LEFT')
    probe.removeAllListeners()
    t.equal((await fetch(`${origin}/.netlify/functions/reading`)).status, 200)
    t.same(await app.netlifyFunctions.jobs.list(), [])
  })
}

for (const requestBody of [1_000, Infinity]) {
  t.test(`over HTTP/2, the half body of a client that has left reaches no function either (limit ${requestBody})`, async (t) => {
    const log = captureLog()
    const { app, held } = await createHost(t, { limits: { requestBody } }, { ...http2c.serverOptions, logger: log.logger })
    const session = http2.connect(await listen(app))
    t.teardown(() => { session.destroy() })
    probe.once('run', () => t.fail('it ran'))
    const stream = session.request({ ':method': 'POST', ':path': '/.netlify/functions/reading' })
    stream.on('error', () => {}).write('half')
    await held
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await log.line(({ err }) => err?.code === 'FST_NETLIFY_CLIENT_LEFT')
  })
}
