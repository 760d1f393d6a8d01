import { execFile } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { JobEvent } from '../../lib/queue/attempt.ts'
import { createConsumer, type Consumer, type ConsumerOptions } from '../../lib/queue/consumer.ts'
import type { NewJob, QueueDriver } from '../../lib/queue/driver.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'

t.test('runs at most `concurrency` jobs, in order, and claims no more than it runs', async (t) => {
  const gates = new Map<string, () => void>()
  const { driver, consumer, events } = setUp(t, {
    concurrency: 3,
    run: ({ id }) => new Promise((resolve) => gates.set(id, resolve))
  })
  const ids = ['1', '2', '3', '4', '5', '6', '7']
  for (const id of ids) await driver.enqueue(job(id))
  t.equal(consumer.running, 0)
  consumer.start()
  await events.until('started 3 1')
  t.equal(consumer.running, 3)
  t.equal((await driver.stats()).running, 3)
  for (const id of ids) {
    await events.until(`started ${id} 1`)
    t.ok(consumer.running <= 3)
    t.ok((await driver.stats()).running <= 3)
    gates.get(id)?.()
  }
  await events.until('succeeded 7 1')
  t.same(events.lines.filter((line) => line.startsWith('started')), ids.map((id) => `started ${id} 1`))
  t.equal((await driver.stats()).succeeded, 7)
})

t.test('a slot that becomes free takes the next job at once', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { driver, consumer, events } = setUp(t, { concurrency: 2, run: ({ id }) => id === 'long' ? gate.promise : Promise.resolve() })
  consumer.start()
  await driver.enqueue(job('long'))
  for (const id of ['1', '2', '3']) await driver.enqueue(job(id))
  await events.until('succeeded 3 1')
  t.notOk(events.lines.includes('succeeded long 1'))
  gate.resolve()
  await events.until('succeeded long 1')
})

