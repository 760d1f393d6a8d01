import assert from 'node:assert/strict'
import type { ConformanceCases } from './case.ts'
import { assertNothingDue, claim, claimOne, MINUTE } from './claims.ts'
import { enqueue } from './jobs.ts'

/** How an attempt ends. */
export const settling: ConformanceCases = {
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
  }
}
