import t from 'tap'
import { job, setUp } from './consumer-bench.ts'

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
    emit: (event) => { if (event.type === 'retrying') retries.push({ runAt: event.runAt, at: Date.now() }) }
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
