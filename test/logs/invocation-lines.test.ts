import { once } from 'node:events'
import { get } from 'node:http'
import t from 'tap'
import type { NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createObservers } from '../../lib/invoke/observers.ts'
import { createInvocationLines } from '../../lib/logs/invocation-lines.ts'
import { createSiteLogs } from '../../lib/logs/site-logs.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { captureLog, createApp, listen, type LogLine } from '../helper.ts'

const files = {
  'netlify/functions/echo.mjs': 'export default async (request) => new Response(await request.text(), { status: 201 })',
  'netlify/functions/throws.mjs': 'export default () => { throw new Error("broken") }',
  'netlify/functions/breaks.mjs': `
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        if (!this.begun) return controller.enqueue((this.begun = 'first'))
        await new Promise((resolve) => setTimeout(resolve, 20))
        controller.error(new Error('broken'))
      }
    }, { highWaterMark: 0 }))`,
  'netlify/functions/endless.mjs': 'export default () => new Response(new ReadableStream({ start: (controller) => controller.enqueue("first") }))',
  'netlify/functions/job-background.mjs': 'export default () => {}'
}

const isLineOf = (name: string) => (line: LogLine): boolean => line.function === name && line.outcome !== undefined

for (const isolation of ['inline', 'thread'] as const) {
  t.test(`each invocation has a line when it is over, ${isolation}`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, files, { isolation, deploy: { id: 'd1' }, queue: memoryQueue() }, { logger: log.logger })
    const origin = await listen(app)

    const { headers } = await fetch(`${origin}/.netlify/functions/echo?secret=1`, { method: 'POST', body: 'pie', headers: { authorization: 'secret' } })
    const { level, time, pid, hostname, duration, ...line } = await log.line(isLineOf('echo'))
    t.strictSame(line, {
      reqId: 'req-1', function: 'echo', trigger: 'http', requestId: headers.get('x-nf-request-id'), outcome: 'succeeded', status: 201, bytesIn: 3, bytesOut: 3, isolation, deployId: 'd1', method: 'POST', path: '/.netlify/functions/echo', msg: 'function "echo" succeeded'
    }, 'all of it, and nothing of the query or of headers')
    t.equal(level, 30)
    t.equal(duration, Math.round(Number(duration) * 1000) / 1000)

    await fetch(`${origin}/.netlify/functions/throws`)
    t.match(await log.line(isLineOf('throws')), { outcome: 'failed', status: 500, code: 'FST_NETLIFY_FUNCTION_FAILED', level: 30, err: undefined })
    await t.rejects((await fetch(`${origin}/.netlify/functions/breaks`)).text())
    t.match(await log.line(isLineOf('breaks')), { outcome: 'failed', status: 200, bytesOut: 5 }, 'a broken stream')
    const request = get(`${origin}/.netlify/functions/endless`)
    const [response] = await once(request, 'response')
    await once(response, 'data')
    request.destroy()
    t.match(await log.line(isLineOf('endless')), { outcome: 'cancelled', status: 200, bytesOut: 5 }, 'a client that leaves')

    await fetch(`${origin}/.netlify/functions/job-background`, { method: 'POST' })
    const [job] = await app.netlifyFunctions.jobs.list()
    const jobLine = await log.line(isLineOf('job-background'))
    t.match(jobLine, { trigger: 'background', jobId: job?.id, attempt: 1, requestId: job?.requestId, outcome: 'succeeded', status: undefined })
    t.notOk('status' in jobLine)
    t.equal(log.lines.filter(({ outcome }) => outcome !== undefined).length, 5)
  })
}

t.test('chosen headers are in the line, secret ones only by name', async (t) => {
  const log = captureLog()
  const app = await createApp(t, files, {
    logs: { headers: ['User-Agent', 'authorization', 'x-token', 'x-sealed', 'x-absent'], redact: ['X-Token'] }, background: { secretHeaders: ['X-Sealed'] }
  }, { logger: log.logger })
  await app.inject({ url: '/.netlify/functions/echo', headers: { 'user-agent': 'me', authorization: 'Bearer 1', 'x-token': '1', 'x-sealed': '1', 'x-other': '1' } })
  const { headers } = await log.line(isLineOf('echo'))
  t.strictSame(headers, { 'user-agent': 'me', authorization: '[redacted]', 'x-token': '[redacted]', 'x-sealed': '[redacted]' })
})

for (const [title, logs] of [['logs: false', false], ['invocations: false', { invocations: false }]] as Array<[string, NetlifyFunctionsOptions['logs'] & {}]>) {
  t.test(`with ${title} there are none`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, files, { logs }, { logger: log.logger })
    await app.inject('/.netlify/functions/echo')
    t.notOk(log.lines.some(isLineOf('echo')))
    t.equal(app.netlifyFunctions.logs.list().length, logs === false ? 0 : 1)
  })
}

t.test('a level of the host\'s that leaves them out is asked for at each call', async (t) => {
  const log = captureLog('warn')
  const app = await createApp(t, files, {}, { logger: log.logger })
  await app.inject('/.netlify/functions/echo')
  t.strictSame(log.lines, [])
  app.log.level = 'info'
  await app.inject('/.netlify/functions/echo')
  await log.line(isLineOf('echo'))
  t.equal(log.lines.filter(isLineOf('echo')).length, 1)
})

t.test('nothing is made of a line that the logger does not want', async (t) => {
  const lines = createInvocationLines({ headers: [], redact: [] })
  const log = { isLevelEnabled: () => false, info: () => { throw new Error('not wanted') } }
  lines.ended(null as never, null as never, { log } as never)
  t.pass('it looks at nothing else')
})

t.test('nobody observes for a host that logs nothing and keeps nothing', async (t) => {
  for (const serverOptions of [{}, { logger: { level: 'silent' } }]) {
    const { log } = await createApp(t, {}, {}, serverOptions)
    const observers = createObservers(log)
    const settings = { invocations: true, history: 0, headers: [], redact: [], file: undefined }
    const logs = await createSiteLogs({ settings, observers, log })
    t.equal(observers.any, false)
    const unsubscribe = logs.subscribe(() => {})
    t.equal(observers.any, true, 'as long as somebody listens')
    unsubscribe()
    t.equal(observers.any, false)
    await createSiteLogs({ settings: { ...settings, history: 1 }, observers, log })
    t.equal(observers.any, true)
  }
})
