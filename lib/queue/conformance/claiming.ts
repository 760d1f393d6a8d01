import assert from 'node:assert/strict'
import type { ConformanceCases } from './case.ts'
import { assertNothingDue, claim, claimOne, MINUTE } from './claims.ts'
import { enqueue, ids, newJob } from './jobs.ts'

/** In which order and to whom jobs are given. */
export const claiming: ConformanceCases = {
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

  async 'jobs of many functions come in the order they were enqueued' (driver) {
    const names = Array.from({ length: 40 }, (_, index) => `job-${index}`)
    for (const [index, id] of names.entries()) await driver.enqueue(newJob(id, { function: `function-${index * 7 % 11}` }))
    const claimed: string[] = []
    while (claimed.length < names.length) claimed.push(...ids(await claim(driver, { limit: 7 })))
    assert.deepEqual(claimed, names)
  },

  async 'a job with a runAt in the future is not claimed before' (driver) {
    await driver.stats()
    const runAt = Date.now() + 300
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

  async 'a claim that gets nothing goes on waiting' (driver) {
    const answers: string[][] = []
    const waiting = [claim(driver), claim(driver)].map(async (claims) => { answers.push(ids(await claims)) })
    await driver.enqueue(newJob('one'))
    await Promise.race(waiting)
    await assertNothingDue(driver)
    assert.deepEqual(answers, [['one']])
    await driver.enqueue(newJob('two'))
    await Promise.all(waiting)
    assert.deepEqual(answers, [['one'], ['two']])
  },

  async 'a claim outlives the job it waits for' (driver) {
    await driver.enqueue(newJob('cancelled', { runAt: Date.now() + 50 }))
    const waiting = claim(driver)
    assert.equal(await driver.change('cancelled', 'cancel'), true)
    await assertNothingDue(driver)
    await driver.enqueue(newJob('one'))
    assert.deepEqual(ids(await waiting), ['one'])
  },

  async 'abort ends a waiting claim, which then takes nothing' (driver) {
    const controller = new AbortController()
    const waiting = claim(driver, { signal: controller.signal })
    controller.abort()
    assert.deepEqual(await waiting, [])
    assert.deepEqual(await claim(driver, { signal: controller.signal }), [])
    await driver.enqueue(newJob('one'))
    assert.equal((await claimOne(driver)).job.attempt, 1)
  }
}
