import { EventEmitter, once } from 'node:events'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions, type LogEntry } from '../../lib/index.ts'
import { captureLog, createApp, createSite, listen, writeFiles } from '../helper.ts'

const files = {
  'netlify/functions/prints.mjs': 'export default () => { console.warn("careful"); return new Response("x") }',
  'netlify/functions/throws.mjs': 'export default () => { throw Object.assign(new Error("broken"), { held: { by: "the error" } }) }'
}

for (const isolation of ['inline', 'thread'] as const) {
  t.test(`app.netlifyFunctions.logs has what functions have done and printed, ${isolation}`, async (t) => {
    const app = await createApp(t, files, { isolation }, { logger: captureLog().logger })
    const told: LogEntry[] = []
    const stop = app.netlifyFunctions.logs.subscribe((entry) => { told.push(entry) })
    const { headers } = await app.inject('/.netlify/functions/prints')
    const { 'x-nf-request-id': requestId } = headers
    const entries = app.netlifyFunctions.logs.list()
    t.match(entries, [
      { type: 'invocation', id: 2, record: { function: 'prints', requestId, status: 200, isolation } },
      { type: 'output', id: 1, function: 'prints', requestId, jobId: undefined, level: 'warn', text: 'careful' }
    ])
    t.ok(entries.every(({ time }) => Math.abs(Date.now() - time) < 10_000))
    t.strictSame(told, entries.toReversed())
    stop()
    await app.inject('/.netlify/functions/throws')
    t.equal(told.length, 2)
    const [failed] = app.netlifyFunctions.logs.list({ function: 'throws' })
    if (failed?.type !== 'invocation') throw new Error('no entry')
    t.match(failed.record, { outcome: 'failed', error: { name: 'FastifyError', code: 'FST_NETLIFY_FUNCTION_FAILED', stack: /Function "throws" failed: Error: broken\n/ } })
    t.strictSame(Object.keys(failed.record.error as object), ['name', 'message', 'code', 'stack'])
  })
}

t.test('a name that is no function\'s makes no entry', async (t) => {
  const app = await createApp(t, files)
  await app.inject('/.netlify/functions/absent')
  await t.rejects(app.netlifyFunctions.invoke('absent'))
  t.strictSame(app.netlifyFunctions.logs.list(), [])
})

t.test('a listener that throws is logged, and the others are told', async (t) => {
  const log = captureLog()
  const app = await createApp(t, files, {}, { logger: log.logger })
  const told: string[] = []
  app.netlifyFunctions.logs.subscribe(() => { throw new Error('deaf') })
  const stop = app.netlifyFunctions.logs.subscribe(({ type }) => {
    told.push(type)
    stop()
  })
  t.equal((await app.inject('/.netlify/functions/prints')).statusCode, 200)
  t.strictSame(told, ['output'])
  t.match(await log.line(({ msg }) => msg.includes('listener')), { err: { message: 'deaf' } })
})

t.test('without a history, those who listen are told all the same', async (t) => {
  const app = await createApp(t, files, { logs: false })
  const told: LogEntry[] = []
  const stop = app.netlifyFunctions.logs.subscribe((entry) => { told.push(entry) })
  await app.inject('/.netlify/functions/throws')
  stop()
  await app.inject('/.netlify/functions/throws')
  t.match(told, [{ type: 'invocation', record: { function: 'throws' } }])
  t.equal(told.length, 1)
  t.strictSame(app.netlifyFunctions.logs.list(), [])
})

t.test('functions that a reload removes are forgotten, and those that it adds have entries', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, isolation: 'inline', functions: ['netlify/functions', 'more'], logs: { history: 5 } })
  await app.inject('/.netlify/functions/throws')
  await app.inject('/.netlify/functions/prints')
  await writeFiles(root, { 'more/added.mjs': 'export default () => new Response("x")', 'netlify/functions/throws.mjs': 'export const nothing = 1' })
  await app.netlifyFunctions.reload()
  await app.inject('/.netlify/functions/added')
  t.strictSame([...new Set(app.netlifyFunctions.logs.list().map((entry) => entry.type === 'output' ? entry.function : entry.record.function))], ['added', 'prints'])
})

t.test('what is printed before a thread hangs is not lost', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/hangs.mjs': 'export default () => { console.log("first"); console.log("last"); for (;;); }'
  }, { isolation: 'thread', limits: { timeout: 300 } })
  await listen(app)
  t.equal((await app.inject('/.netlify/functions/hangs')).statusCode, 504)
  t.match(app.netlifyFunctions.logs.list({ type: 'output' }), [{ text: 'last' }, { text: 'first' }])
})

t.test('a thread that prints without end and without a pause is heard as far as the pool listens', async (t) => {
  const log = captureLog()
  const app = await createApp(t, {
    'netlify/functions/endless.mjs': `
      export default () => {
        const line = 'x'.repeat(1000)
        let printed = 0
        for (const end = Date.now() + 400; Date.now() < end; printed++) console.log(line)
        // Until one of them is heard.
        setInterval(() => console.log('%d in all', ++printed), 50)
        return new Response('x')
      }`
  }, { isolation: 'thread', logs: { history: 10 } }, { logger: log.logger })
  await listen(app)
  const events = new EventEmitter()
  let heard = 0
  app.netlifyFunctions.logs.subscribe((entry) => {
    if (entry.type !== 'output') return
    if (!entry.text.includes('more texts were printed')) heard++
    if (entry.text.endsWith('in all')) events.emit('over', Number.parseInt(entry.text), heard)
    // The pool is slow: what it does not hear in time is thrown away.
    for (const end = performance.now() + 0.5; performance.now() < end;);
  })
  const over = once(events, 'over')
  await app.inject('/.netlify/functions/endless')
  const [printed, heardByThen] = await over
  const dropped = log.lines.filter(({ msg }) => /^\d+ more texts were printed, faster than they could be logged$/.test(msg))
  t.ok(dropped.every(({ function: name, level }) => name === 'endless' && level === 40))
  t.equal(dropped.reduce((sum, { msg }) => sum + Number.parseInt(msg), heardByThen), printed, 'each one is heard or counted')
  t.ok(dropped.length > 0 && heardByThen < printed)
  t.ok(app.netlifyFunctions.logs.list({ limit: Infinity }).length <= 30, 'the history is bounded')
})
