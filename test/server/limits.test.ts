import { EventEmitter, once } from 'node:events'
import { mock } from 'node:test'
import t from 'tap'
import type { Limits } from '../../lib/index.ts'
import { defaultLimits } from '../../lib/options/limits.ts'
import { protocols } from '../http/exchange.ts'
import { captureLog, createApp, listen, stopTime } from '../helper.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

/** A limit that a request reaches: what the client gets, and what is logged. */
interface Refusal {
  readonly limit: keyof Limits
  readonly value: number
  readonly file?: string
  readonly source: string
  readonly payload?: string
  readonly status: number
  readonly code: string
  readonly message: string
  /** 50 is an error, 30 is information. */
  readonly level: number
}

const refusals: readonly Refusal[] = [
  {
    limit: 'timeout',
    value: 20,
    source: 'export default () => new Promise(() => {})',
    status: 504,
    code: 'FST_NETLIFY_TIMEOUT',
    message: 'Function "limited": Task timed out after 0.02 seconds',
    level: 50
  },
  {
    limit: 'requestBody',
    value: 10,
    source: 'export default () => new Response("it ran")',
    payload: 'eleven byte',
    status: 413,
    code: 'FST_NETLIFY_REQUEST_BODY_TOO_LARGE',
    message: 'Request body is larger than 10 bytes',
    level: 30
  },
  {
    limit: 'backgroundBody',
    value: 10,
    file: 'limited-background',
    source: 'export default () => {}',
    payload: 'eleven byte',
    status: 413,
    code: 'FST_NETLIFY_REQUEST_BODY_TOO_LARGE',
    message: 'Request body is larger than 10 bytes',
    level: 30
  },
  {
    limit: 'responseBody',
    value: 10,
    source: 'export const handler = async () => ({ statusCode: 200, body: "eleven byte" })',
    status: 500,
    code: 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE',
    message: 'Function "limited" sent a response body larger than 10 bytes',
    level: 50
  },
  {
    limit: 'streamedBody',
    value: 10,
    source: 'export default () => new Response("eleven byte")',
    status: 500,
    code: 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE',
    message: 'Function "limited" sent a response body larger than 10 bytes',
    level: 50
  },
  {
    limit: 'concurrency',
    value: 1,
    source: 'export default async () => { probe.emit("begun"); await new Promise((resolve) => probe.once("end", resolve)) }',
    status: 503,
    code: 'FST_NETLIFY_TOO_MANY_INVOCATIONS',
    message: 'Function "limited" is not run: the limit of invocations at once, 1, is reached',
    level: 50
  }
]

for (const { limit, value, file = 'limited', source, payload, status, code, message, level } of refusals) {
  t.test(`limits.${limit}${file === 'limited' ? '' : ', a background function'}: ${status}`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, { [`netlify/functions/${file}.mjs`]: source }, { limits: { [limit]: value } }, { logger: log.logger })
    if (limit === 'concurrency') {
      const begun = once(probe, 'begun')
      app.inject(`/.netlify/functions/${file}`).then(() => {}, () => {})
      await begun
    }
    const response = await app.inject({ method: 'POST', url: `/.netlify/functions/${file}`, ...(payload !== undefined && { payload }) })
    t.equal(response.statusCode, status)
    t.match(response.json(), { statusCode: status, code, message })
    t.match(await log.line(({ err }) => err !== undefined), { level, msg: message, err: { code } })
    t.same(await app.netlifyFunctions.jobs.list(), [])
    probe.emit('end')
  })
}

for (const { name, serverOptions, request } of protocols) {
  for (const [limit, value, code] of [['timeout', 100, 'FST_NETLIFY_TIMEOUT'], ['streamedBody', 10, 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE']] as const) {
    t.test(`limits.${limit}, after the first byte: the transfer is broken off, over ${name}`, async (t) => {
      const log = captureLog()
      const app = await createApp(t, {
        'netlify/functions/limited.mjs': `export default () => new Response(new ReadableStream({
          async pull (controller) {
            controller.enqueue('six...')
            await new Promise((resolve) => setTimeout(resolve, 10))
          }
        }, { highWaterMark: 0 }))`
      }, { limits: { [limit]: value } }, { ...serverOptions, logger: log.logger })
      const exchange = await request(`${await listen(app)}/.netlify/functions/limited`)
      t.equal(exchange.status, 200)
      t.equal((await exchange.rest()).ending, 'broken')
      t.match(await log.line(({ msg }) => msg === 'response body broken off'), { level: 50, function: 'limited', err: { code } })
    })
  }
}

for (const { limit, value, name, config } of [
  { limit: 'backgroundTimeout', value: 5_000, name: 'limited-background', config: {} },
  { limit: 'scheduledTimeout', value: 5_000, name: 'limited', config: { schedule: '* * * * *' } }
] as const) {
  t.test(`limits.${limit}: the run fails, and is logged and kept as failed`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, {
      [`netlify/functions/${name}.mjs`]: `export default () => { probe.emit('begun'); return new Promise(() => {}) }\nexport const config = ${JSON.stringify(config)}`
    }, { limits: { [limit]: value }, background: { retryDelays: [] } }, { logger: log.logger })
    stopTime(t)
    await listen(app)
    const begun = once(probe, 'begun')
    const failed = new Promise<void>((resolve) => { app.netlifyFunctions.on('job', ({ type }) => { if (type === 'failed') resolve() }) })
    if (limit === 'backgroundTimeout') t.equal((await app.inject({ method: 'POST', url: `/.netlify/functions/${name}` })).statusCode, 202)
    else mock.timers.tick(60_000)
    await begun
    mock.timers.tick(value)
    await failed
    t.match(await log.line(({ level }) => level >= 40), { level: 50, function: name, err: { code: 'FST_NETLIFY_TIMEOUT', message: /timed out after 5\.00 seconds/ } })
    t.match(await app.netlifyFunctions.jobs.list(), [{ function: name, state: 'failed', error: /FST_NETLIFY_TIMEOUT/ }])
  })
}

t.test('the defaults are Netlify\'s', async (t) => {
  t.strictSame(defaultLimits, {
    timeout: 10_000,
    backgroundTimeout: 900_000,
    scheduledTimeout: 30_000,
    requestBody: 6 * 1024 * 1024,
    responseBody: 6 * 1024 * 1024,
    streamedBody: 20 * 1024 * 1024,
    backgroundBody: 256 * 1024,
    concurrency: { total: Infinity, perFunction: Infinity }
  })
})
