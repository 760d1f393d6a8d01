import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Claim, ClaimOptions, JobFilter, JobState, NewJob, QueueDriver } from './driver.ts'

/** Registers one test with the runner in use; `body` rejects when the driver breaks its promise. */
export type ConformanceTest = (name: string, body: () => Promise<void>) => unknown

const MINUTE = 60_000
/** A claim that ought to bring a job gives up after this long, so that a hang is a failed assertion. */
const PATIENCE = 10_000
/** A claim that ought to bring nothing waits this long. */
const GLANCE = 100

const cases: Record<string, (driver: QueueDriver) => Promise<void>> = {
  async 'enqueue resolves with the id, and the job is as it was given' (driver) {
    const job = newJob('one', { function: 'naïve-日本', deployId: 'deploy', ip: '::1', params: { name: 'Zoë%20' } })
    assert.equal(await driver.enqueue(job), 'one')
    const { job: claimed } = await claimOne(driver)
    assert.deepEqual(pick(claimed), pick(job))
    assert.equal(claimed.state, 'running')
    assert.equal(claimed.attempt, 1)
    assert.equal(claimed.finishedAt, undefined)
    assert.equal(claimed.error, undefined)
  },

  async 'jobs come in the order they were enqueued' (driver) {
    await enqueue(driver, 'a', 'b', 'c')
    assert.deepEqual(ids(await claim(driver, { limit: 2 })), ['a', 'b'])
    assert.deepEqual(ids(await claim(driver, { limit: 2 })), ['c'])
  },

  async 'jobs that are due come oldest runAt first' (driver) {
    const now = Date.now()
    await driver.enqueue(newJob('younger', { runAt: now - 1_000 }))
    await driver.enqueue(newJob('older', { runAt: now - 2_000 }))
    assert.deepEqual(ids(await claim(driver, { limit: 2 })), ['older', 'younger'])
  },

  async 'a job with a runAt in the future is not claimed before' (driver) {
    const runAt = Date.now() + 200
    await driver.enqueue(newJob('later', { runAt }))
    await driver.enqueue(newJob('now'))
    assert.deepEqual(ids(await claim(driver, { limit: 2 })), ['now'])
    const { job } = await claimOne(driver)
    assert.equal(job.id, 'later')
    assert.equal(job.runAt, runAt)
    assert.ok(Date.now() >= runAt, 'claimed too early')
  },

  async 'concurrent claims get every job exactly once' (driver) {
    const expected = Array.from({ length: 60 }, (_, index) => `job-${String(index).padStart(2, '0')}`)
    await enqueue(driver, ...expected)
    const enough = new AbortController()
    const seen: string[] = []
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (;;) {
        const claims = await claim(driver, { limit: 3, signal: enough.signal })
        if (claims.length === 0) return
        assert.ok(claims.length <= 3, 'claimed more than the limit')
        seen.push(...ids(claims))
        if (seen.length >= expected.length) enough.abort()
      }
    }))
    assert.deepEqual(seen.sort(), expected)
  },

  async 'enqueue wakes a waiting claim' (driver) {
    const waiting = claimOne(driver)
    await driver.enqueue(newJob('one'))
    assert.equal((await waiting).job.id, 'one')
  },

  async 'a job that is due wakes a claim that waits for a later one' (driver) {
    await driver.enqueue(newJob('later', { runAt: Date.now() + MINUTE }))
    const waiting = claimOne(driver)
    await driver.enqueue(newJob('now'))
    assert.equal((await waiting).job.id, 'now')
  },

  async 'abort ends a waiting claim, which then takes nothing' (driver) {
    const controller = new AbortController()
    const waiting = claim(driver, { signal: controller.signal })
    controller.abort()
    assert.deepEqual(await waiting, [])
    assert.deepEqual(await claim(driver, { signal: controller.signal }), [])
    await driver.enqueue(newJob('one'))
    assert.equal((await claimOne(driver)).job.attempt, 1)
  },

  async 'a lease that ends gives the job to the next claim, one attempt later' (driver) {
    await enqueue(driver, 'one')
    const lost = await claimOne(driver, { leaseDuration: 50 })
    const found = await claimOne(driver)
    assert.equal(found.job.id, 'one')
    assert.equal(found.job.attempt, 2)
    assert.notEqual(found.lease, lost.lease)
  },

  async 'extend keeps the lease' (driver) {
    await enqueue(driver, 'one')
    const held = await claimOne(driver, { leaseDuration: 500 })
    assert.equal(await driver.extend(held, MINUTE), true)
    assert.deepEqual(await claim(driver, { signal: AbortSignal.timeout(700) }), [])
    assert.equal(await driver.settle(held, { outcome: 'succeeded' }), true)
  },

  async 'extend counts from now' (driver) {
    await enqueue(driver, 'one')
    const held = await claimOne(driver, { leaseDuration: MINUTE })
    const waiting = claimOne(driver)
    assert.equal(await driver.extend(held, 50), true)
    assert.equal((await waiting).job.id, 'one')
  },

  async 'a lost lease neither extends nor settles' (driver) {
    await enqueue(driver, 'one')
    const lost = await claimOne(driver, { leaseDuration: 50 })
    const held = await claimOne(driver)
    assert.equal(await driver.extend(lost, MINUTE), false)
    assert.equal(await driver.settle(lost, { outcome: 'succeeded' }), false)
    assert.equal(await driver.settle(lost, { outcome: 'failed', error: 'late' }), false)
    assert.equal(await driver.settle(lost, { outcome: 'released' }), false)
    assert.equal(await stateOf(driver, 'one'), 'running')
    assert.equal(await driver.settle(held, { outcome: 'succeeded' }), true)
    assert.equal(await stateOf(driver, 'one'), 'succeeded')
  },

  async 'a claim settles once' (driver) {
    await enqueue(driver, 'one')
    const held = await claimOne(driver)
    assert.equal(await driver.settle(held, { outcome: 'succeeded' }), true)
    assert.equal(await driver.settle(held, { outcome: 'failed', error: 'late' }), false)
    assert.equal(await driver.extend(held, MINUTE), false)
    const [job] = await driver.list({ id: 'one' })
    assert.equal(job?.state, 'succeeded')
    assert.equal(job.error, undefined)
    assert.equal(typeof job.finishedAt, 'number')
    await assertNothingDue(driver)
  },

  async 'retry makes the job wait until runAt, and keeps the error' (driver) {
    await enqueue(driver, 'one')
    const runAt = Date.now() + 200
    assert.equal(await driver.settle(await claimOne(driver), { outcome: 'retry', runAt, error: 'boom ☂' }), true)
    const [job] = await driver.list({ id: 'one' })
    assert.equal(job?.state, 'waiting')
    assert.equal(job.runAt, runAt)
    assert.equal(job.error, 'boom ☂')
    assert.equal((await claimOne(driver)).job.attempt, 2)
    assert.ok(Date.now() >= runAt, 'claimed too early')
  },

  async 'failed keeps the job and its error' (driver) {
    await enqueue(driver, 'one')
    assert.equal(await driver.settle(await claimOne(driver), { outcome: 'failed', error: 'boom' }), true)
    const [job] = await driver.list({ id: 'one' })
    assert.equal(job?.state, 'failed')
    assert.equal(job.error, 'boom')
    assert.equal(typeof job.finishedAt, 'number')
    await assertNothingDue(driver)
  },

  async 'released puts the job back at once and takes the attempt back' (driver) {
    await enqueue(driver, 'one', 'two')
    assert.equal(await driver.settle(await claimOne(driver), { outcome: 'released' }), true)
    const [job] = await driver.list({ id: 'one' })
    assert.equal(job?.state, 'waiting')
    assert.equal(job.attempt, 0)
    const [again] = await claim(driver, { limit: 2 })
    assert.equal(again?.job.id, 'one')
    assert.equal(again.job.attempt, 1)
  },

  async 'a unique key is stored once, also after its job has finished' (driver) {
    assert.equal(await driver.enqueue(newJob('one', { uniqueKey: 'key' })), 'one')
    assert.equal(await driver.enqueue(newJob('two', { uniqueKey: 'key' })), 'one')
    assert.equal(await driver.enqueue(newJob('three', { uniqueKey: 'other' })), 'three')
    const claims = await claim(driver, { limit: 3 })
    assert.deepEqual(ids(claims), ['one', 'three'])
    for (const held of claims) await driver.settle(held, { outcome: 'succeeded' })
    assert.equal(await driver.enqueue(newJob('four', { uniqueKey: 'key' })), 'one')
    await assertNothingDue(driver)
  },

  async 'concurrent enqueues of one unique key store one job' (driver) {
    const stored = await Promise.all(['a', 'b', 'c', 'd'].map((id) => driver.enqueue(newJob(id, { uniqueKey: 'key' }))))
    assert.equal(new Set(stored).size, 1)
    assert.equal((await driver.stats()).waiting, 1)
  },

  async 'an id is stored once' (driver) {
    await driver.enqueue(newJob('one', { function: 'first' }))
    assert.equal(await driver.enqueue(newJob('one', { function: 'second' })), 'one')
    assert.deepEqual((await driver.list()).map((job) => job.function), ['first'])
  },

  async 'cancel takes out a waiting job and no other' (driver) {
    await enqueue(driver, 'one', 'two')
    const held = await claimOne(driver)
    assert.equal(await driver.change('one', 'cancel'), false)
    assert.equal(await driver.change('two', 'cancel'), true)
    assert.equal(await driver.change('two', 'cancel'), false)
    assert.equal(await driver.change('nobody', 'cancel'), false)
    const [cancelled] = await driver.list({ id: 'two' })
    assert.equal(cancelled?.state, 'cancelled')
    assert.equal(typeof cancelled.finishedAt, 'number')
    await assertNothingDue(driver)
    assert.equal(await driver.settle(held, { outcome: 'succeeded' }), true)
  },

  async 'retry makes a failed or cancelled job due with all attempts again' (driver) {
    await enqueue(driver, 'failed')
    await driver.settle(await claimOne(driver), { outcome: 'failed', error: 'boom' })
    await driver.enqueue(newJob('cancelled', { runAt: Date.now() + MINUTE }))
    await driver.change('cancelled', 'cancel')
    for (const id of ['failed', 'cancelled']) {
      assert.equal(await driver.change(id, 'retry'), true)
      assert.equal(await driver.change(id, 'retry'), false)
      const held = await claimOne(driver)
      assert.equal(held.job.id, id)
      assert.equal(held.job.attempt, 1)
      assert.equal(held.job.finishedAt, undefined)
      assert.equal(await driver.change(id, 'retry'), false)
      await driver.settle(held, { outcome: 'succeeded' })
      assert.equal(await driver.change(id, 'retry'), false)
    }
    assert.equal(await driver.change('nobody', 'retry'), false)
  },

  async 'retry wakes a waiting claim' (driver) {
    await enqueue(driver, 'one')
    await driver.change('one', 'cancel')
    const waiting = claimOne(driver)
    await driver.change('one', 'retry')
    assert.equal((await waiting).job.id, 'one')
  },

  async 'list is newest first, filtered and in pages' (driver) {
    for (const id of ['1', '2', '3', '4', '5']) await driver.enqueue(newJob(id, { function: '135'.includes(id) ? 'a' : 'b' }))
    await driver.settle(await claimOne(driver), { outcome: 'succeeded' })
    const listed = async (filter?: JobFilter): Promise<string> => (await driver.list(filter)).map(({ id }) => id).join('')
    assert.equal(await listed(), '54321')
    assert.equal(await listed({ function: 'a' }), '531')
    assert.equal(await listed({ state: 'waiting' }), '5432')
    assert.equal(await listed({ function: 'a', state: 'succeeded' }), '1')
    assert.equal(await listed({ id: '3' }), '3')
    assert.equal(await listed({ id: 'nobody' }), '')
    assert.equal(await listed({ limit: 2 }), '54')
    assert.equal(await listed({ offset: 2, limit: 2 }), '32')
    assert.equal(await listed({ function: 'a', offset: 1, limit: 5 }), '31')
    assert.equal(await listed({ offset: 5 }), '')
  },

  async 'list gives 100 jobs unless told' (driver) {
    await enqueue(driver, ...Array.from({ length: 101 }, (_, index) => `job-${index}`))
    assert.equal((await driver.list()).length, 100)
  },

  async 'stats count the jobs of every state' (driver) {
    assert.deepEqual(await driver.stats(), { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 })
    await enqueue(driver, '1', '2', '3', '4', '5', '6')
    const [first, second] = await claim(driver, { limit: 3 })
    assert.ok(first && second)
    await driver.settle(first, { outcome: 'succeeded' })
    await driver.settle(second, { outcome: 'failed', error: 'boom' })
    await driver.change('4', 'cancel')
    assert.deepEqual(await driver.stats(), { waiting: 2, running: 1, succeeded: 1, failed: 1, cancelled: 1 })
  },

  async 'a body of 256 KB and headers beyond ASCII arrive as sent' (driver) {
    const body = new Uint8Array(randomBytes(256 * 1024))
    const headers = { 'x-name': 'Zoë · 日本語 · 🎉', 'x-quote': '"\\\'\n\u0001' }
    await driver.enqueue({ ...newJob('one'), request: { method: 'PUT', url: 'http://localhost/ü?q=%00', headers, body } })
    const { request } = (await claimOne(driver)).job
    assert.equal(request.method, 'PUT')
    assert.equal(request.url, 'http://localhost/ü?q=%00')
    assert.deepEqual({ ...request.headers }, headers)
    assert.ok(request.body && Buffer.from(request.body).equals(body), 'the body has changed')
  },

  async 'no route, no body and an empty body stay what they are' (driver) {
    const { request } = newJob('')
    await driver.enqueue({ ...newJob('none', { route: undefined }), request: { ...request, body: null } })
    await driver.enqueue({ ...newJob('empty'), request: { ...request, body: new Uint8Array() } })
    const [none, empty] = await claim(driver, { limit: 2 })
    assert.ok(none && none.job.request.body === null)
    assert.equal(none.job.route, undefined)
    assert.equal(empty?.job.request.body?.byteLength, 0)
  },

  async 'an attempt that writes into its body does not change the next one' (driver) {
    await enqueue(driver, 'one')
    const held = await claimOne(driver)
    held.job.request.body?.fill(0)
    await driver.settle(held, { outcome: 'retry', runAt: Date.now(), error: 'boom' })
    assert.deepEqual(pick((await claimOne(driver)).job), pick(newJob('one')))
  },

  async 'close ends waiting claims with an empty list' (driver) {
    const waiting = [claim(driver), claim(driver)]
    await driver.close()
    assert.deepEqual(await Promise.all(waiting), [[], []])
  },

  async 'close can be called again, also at the same time' (driver) {
    await Promise.all([driver.close(), driver.close()])
    await driver.close()
  },

  async 'after close every other method rejects with FST_NETLIFY_QUEUE_UNAVAILABLE' (driver) {
    await enqueue(driver, 'one')
    const held = await claimOne(driver)
    await driver.close()
    const code = { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' }
    await assert.rejects(driver.enqueue(newJob('two')), code)
    await assert.rejects(claim(driver), code)
    await assert.rejects(driver.extend(held, MINUTE), code)
    await assert.rejects(driver.settle(held, { outcome: 'succeeded' }), code)
    await assert.rejects(driver.change('one', 'cancel'), code)
    await assert.rejects(driver.list(), code)
    await assert.rejects(driver.stats(), code)
  }
}

