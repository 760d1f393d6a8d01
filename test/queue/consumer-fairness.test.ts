import { setImmediate as everythingDone, setTimeout } from 'node:timers/promises'
import t from 'tap'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { job, setUp } from './consumer-bench.ts'

t.test('the backlog of one function does not keep the others waiting', async (t) => {
  const { driver, consumer, events } = setUp(t, {
    concurrency: 5,
    shared: true,
    run: async (job) => { if (job.function === 'flood') await new Promise(() => {}) }
  })
  for (let index = 0; index < 20; index++) await driver.enqueue(job(`flood-${index}`, 'flood'))
  consumer.start()
  await events.until('started flood-3 1')
  for (const name of ['mail', 'report']) await driver.enqueue(job(name, name))
  await events.until('succeeded mail 1')
  await events.until('succeeded report 1')
  t.equal(consumer.running, 4, 'the flood has four places of five')
})

t.test('a flood of short jobs starves nobody, where a driver has to search for the jobs of others', async (t) => {
  const memory = memoryQueue()
  let [flood, searches] = [0, 0]
  const { driver, consumer, events } = setUp(t, {
    concurrency: 5,
    shared: true,
    driver: {
      ...memory,
      async claim (options) {
        if (options.except !== undefined && options.except.length > 0) {
          searches++
          await setTimeout(10)
          if (options.signal.aborted) return []
        }
        return await memory.claim(options)
      }
    },
    run: async ({ function: name }) => {
      await setTimeout(1)
      if (name === 'flood') await memory.enqueue(job(`again-${flood++}`, 'flood'))
    }
  })
  for (let index = 0; index < 50; index++) await driver.enqueue(job(`flood-${index}`, 'flood'))
  consumer.start()
  await events.until('started again-100 1')
  await driver.enqueue(job('mail', 'mail'))
  await events.until('succeeded mail 1')
  t.ok(searches * 10 < flood, `${searches} searches while ${flood} jobs ran`)
})

t.test('no function has more jobs running than it may have, and none of its jobs is forgotten', async (t) => {
  const gates = new Map<string, () => void>()
  const { driver, consumer, events } = setUp(t, {
    concurrency: 4,
    perFunction: 2,
    run: ({ id }) => new Promise((resolve) => gates.set(id, resolve))
  })
  for (const id of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) await driver.enqueue(job(id, id[0]))
  consumer.start()
  await events.until('started b2 1')
  await everythingDone()
  t.same(events.lines, ['a1', 'a2', 'b1', 'b2'].map((id) => `started ${id} 1`))
  for (const [ends, begins] of [['b1', 'b3'], ['a2', 'a3']] as const) {
    gates.get(ends)!()
    await events.until(`started ${begins} 1`)
  }
  for (const id of ['a1', 'b2', 'a3', 'b3']) gates.get(id)!()
  for (const id of ['a1', 'b2', 'a3', 'b3']) await events.until(`succeeded ${id} 1`)
})

t.test('a paused function waits while the others run, until it is resumed', async (t) => {
  const { driver, consumer, events } = setUp(t, { concurrency: 3 })
  consumer.start()
  consumer.pause('mail')
  t.same(consumer.paused, { all: false, functions: ['mail'] })
  await driver.enqueue(job('mail', 'mail'))
  await driver.enqueue(job('report', 'report'))
  await events.until('succeeded report 1')
  t.notOk(events.lines.includes('started mail 1'))
  consumer.resume('mail')
  await events.until('succeeded mail 1')
  t.same(consumer.paused, { all: false, functions: [] })
})

t.test('a consumer that is paused as a whole takes nothing, and resuming it takes every pause back', async (t) => {
  const { driver, consumer, events } = setUp(t, { concurrency: 3 })
  consumer.start()
  consumer.pause()
  consumer.pause('mail')
  t.same(consumer.paused, { all: true, functions: ['mail'] })
  for (const name of ['mail', 'report']) await driver.enqueue(job(name, name))
  consumer.resume('mail')
  await everythingDone()
  t.same(events.lines, [])
  consumer.pause('mail')
  consumer.resume()
  await events.until('succeeded mail 1')
  await events.until('succeeded report 1')
})

t.test('a job that is claimed while its function is paused goes back', async (t) => {
  const memory = memoryQueue()
  const claimed = Promise.withResolvers<void>()
  const late = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const { driver, consumer, events } = setUp(t, {
    driver: {
      ...memory,
      async claim (options) {
        const claims = await memory.claim(options)
        claimed.resolve()
        await late.promise
        return claims
      },
      async settle (claim, settlement) {
        if (settlement.outcome === 'released') released.resolve()
        return await memory.settle(claim, settlement)
      }
    }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await claimed.promise
  consumer.pause('job')
  late.resolve()
  await released.promise
  await everythingDone()
  t.match(await driver.list(), [{ state: 'waiting', attempt: 0 }])
  consumer.resume('job')
  await events.until('succeeded one 1')
})

t.test('a job does not wait for what becomes of another one of the same claim', async (t) => {
  const memory = memoryQueue()
  const { driver, consumer, events } = setUp(t, {
    concurrency: 2,
    knows: (name) => name === 'job',
    driver: { ...memory, settle: async (claim, settlement) => claim.job.id === 'gone' ? await new Promise<never>(() => {}) : await memory.settle(claim, settlement) }
  })
  await driver.enqueue(job('gone', 'gone'))
  await driver.enqueue(job('known'))
  consumer.start()
  await events.until('succeeded known 1')
})

t.test('a job of an unknown function is left to others for a while, then kept as failed', async (t) => {
  const { driver, consumer, events, logs } = setUp(t, { concurrency: 3, leaseDuration: 100, knows: (name) => name === 'job' })
  for (const id of ['gone-1', 'gone-2']) await driver.enqueue(job(id, 'gone'))
  consumer.start()
  await driver.enqueue(job('known'))
  await events.until('succeeded known 1')
  t.equal((await driver.stats()).waiting, 2)
  const [other] = await driver.claim({ limit: 1, leaseDuration: 30_000, signal: AbortSignal.timeout(5_000) })
  t.equal(other?.job.attempt, 1, 'another process may take it, with all its attempts')
  await driver.settle(other!, { outcome: 'released' })
  await events.until('failed gone-1 1')
  await events.until('failed gone-2 1')
  t.match(await driver.list({ function: 'gone' }), [{ state: 'failed', error: /there is no function "gone" any more/ }, { state: 'failed' }])
  t.match(logs, [{ level: 'error', details: { job: 'gone-1', err: { code: 'FST_NETLIFY_JOB_NOT_RUN' } } }, { details: { job: 'gone-2' } }])
})

t.test('a job of an unknown function is not given up while another process runs such jobs', async (t) => {
  const memory = memoryQueue()
  let releases = 0
  const third = Promise.withResolvers<void>()
  const { driver, consumer, events } = setUp(t, {
    concurrency: 3,
    leaseDuration: 100,
    knows: () => false,
    driver: {
      ...memory,
      async settle (claim, settlement) {
        if (settlement.outcome === 'released' && ++releases === 3) third.resolve()
        return await memory.settle(claim, settlement)
      }
    }
  })
  await memory.enqueue(job('running', 'theirs'))
  const [theirs] = await memory.claim({ limit: 1, leaseDuration: 30_000, signal: AbortSignal.timeout(5_000) })
  await memory.enqueue(job('waiting', 'theirs'))
  consumer.start()
  await third.promise
  t.same(events.lines, [])
  await memory.settle(theirs!, { outcome: 'succeeded' })
  await events.until('failed waiting 1')
  t.equal((await driver.stats()).failed, 1)
})
