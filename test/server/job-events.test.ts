import Fastify from 'fastify'
import t from 'tap'
import type { JobEvent } from '../../lib/queue/attempt.ts'
import type { Job, NewJob } from '../../lib/queue/driver.ts'
import { createJobEvents, type JobEvents } from '../../lib/server/job-events.ts'
import { captureLog } from '../helper.ts'

const call: NewJob = {
  id: 'one', function: 'mail', deployId: '', requestId: '', ip: '', params: {}, route: undefined, request: { method: 'GET', url: 'http://localhost/', headers: {}, body: null }
}
const running: Job = { sealedHeaders: undefined, ...call, state: 'running', attempt: 1, enqueuedAt: 0, runAt: 0, finishedAt: undefined, error: undefined }

function listen (): { events: JobEvents, told: string[], log: ReturnType<typeof captureLog> } {
  const log = captureLog()
  const told: string[] = []
  const onEvent = ({ type, job }: JobEvent): void => {
    told.push(`${type} ${job.id}`)
    if (job.function === 'trap') throw new Error('a bad listener')
  }
  return { events: createJobEvents(onEvent, Fastify({ logger: log.logger }).log), told, log }
}

t.test('a job that starts before its caller knows that it is stored is told of afterwards', async (t) => {
  const { events, told } = listen()
  const id = await events.enqueued(call, async () => {
    events.emit({ type: 'started', job: running })
    events.emit({ type: 'started', job: { ...running, id: 'other' } })
    return 'one'
  })
  t.equal(id, 'one')
  events.emit({ type: 'succeeded', job: running })
  t.same(told, ['started other', 'queued one', 'started one', 'succeeded one'])
})

t.test('a call that is not stored, or that another one stands for, is not told of', async (t) => {
  const { events, told } = listen()
  await t.rejects(events.enqueued(call, async () => { throw new Error('no disk') }), { message: 'no disk' })
  t.equal(await events.enqueued(call, async () => 'earlier'), 'earlier')
  t.same(told, [])
})

t.test('a listener that throws is logged, and harms no call', async (t) => {
  const { events, told, log } = listen()
  t.equal(await events.enqueued({ ...call, function: 'trap' }, async () => 'one'), 'one')
  t.same(told, ['queued one'])
  t.match(await log.line(({ level }) => level === 50), { msg: 'listener of the job event "queued" threw', job: 'one', err: { message: 'a bad listener' } })
})