/** Registers the suite that every driver passes; `createDriver` gives each test an empty queue, which it closes. */
export function queueConformance (test: ConformanceTest, createDriver: () => Promise<QueueDriver> | QueueDriver): void {
  for (const [name, body] of Object.entries(cases)) {
    test(name, async () => {
      const driver = await createDriver()
      try {
        await body(driver)
      } finally {
        await driver.close()
      }
    })
  }
}

function newJob (id: string, changes: Partial<NewJob> = {}): NewJob {
  const headers = { 'content-type': 'text/plain' }
  const request = { method: 'POST', url: 'http://localhost/job', headers, body: new Uint8Array([1, 2, 3]) }
  const route = { params: { size: 'L' }, route: '/job/:size' }
  return { id, function: 'job', deployId: '0', requestId: `request-${id}`, ip: '127.0.0.1', ...route, request, ...changes }
}

async function enqueue (driver: QueueDriver, ...names: string[]): Promise<void> {
  for (const id of names) await driver.enqueue(newJob(id))
}

async function claim (driver: QueueDriver, options: Partial<ClaimOptions> = {}): Promise<Claim[]> {
  const impatient = new AbortController()
  const timer = setTimeout(() => impatient.abort(), PATIENCE)
  const signal = AbortSignal.any([impatient.signal, ...options.signal ? [options.signal] : []])
  try {
    return await driver.claim({ limit: 1, leaseDuration: MINUTE, ...options, signal })
  } finally {
    clearTimeout(timer)
  }
}

async function claimOne (driver: QueueDriver, options: Partial<ClaimOptions> = {}): Promise<Claim> {
  const [first, ...others] = await claim(driver, options)
  assert.ok(first, `claim brought nothing within ${PATIENCE} ms`)
  assert.equal(others.length, 0, 'claimed more than the limit')
  return first
}

async function assertNothingDue (driver: QueueDriver): Promise<void> {
  assert.deepEqual(ids(await claim(driver, { signal: AbortSignal.timeout(GLANCE) })), [])
}

async function stateOf (driver: QueueDriver, id: string): Promise<JobState | undefined> {
  return (await driver.list({ id }))[0]?.state
}

function ids (claims: Claim[]): string[] {
  return claims.map(({ job }) => job.id)
}

// What the producer gave; drivers may hand out the body as a Buffer, the headers without a prototype.
function pick ({ id, function: name, deployId, requestId, ip, params, route, request }: NewJob): unknown {
  const { method, url, headers, body } = request
  const bytes = body && [...body]
  return { id, name, deployId, requestId, ip, params: { ...params }, route, method, url, headers: { ...headers }, bytes }
}