t.test('a job that throws is retried after the delays, then it has failed', async (t) => {
  const retries: Array<{ runAt: number, at: number }> = []
  const starts: number[] = []
  const { driver, consumer, events, logs } = setUp(t, {
    retryDelays: [30, 60],
    run: async () => {
      starts.push(Date.now())
      throw new Error('boom', { cause: new Error('the cause') })
    },
    onEvent: (event) => { if (event.type === 'retrying') retries.push({ runAt: event.runAt, at: Date.now() }) }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('failed one 3')
  t.same(events.lines, ['started one 1', 'retrying one 1', 'started one 2', 'retrying one 2', 'started one 3', 'failed one 3'])
  for (const [index, { runAt }] of retries.entries()) t.ok((starts[index + 1] ?? 0) >= runAt, 'not before its time')
  for (const [index, delay] of [30, 60].entries()) t.ok((retries[index]?.runAt ?? 0) >= (starts[index] ?? Infinity) + delay)
  const [stored] = await driver.list({ id: 'one' })
  t.equal(stored?.state, 'failed')
  t.match(stored?.error, /Error: boom[^]*consumer\.test\.ts[^]*the cause/)
  t.same(logs.map(({ level, details: { job, function: name, attempt, err } }) => [level, job, name, attempt, err instanceof Error && err.message]), [
    ['warn', 'one', 'job', 1, 'boom'],
    ['warn', 'one', 'job', 2, 'boom'],
    ['error', 'one', 'job', 3, 'boom']
  ])
})

t.test('a retry that succeeds ends the job', async (t) => {
  const { driver, consumer, events } = setUp(t, {
    retryDelays: [1],
    run: async ({ attempt }) => { if (attempt === 1) throw new Error('boom') }
  })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('succeeded one 2')
  t.equal((await driver.list({ id: 'one' }))[0]?.state, 'succeeded')
})

t.test('what is thrown may be anything, even what cannot be read', async (t) => {
  const unreadable = new Proxy({}, { get () { throw new Error('no') }, getPrototypeOf () { throw new Error('no') } })
  const thrown: unknown[] = [undefined, 'text', unreadable, Object.assign(new Error('x'.repeat(100_000)), { code: 1 })]
  const { driver, consumer, events, logs } = setUp(t, {
    run: async ({ id }) => { throw thrown[Number(id)] },
    onLog: ({ err }) => `${err}`
  })
  for (const id of thrown.keys()) await driver.enqueue(job(String(id)))
  await driver.enqueue(job('4'))
  consumer.start()
  await events.until('failed 4 1')
  t.ok(events.lines.includes('failed 2 1'))
  const jobs = (await driver.list({ state: 'failed' })).reverse()
  t.equal(jobs.length, 5)
  t.equal(jobs[0]?.error, 'undefined')
  t.equal(jobs[1]?.error, "'text'")
  t.type(jobs[2]?.error, 'string')
  t.equal(jobs[3]?.error?.length, 10_000)
  t.ok(logs.some(({ details, message }) => details.job === '2' && message === 'background job ended with an error that cannot be logged'))
})

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

t.test('an outage does not delay close', async (t) => {
  const failed = Promise.withResolvers<void>()
  let failures = 0
  const { consumer } = setUp(t, {
    driver: {
      ...memoryQueue(),
      async claim () {
        if (++failures === 3) failed.resolve()
        throw new Error('no disk')
      }
    }
  })
  consumer.start()
  await failed.promise
  const start = performance.now()
  t.same(await consumer.close(60_000), { unfinished: [] })
  t.ok(performance.now() - start < 300, 'the third pause is 400 ms')
})

t.test('a listener that throws is logged, and the job goes on', async (t) => {
  const { driver, consumer, events, logs } = setUp(t, { onEvent: ({ type }) => { if (type === 'started') throw new Error('bad listener') } })
  await driver.enqueue(job('one'))
  consumer.start()
  await events.until('succeeded one 1')
  t.match(logs, [{ level: 'error', message: /"started" threw/, details: { job: 'one', err: { message: 'bad listener' } } }])
})

t.test('nothing is left that keeps the process alive after close', async (t) => {
  const script = `
    import { createConsumer } from ${JSON.stringify(import.meta.resolve('../../lib/queue/consumer.ts'))}
    import { memoryQueue } from ${JSON.stringify(import.meta.resolve('../../lib/queue/memory.ts'))}
    const driver = memoryQueue()
    const log = { info () {}, warn () {}, error () {} }
    const started = Promise.withResolvers()
    const consumer = createConsumer({ driver, run: () => new Promise(() => started.resolve()), concurrency: 2, retryDelays: [3_600_000], log })
    consumer.start()
    await driver.enqueue({ id: 'one', function: 'f', deployId: '0', requestId: 'r', ip: '::1', params: {}, request: { method: 'POST', url: 'http://localhost/', headers: {}, body: null } })
    await started.promise
    console.log(JSON.stringify(await consumer.close(10)))
    await driver.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 })
  t.equal(stdout.trim(), '{"unfinished":["one"]}')
})

interface LogLine {
  level: string
  details: { job?: string, function?: string, attempt?: number, err?: unknown }
  message: string
}

interface SetUp extends Partial<ConsumerOptions> {
  onLog?: (details: LogLine['details']) => void
}

function setUp (t: Test, { onLog, onEvent, ...options }: SetUp = {}): { driver: QueueDriver, consumer: Consumer, events: ReturnType<typeof recorder>, logs: LogLine[] } {
  const driver = options.driver ?? memoryQueue()
  const events = recorder()
  const logs: LogLine[] = []
  const logger = (level: string) => (...[details, message]: unknown[]) => {
    const line = typeof details === 'string' ? { level, details: {}, message: details } : { level, details: details as LogLine['details'], message: String(message) }
    onLog?.(line.details)
    logs.push(line)
  }
  const consumer = createConsumer({
    concurrency: 1,
    retryDelays: [],
    run: async () => {},
    log: { info: logger('info'), warn: logger('warn'), error: logger('error') },
    ...options,
    driver,
    onEvent (event) {
      events.add(event)
      onEvent?.(event)
    }
  })
  t.teardown(async () => {
    await consumer.close(1)
    await driver.close()
  })
  return { driver, consumer, events, logs }
}

function recorder (): { lines: string[], add: (event: JobEvent) => void, until: (line: string) => Promise<void> } {
  const emitter = new EventEmitter()
  const lines: string[] = []
  return {
    lines,
    add ({ type, job }) {
      lines.push(`${type} ${job.id} ${job.attempt}`)
      emitter.emit('line')
    },
    async until (line) {
      const signal = AbortSignal.timeout(10_000)
      while (!lines.includes(line)) {
        await once(emitter, 'line', { signal }).catch(() => { throw new Error(`"${line}" did not come; there is: ${lines.join(', ')}`) })
      }
    }
  }
}

function job (id: string): NewJob {
  const request = { method: 'POST', url: 'http://localhost/', headers: {}, body: null }
  return { id, function: 'job', deployId: '0', requestId: 'request', ip: '127.0.0.1', params: {}, route: undefined, request }
}
