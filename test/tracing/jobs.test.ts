import { join } from 'node:path'
import t from 'tap'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createApp, createSite } from '../helper.ts'
import { collectSpans, shown } from './spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CLIENT = 'b7ad6b7169203331'
const files = { 'netlify/functions/work.mjs': 'export default async () => { throw new Error("no") }\nexport const config = { background: true }' }

const queues = {
  memory: async () => memoryQueue(),
  SQLite: async (t: Parameters<typeof createSite>[0]) => sqliteQueue({ file: join(await createSite(t, {}), 'jobs.sqlite') })
}

for (const [title, queue] of Object.entries(queues)) {
  t.test(`each attempt of a job is a child of who has sent it, across the queue: ${title}`, async (t) => {
    const { named } = collectSpans(t)
    const app = await createApp(t, files, { queue: await queue(t), background: { retryDelays: [0] } })
    await app.ready()
    const failed = new Promise<void>((resolve) => app.netlifyFunctions.on('job', ({ type }) => { if (type === 'failed') resolve() }))
    const reply = await app.inject({ method: 'POST', url: '/.netlify/functions/work', headers: { traceparent: `00-${TRACE}-${CLIENT}-01`, tracestate: 'a=1' } })
    t.equal(reply.statusCode, 202)
    await failed

    const [sent] = named('send work')
    t.same(shown(sent!), { kind: 'PRODUCER', parent: CLIENT })
    t.match(sent!.attributes, { 'messaging.operation.type': 'send', 'messaging.destination.name': 'work' })
    const attempts = named('work')
    t.same(attempts.map(shown), Array(2).fill({ kind: 'CONSUMER', parent: sent!.spanContext().spanId }))
    t.same(attempts.map((span) => span.spanContext().traceId), [TRACE, TRACE])
    t.same(attempts.map(({ attributes }) => attributes['netlify.job.attempt']), [1, 2])
    const [job] = await app.netlifyFunctions.jobs.list()
    t.match(attempts[0]!.attributes, { 'messaging.message.id': job!.id, 'messaging.operation.type': 'process', 'faas.trigger': 'pubsub', 'error.type': 'FST_NETLIFY_FUNCTION_FAILED' })
    t.equal(job!.request.headers.traceparent, `00-${TRACE}-${sent!.spanContext().spanId}-01`)
    t.equal(job!.request.headers.tracestate, 'a=1')
  })
}
