import t from 'tap'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { captureLog, createApp, listen, type LogLine } from '../helper.ts'

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 }

const files = {
  'netlify/functions/prints.mjs': `
    console.info('while it is loaded')
    export default (request, context) => {
      console.debug('debug')
      console.log('%s and %d', 'log', 1, { more: [1] })
      console.info('50%')
      console.warn('two', 'words')
      console.error('two\\nlines')
      context.log('of', 'context', { a: 1 })
      return new Response('x')
    }`,
  'netlify/functions/late.mjs': `
    export default () => {
      setTimeout(() => console.log('late'), 20)
      return new Response('x')
    }`,
  'netlify/functions/streams.mjs': `
    export default () => new Response(new ReadableStream({
      async pull (controller) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        console.log('in the stream')
        controller.close()
      }
    }, { highWaterMark: 0 }))`,
  'netlify/functions/lambda.cjs': 'exports.handler = async () => { console.log("of Lambda"); return { statusCode: 200 } }',
  'netlify/functions/job-background.mjs': 'export default async (request) => { console.log("attempt"); if (await request.text() === "fail") throw new Error("no") }',
  'netlify/functions/late-background.mjs': 'export default () => { setTimeout(() => console.log("late job"), 20) }',
  'netlify/functions/nightly.mjs': 'export default () => { console.log("by night") }\nexport const config = { schedule: "@daily" }',
  'netlify/functions/deploy-succeeded.mjs': 'export default () => { console.log("deployed") }'
}

for (const isolation of ['inline', 'thread'] as const) {
  t.test(`what a function prints is a line of its call, with its level, ${isolation}`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, files, { isolation, queue: memoryQueue() }, { logger: log.logger })
    await listen(app)
    const { headers } = await app.inject('/.netlify/functions/prints?secret=1')
    await log.line(({ outcome }) => outcome === 'succeeded')

    const lines = log.lines.filter((line) => line.function === 'prints' && line.outcome === undefined)
    t.strictSame(lines.map(({ level, msg }) => [level, msg]), [
      [LEVELS.info, 'while it is loaded'],
      [LEVELS.debug, 'debug'],
      [LEVELS.info, 'log and 1 { more: [ 1 ] }'],
      [LEVELS.info, '50%'],
      [LEVELS.warn, 'two words'],
      [LEVELS.error, 'two\nlines'],
      [LEVELS.info, 'of context { a: 1 }']
    ])
    const [loading, ...called] = lines
    t.strictSame(fields(loading), { function: 'prints' })
    for (const line of called) t.strictSame(fields(line), { reqId: 'req-1', function: 'prints', requestId: headers['x-nf-request-id'] }, line.msg)

    await app.inject('/.netlify/functions/streams')
    t.match(await log.line(({ msg }) => msg === 'in the stream'), { function: 'streams', requestId: /^[0-9A-Z]{26}$/ })
    await app.inject('/.netlify/functions/lambda')
    t.match(await log.line(({ msg }) => msg === 'of Lambda'), { function: 'lambda', requestId: /^[0-9A-Z]{26}$/ })
    const late = await app.inject('/.netlify/functions/late')
    t.match(await log.line(({ msg }) => msg === 'late'), { function: 'late', requestId: late.headers['x-nf-request-id'] }, 'after the reply')
  })

  t.test(`what jobs, schedules, events and invoke() print is known by function, request, job and attempt, ${isolation}`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, files, { isolation, queue: memoryQueue(), background: { retryDelays: [0] } }, { logger: log.logger })
    await listen(app)
    const { headers } = await app.inject({ method: 'POST', url: '/.netlify/functions/job-background', body: 'fail' })
    await log.line(({ msg, attempt }) => msg === 'attempt' && attempt === 2)
    const [job] = await app.netlifyFunctions.jobs.list()
    const requestId = headers['x-nf-request-id']
    t.strictSame(log.lines.filter(({ msg }) => msg === 'attempt').map(fields), [1, 2].map((attempt) => ({ function: 'job-background', requestId, jobId: job?.id, attempt })))

    await app.netlifyFunctions.invoke('late-background')
    const late = await log.line(({ msg }) => msg === 'late job')
    const lateJob = (await app.netlifyFunctions.jobs.list()).find((job) => job.function === 'late-background')
    t.strictSame(fields(late), { function: 'late-background', requestId: lateJob?.requestId, jobId: lateJob?.id, attempt: 1 }, 'also when the job is over')

    await app.netlifyFunctions.invoke('nightly')
    t.match(fields(await log.line(({ msg }) => msg === 'by night')), { function: 'nightly', requestId: /^[0-9A-Z]{26}$/, jobId: undefined })
    await app.netlifyFunctions.emit('deploySucceeded', { payload: { id: 'd1', state: 'ready', created_at: '2026-01-01' }, site: { id: 's1', name: 'bakery' } })
    t.match(fields(await log.line(({ msg }) => msg === 'deployed')), { function: 'deploy-succeeded', requestId: /^[0-9A-Z]{26}$/ })
    await app.netlifyFunctions.invoke('prints')
    t.match(fields(await log.line(({ msg }) => msg === 'debug')), { function: 'prints', requestId: /^[0-9A-Z]{26}$/ })
    t.strictSame(app.netlifyFunctions.logs.list({ jobId: job?.id }).map(({ type }) => type), ['invocation', 'output', 'invocation', 'output'], 'the history knows the job')
  })

  t.test(`concurrent calls have lines and groups of their own, ${isolation}`, async (t) => {
    const log = captureLog()
    const app = await createApp(t, {
      'netlify/functions/groups.mjs': `
        export default async (request) => {
          const name = new URL(request.url).searchParams.get('name')
          console.group(name)
          await new Promise((resolve) => setTimeout(resolve, 20))
          console.log('inside %s', name)
          console.groupEnd()
          console.log('outside %s', name)
          return new Response('x')
        }`
    }, { isolation }, { logger: log.logger })
    const names = ['a', 'b', 'c']
    const replies = await Promise.all(names.map(async (name) => await app.inject(`/.netlify/functions/groups?name=${name}`)))
    for (const [index, name] of names.entries()) {
      const requestId = replies[index]?.headers['x-nf-request-id']
      t.strictSame(log.lines.filter((line) => line.function === 'groups' && line.requestId === requestId && line.outcome === undefined).map(({ msg }) => msg), [name, `  inside ${name}`, `outside ${name}`])
    }
  })
}

t.test('the option `logs: false` leaves functions with the console of the process', async (t) => {
  const app = await createApp(t, { 'netlify/functions/same.mjs': 'export default () => Response.json(console === globalThis.console && console.log === globalThis["con" + "sole"].log)' }, { logs: false })
  t.equal((await app.inject('/.netlify/functions/same')).body, 'true')
})

/** What a line says besides its text. */
function fields (line: LogLine | undefined): object {
  const { level, time, pid, hostname, msg, ...fields } = line ?? { level: 0, msg: '' }
  return fields
}
