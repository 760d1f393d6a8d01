import { once } from 'node:events'
import t from 'tap'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { job, setUp } from './consumer-bench.ts'

t.test('the lease of a long job is extended until it ends', async (t) => {
  const memory = memoryQueue()
  const longEnough = Promise.withResolvers<void>()
  let extensions = 0
  const { driver, consumer, events } = setUp(t, {
    concurrency: 2,
    leaseDuration: 90,
    driver: {
      ...memory,
      async extend (claim, leaseDuration) {
        if (++extensions === 6) longEnough.resolve()
        return await memory.extend(claim, leaseDuration)
      }
    },
    run: ({ id }) => id === 'long' ? longEnough.promise : Promise.resolve()
  })
  await driver.enqueue(job('long'))
  consumer.start()
  await events.until('succeeded long 1')
  t.same(events.lines, ['started long 1', 'succeeded long 1'])
  await driver.enqueue({ ...job('later'), runAt: Date.now() + 90 })
  await events.until('succeeded later 1')
  t.equal(extensions, 6, 'a job that ended is not extended')
})

t.test('a lost lease aborts the job, and how it ends does not count', async (t) => {
  const memory = memoryQueue()
  const settlements: string[] = []
  const ended = Promise.withResolvers<void>()
  const { driver, consumer, events, logs } = setUp(t, {
    leaseDuration: 30,
    retryDelays: [1],
    driver: {
      ...memory,
      extend: async () => false,
      async settle (claim, settlement) {
        settlements.push(`${claim.job.id} ${settlement.outcome}`)
        return await memory.settle(claim, settlement)
      }
    },
    run: async ({ attempt }, signal) => {
      if (attempt > 1) return
      await once(signal, 'abort')
      ended.resolve()
    }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await ended.promise
  await events.until('succeeded one 2')
  t.same(settlements, ['one succeeded'])
  t.match(logs, [{ level: 'warn', message: /lost its lease/, details: { job: 'one', attempt: 1 } }])
})

t.test('a settlement that comes too late is no event', async (t) => {
  const memory = memoryQueue()
  const { driver, consumer, events, logs } = setUp(t, {
    driver: { ...memory, settle: async (claim, settlement) => claim.job.id === 'late' ? false : await memory.settle(claim, settlement) }
  })
  await driver.enqueue(job('late'))
  await driver.enqueue(job('next'))
  consumer.start()
  await events.until('succeeded next 1')
  t.same(events.lines, ['started late 1', 'started next 1', 'succeeded next 1'])
  t.match(logs, [{ level: 'warn', message: /lost its lease/, details: { job: 'late' } }])
})

t.test('an outage of the driver is logged once and survived', async (t) => {
  const memory = memoryQueue()
  const pauses: number[] = []
  let failedAt = 0
  const { driver, consumer, events, logs } = setUp(t, {
    driver: {
      ...memory,
      async claim (options) {
        if (failedAt > 0) pauses.push(performance.now() - failedAt)
        failedAt = performance.now()
        if (pauses.length < 3) throw new Error('no disk')
        failedAt = 0
        return await memory.claim(options)
      }
    }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('succeeded one 1')
  const [first = 0, second = 0, third = 0] = pauses
  t.ok(first >= 95 && second >= 195 && third >= 395, `growing pauses: ${pauses.join(', ')}`)
  t.match(logs, [
    { level: 'error', message: /unreachable/, details: { err: { message: 'no disk' } } },
    { level: 'info', message: /reachable again/ }
  ])
  t.equal(logs.length, 2)
})

t.test('a job that ends during an outage is settled after it, and runs once', async (t) => {
  const memory = memoryQueue()
  let refusals = 0
  const { driver, consumer, events } = setUp(t, {
    driver: {
      ...memory,
      async settle (claim, settlement) {
        if (refusals++ < 1) throw new Error('no disk')
        return await memory.settle(claim, settlement)
      }
    }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('succeeded one 1')
  t.equal(events.lines.length, 2)
})

t.test('an ending that cannot be stored frees its slot, and the job runs again', async (t) => {
  const memory = memoryQueue()
  const { driver, consumer, events, logs } = setUp(t, {
    leaseDuration: 60,
    retryDelays: [1],
    driver: {
      ...memory,
      async settle (claim, settlement) {
        if (claim.job.attempt === 1) throw new Error('cannot be stored')
        return await memory.settle(claim, settlement)
      }
    }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('succeeded one 2')
  t.ok(logs.some(({ level, message, details }) => level === 'error' && /did not store/.test(message) && details.job === 'one'))
})

t.test('a job whose process dies in each attempt fails after as many attempts as one that throws', async (t) => {
  const memory = memoryQueue()
  const { driver, consumer, events, logs } = setUp(t, { driver: memory, retryDelays: [60_000, 120_000] })
  await driver.enqueue(job('poison'))
  for (let attempt = 1; attempt <= 3; attempt++) {
    const [claim] = await memory.claim({ limit: 1, leaseDuration: 5, signal: AbortSignal.timeout(5_000) })
    t.equal(claim?.job.attempt, attempt)
  }
  consumer.start()
  await events.until('failed poison 4')
  t.same(events.lines, ['failed poison 4'], 'it was not run again')
  const [stored] = await driver.list({ id: 'poison' })
  t.match(stored, { state: 'failed', error: /process ended, or lost its lease.*attempt 3 of 3/ })
  t.match(logs, [{ level: 'error', details: { job: 'poison', err: { code: 'FST_NETLIFY_JOB_NOT_RUN' } } }])
})

t.test('a driver that answers with nothing at once is not asked over and over', async (t) => {
  let claims = 0
  const third = Promise.withResolvers<void>()
  const { consumer } = setUp(t, {
    driver: {
      ...memoryQueue(),
      async claim () {
        if (++claims === 3) third.resolve()
        return []
      }
    }
  })
  const start = performance.now()
  consumer.start()
  await third.promise
  t.ok(performance.now() - start >= 190)
  t.equal(claims, 3)
  t.same(await consumer.close(10_000), { unfinished: [] })
})
