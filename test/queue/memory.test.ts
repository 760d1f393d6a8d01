import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { queueConformance } from '../../lib/queue/conformance.ts'
import type { Claim, NewJob, QueueDriver } from '../../lib/queue/driver.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'

t.test('conformance', async (t) => {
  queueConformance((name, body) => t.test(name, body), (now) => memoryQueue({ now }))
})

t.test('bad options are refused by name and rule', async (t) => {
  const code = 'FST_NETLIFY_INVALID_OPTION'
  for (const maxJobs of [0, -1, 1.5, NaN]) {
    t.throws(() => memoryQueue({ maxJobs }), { code, message: 'Option "maxJobs" must be a whole number of at least 1, or Infinity' })
  }
  t.throws(() => memoryQueue({ maxFinished: -1 }), { code, message: 'Option "maxFinished" must be a whole number of at least 0, or Infinity' })
  t.doesNotThrow(() => memoryQueue({ maxJobs: Infinity, maxFinished: 0 }))
})

t.test('maxBytes counts the bodies of waiting and running jobs, not of finished ones', async (t) => {
  const driver = createQueue(t, { maxBytes: 10 })
  const withBody = (id: string, size: number): NewJob => {
    const empty = job(id)
    return { ...empty, request: { ...empty.request, body: new Uint8Array(size) } }
  }
  await driver.enqueue(withBody('a', 6))
  await t.rejects(driver.enqueue(withBody('b', 5)), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', statusCode: 503, message: /larger than 10 bytes/ })
  await driver.enqueue(withBody('c', 4))
  const [claim] = await driver.claim({ limit: 1, leaseDuration: 1_000, signal: new AbortController().signal })
  await t.rejects(driver.enqueue(withBody('d', 1)), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' }, 'a running job counts')
  await driver.settle(claim!, { outcome: 'failed', error: 'no' })
  await driver.enqueue(withBody('e', 6))
  await driver.change('a', 'retry')
  await t.rejects(driver.enqueue(withBody('f', 1)), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' }, 'a job that was brought back counts again')
})

t.test('maxJobs counts waiting and running jobs, not finished ones', async (t) => {
  const driver = createQueue(t, { maxJobs: 2 })
  await driver.enqueue(job('one'))
  await driver.enqueue(job('two'))
  const full = { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', message: /holds 2 unfinished jobs/ }
  await t.rejects(driver.enqueue(job('three')), full)
  const held = await claimOne(driver)
  await t.rejects(driver.enqueue(job('three')), full)
  t.equal(await driver.enqueue(job('two')), 'two', 'a job that is stored already is no new one')
  await driver.settle(held, { outcome: 'succeeded' })
  t.equal(await driver.enqueue(job('three')), 'three')
})

t.test('maxFinished drops what finished first, and its unique key', async (t) => {
  const driver = createQueue(t, { maxFinished: 2 })
  await driver.enqueue({ ...job('one'), uniqueKey: 'key' })
  await driver.enqueue(job('two'))
  await driver.enqueue(job('three'))
  await driver.settle(await claimOne(driver), { outcome: 'failed', error: 'boom' })
  await driver.change('three', 'cancel')
  t.equal(await driver.enqueue({ ...job('four'), uniqueKey: 'key' }), 'one')
  await driver.settle(await claimOne(driver), { outcome: 'succeeded' })
  t.same((await driver.list()).map(({ id }) => id), ['three', 'two'])
  t.same(await driver.stats(), { waiting: 0, running: 0, succeeded: 1, failed: 0, cancelled: 1 })
  t.equal(await driver.enqueue({ ...job('four'), uniqueKey: 'key' }), 'four')
})

t.test('a retried job does not count as finished', async (t) => {
  const driver = createQueue(t, { maxFinished: 1 })
  await driver.enqueue(job('one'))
  await driver.change('one', 'cancel')
  await driver.change('one', 'retry')
  await driver.enqueue(job('two'))
  await driver.change('two', 'cancel')
  t.same((await driver.list()).map(({ id, state }) => [id, state]), [['two', 'cancelled'], ['one', 'waiting']])
})

t.test('waiting claims are served in the order they came', async (t) => {
  const driver = createQueue(t)
  const order: string[] = []
  const claims = ['first', 'second', 'third'].map(async (name) => {
    const { job } = await claimOne(driver)
    order.push(`${name} got ${job.id}`)
  })
  for (const id of ['one', 'two', 'three']) await driver.enqueue(job(id))
  await Promise.all(claims)
  t.same(order, ['first got one', 'second got two', 'third got three'])
})

t.test('an injected clock decides what is due and which lease has ended', async (t) => {
  let time = 1_000
  const driver = createQueue(t, { now: () => time })
  await driver.enqueue({ ...job('one'), runAt: 5_000 })
  time = 5_000
  const held = await claimOne(driver, 100)
  t.equal(held.job.enqueuedAt, 1_000)
  time = 5_099
  t.equal(await driver.extend(held, 100), true)
  time = 5_199
  const found = await claimOne(driver)
  t.equal(found.job.attempt, 2)
  t.equal(await driver.extend(held, 100), false)
  await driver.settle(found, { outcome: 'succeeded' })
  t.equal((await driver.list())[0]?.finishedAt, 5_199)
})

t.test('a runAt beyond the reach of setTimeout waits', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const driver = createQueue(t)
  await driver.enqueue({ ...job('one'), runAt: Date.now() + 2 ** 33 })
  const claims = driver.claim({ limit: 1, leaseDuration: 1_000, signal: AbortSignal.timeout(50) })
  t.same(await claims, [])
  t.same(warnings, [])
})

t.test('100,000 jobs in random order come out in order', async (t) => {
  const driver = createQueue(t)
  const base = Date.now() - 200_000
  const step = 61_681 // coprime with the count: visits every runAt once
  for (let index = 0; index < 100_000; index++) {
    await driver.enqueue({ ...job(String(index)), runAt: base + (index * step) % 100_000 })
  }
  const { signal } = new AbortController()
  let previous = 0
  let count = 0
  while (count < 100_000) {
    for (const claim of await driver.claim({ limit: 7, leaseDuration: 60_000, signal })) {
      if (claim.job.runAt <= previous) t.fail(`runAt ${claim.job.runAt} after ${previous}`)
      previous = claim.job.runAt
      count++
      await driver.settle(claim, { outcome: 'succeeded' })
    }
  }
  t.equal(count, 100_000)
  t.same(await driver.stats(), { waiting: 0, running: 0, succeeded: 1_000, failed: 0, cancelled: 0 })
})

t.test('jobs cancelled in the middle leave the others in order', async (t) => {
  const driver = createQueue(t)
  const base = Date.now() - 100_000
  for (let index = 0; index < 3_000; index++) await driver.enqueue({ ...job(String(index)), runAt: base + (index * index * 7_919) % 50_021 })
  for (let index = 0; index < 3_000; index += 3) await driver.change(String(index), 'cancel')
  const claims = await driver.claim({ limit: 3_000, leaseDuration: 60_000, signal: new AbortController().signal })
  const times = claims.map(({ job }) => job.runAt)
  t.equal(times.length, 2_000)
  t.same(times, times.toSorted((a, b) => a - b))
})

t.test('a closed queue does not keep the process alive, a waiting job does', async (t) => {
  t.match(await runScript(`
    await driver.enqueue(job(Date.now() + 3_600_000))
    const waiting = driver.claim(options)
    await driver.close()
    console.log('claims', (await waiting).length)
  `), 'claims 0')
  t.match(await runScript(`
    await driver.enqueue(job(Date.now() + 50))
    driver.claim(options).then((claims) => console.log('claims', claims.length))
  `), 'claims 1')
})

async function runScript (body: string): Promise<string> {
  const script = `
    import { memoryQueue } from ${JSON.stringify(import.meta.resolve('../../lib/queue/memory.ts'))}
    const driver = memoryQueue()
    const options = { limit: 1, leaseDuration: 1_000, signal: new AbortController().signal }
    const job = (runAt) => ({ id: 'one', function: 'f', deployId: '0', requestId: 'r', ip: '::1', params: {}, runAt, request: { method: 'POST', url: 'http://localhost/', headers: {}, body: null } })
    ${body}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 })
  return stdout
}

function createQueue (t: Test, options?: Parameters<typeof memoryQueue>[0]): QueueDriver {
  const driver = memoryQueue(options)
  t.teardown(() => driver.close())
  return driver
}

function job (id: string): NewJob {
  const request = { method: 'POST', url: 'http://localhost/', headers: {}, body: null }
  return { id, function: 'job', deployId: '0', requestId: 'request', ip: '127.0.0.1', params: {}, route: undefined, request }
}

async function claimOne (driver: QueueDriver, leaseDuration = 60_000): Promise<Claim> {
  const [claim] = await driver.claim({ limit: 1, leaseDuration, signal: AbortSignal.timeout(10_000) })
  if (claim === undefined) throw new Error('no job was due')
  return claim
}
