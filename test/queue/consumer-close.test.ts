import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { job, setUp } from './consumer-bench.ts'

t.test('close waits for running jobs and claims no more', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { driver, consumer, events } = setUp(t, { run: () => gate.promise })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('started one 1')
  const closing = consumer.close(10_000)
  await driver.enqueue(job('two'))
  gate.resolve()
  t.same(await closing, { unfinished: [] })
  t.same(events.lines, ['started one 1', 'succeeded one 1'])
  t.equal(consumer.running, 0)
  t.same(await driver.stats(), { waiting: 1, running: 0, succeeded: 1, failed: 0, cancelled: 0 })
})

t.test('close without a time limit waits as long as it takes', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { driver, consumer, events } = setUp(t, { run: () => gate.promise })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('started one 1')
  const closing = consumer.close(Infinity)
  setTimeout(gate.resolve, 30)
  t.same(await closing, { unfinished: [] })
})

t.test('after the drain time-out, running jobs are aborted, released and reported', async (t) => {
  const deaf = Promise.withResolvers<void>()
  const signals: AbortSignal[] = []
  const { driver, consumer, events } = setUp(t, {
    concurrency: 2,
    retryDelays: [1],
    run: async ({ id }, signal) => {
      signals.push(signal)
      if (id === 'deaf') return await deaf.promise
      await once(signal, 'abort')
      throw new Error('aborted')
    }
  })
  for (const id of ['obedient', 'deaf', 'never started']) await driver.enqueue(job(id))
  consumer.start()
  await events.until('started deaf 1')
  t.same(await consumer.close(20), { unfinished: ['obedient', 'deaf'] })
  t.same(signals.map((signal) => signal.aborted), [true, true])
  deaf.resolve()
  await setImmediate()
  t.same(events.lines, ['started obedient 1', 'started deaf 1'], 'what a released job does later does not count')
  const stored = (await driver.list()).map(({ id, state, attempt, error }) => [id, state, attempt, error])
  t.same(stored, [['never started', 'waiting', 0, undefined], ['deaf', 'waiting', 0, undefined], ['obedient', 'waiting', 0, undefined]])
})

t.test('a claim that arrives while closing is given back', async (t) => {
  const late = Promise.withResolvers<void>()
  const claimed = Promise.withResolvers<void>()
  const memory = memoryQueue()
  const { driver, consumer, events } = setUp(t, {
    driver: {
      ...memory,
      async claim (options) {
        const claims = await memory.claim(options)
        claimed.resolve()
        await late.promise
        return claims
      }
    }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await claimed.promise
  const closing = consumer.close(10_000)
  late.resolve()
  t.same(await closing, { unfinished: [] })
  t.same(events.lines, [])
  const [stored] = await driver.list()
  t.match(stored, { state: 'waiting', attempt: 0 })
})

t.test('close ends although the driver hangs, and says what it left', async (t) => {
  const forever = new Promise<never>(() => {})
  const memory = memoryQueue()
  let claims = 0
  const { driver, consumer, events } = setUp(t, {
    concurrency: 2,
    driver: { ...memory, claim: (options) => claims++ === 0 ? memory.claim(options) : forever, settle: () => forever },
    run: () => forever
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('started one 1')
  t.same(await consumer.close(10), { unfinished: ['one'] })
})

t.test('close reports a job whose release is refused', async (t) => {
  const memory = memoryQueue()
  const { driver, consumer, events, logs } = setUp(t, {
    driver: { ...memory, settle: () => Promise.reject(new Error('no disk')) },
    run: () => new Promise(() => {})
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('started one 1')
  t.same(await consumer.close(10), { unfinished: ['one'] })
  t.match(logs, [{ level: 'warn', details: { job: 'one', err: { message: 'no disk' } } }])
})

t.test('close does not report a job that settled in the meantime', async (t) => {
  const memory = memoryQueue()
  const stored = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const { driver, consumer } = setUp(t, {
    driver: {
      ...memory,
      async settle (claim, settlement) {
        const settled = await memory.settle(claim, settlement)
        stored.resolve()
        if (settlement.outcome === 'succeeded') await answer.promise
        return settled
      }
    }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await stored.promise
  t.same(await consumer.close(10), { unfinished: [] })
  answer.resolve()
  t.equal((await driver.list())[0]?.state, 'succeeded')
})

t.test('start and close can be called again, in any order', async (t) => {
  const running = setUp(t)
  running.consumer.start()
  running.consumer.start()
  const closing = running.consumer.close(10_000)
  t.equal(running.consumer.close(1), closing)
  t.same(await closing, { unfinished: [] })
  running.consumer.start()

  const fresh = setUp(t)
  t.same(await fresh.consumer.close(10_000), { unfinished: [] })
  fresh.consumer.start()
  await fresh.driver.enqueue(job('one'))
  t.equal((await fresh.driver.stats()).waiting, 1)
})

t.test('an outage does not delay close', async (t) => {
  const failed = Promise.withResolvers<void>()
  let failures = 0
  const { consumer } = setUp(t, {
    driver: {
      ...memoryQueue(),
      async claim () {
        if (++failures === 5) failed.resolve()
        throw new Error('no disk')
      }
    }
  })
  consumer.start()
  await failed.promise
  const start = performance.now()
  t.same(await consumer.close(60_000), { unfinished: [] })
  t.ok(performance.now() - start < 1500, 'the fifth pause is 1,600 ms')
})

t.test('nothing is left that keeps the process alive after close', async (t) => {
  const script = `
    import { createConsumer } from ${JSON.stringify(import.meta.resolve('../../lib/queue/consumer.ts'))}
    import { memoryQueue } from ${JSON.stringify(import.meta.resolve('../../lib/queue/memory.ts'))}
    const driver = memoryQueue()
    const log = { info () {}, warn () {}, error () {} }
    const started = Promise.withResolvers()
    const consumer = createConsumer({ driver, run: () => new Promise(() => started.resolve()), knows: () => true, places: { total: 2, perFunction: 2, shared: false }, retryDelaysOf: () => [3_600_000], leaseDuration: 30_000, emit () {}, log })
    consumer.start()
    await driver.enqueue({ id: 'one', function: 'f', deployId: '0', requestId: 'r', ip: '::1', params: {}, request: { method: 'POST', url: 'http://localhost/', headers: {}, body: null } })
    await started.promise
    console.log(JSON.stringify(await consumer.close(10)))
    await driver.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 })
  t.equal(stdout.trim(), '{"unfinished":["one"]}')
})
