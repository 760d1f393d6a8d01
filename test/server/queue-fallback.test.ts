import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { captureLog, createApp, createSite, listen } from '../helper.ts'

const nightly = { 'netlify/functions/nightly.mjs': 'export default () => {}\nexport const config = { schedule: "@daily" }' }
const send = { 'netlify/functions/send-background.mjs': 'export default () => {}' }
/** A directory in the place of the file: it can never be opened, not even by root. */
const blocked = { '.netlify/background.sqlite/not-a-file': '' }

t.test('a site with nothing but schedules starts where no file can be written, and says what that means', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { ...nightly, ...blocked }, {}, { logger: log.logger })
  await app.ready()
  const line = await log.line(({ msg }) => /scheduled runs wait in memory/.test(msg))
  t.match(line, { level: 40, msg: /each of them runs every schedule.*is lost/, err: { code: 'FST_NETLIFY_QUEUE_BROKEN' } })
  t.match(await app.netlifyFunctions.jobs.stats(), { waiting: 0 })
  t.equal((await app.netlifyFunctions.invoke('nightly')).status, 204)
})

t.test('one with a background function does not, nor one whose own queue is broken', async (t) => {
  for (const [files, isOwn] of [[{ ...nightly, ...send, ...blocked }, false], [{ ...nightly, ...blocked }, true]] as const) {
    const root = await createSite(t, files)
    const app = Fastify()
    t.teardown(() => app.close())
    const queue = isOwn ? { queue: sqliteQueue({ file: `${root}/.netlify/background.sqlite` }) } : {}
    await t.rejects(async () => await app.register(netlifyFunctions, { root, ...queue }), { code: 'FST_NETLIFY_QUEUE_BROKEN' })
  }
})

t.test('sites may share a driver: the last one that closes closes it', async (t) => {
  let closed = 0
  const memory = memoryQueue()
  const queue = { ...memory, close: async () => { closed++; await memory.close() } }
  const logs = [captureLog(), captureLog()]
  const [first, second] = await Promise.all(logs.map(({ logger }) => createApp(t, send, { queue }, { logger })))
  first!.netlifyFunctions.jobs.pause()
  second!.netlifyFunctions.jobs.pause()
  await listen(first!)
  await listen(second!)
  await first!.netlifyFunctions.invoke('send-background')
  await first!.close()
  t.equal(closed, 0)
  t.notOk(logs[0]!.lines.some(({ msg }) => /did not run/.test(msg)), 'nothing is lost yet')

  const ran = new Promise<void>((resolve) => second!.netlifyFunctions.on('job', ({ type }) => { if (type === 'succeeded') resolve() }))
  second!.netlifyFunctions.jobs.resume()
  await ran
  t.equal((await second!.netlifyFunctions.invoke('send-background')).status, 202)
  await second!.close()
  t.equal(closed, 1)
})
