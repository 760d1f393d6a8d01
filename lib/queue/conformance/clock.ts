import assert from 'node:assert/strict'
import type { ConformanceCases } from './case.ts'
import { assertNothingDue, claimOne, MINUTE } from './claims.ts'
import { enqueue, newJob, stateOf } from './jobs.ts'

const HOUR = 60 * MINUTE

/** A clock that somebody sets. */
export const settingTheClock: ConformanceCases = {
  async 'a clock put forward makes due what was for later, also for a claim that waits' (driver, clock) {
    await driver.enqueue(newJob('later', { runAt: clock.now() + HOUR }))
    const waiting = claimOne(driver)
    clock.jump(HOUR)
    await driver.stats()
    assert.equal((await waiting).job.id, 'later')
  },

  async 'a clock put forward ends leases, and no job is lost or settled twice' (driver, clock) {
    await enqueue(driver, 'one')
    const lost = await claimOne(driver)
    clock.jump(HOUR)
    const held = await claimOne(driver)
    assert.equal(held.job.attempt, 2)
    assert.equal(await driver.settle(lost, { outcome: 'succeeded' }), false)
    assert.equal(await driver.extend(held, MINUTE), true)
    assert.equal(await driver.settle(held, { outcome: 'succeeded' }), true)
  },

  async 'a clock put back does not hold up what was to run at once' (driver, clock) {
    await enqueue(driver, 'before')
    clock.jump(-HOUR)
    assert.equal((await claimOne(driver)).job.id, 'before')
    await enqueue(driver, 'after')
    assert.equal((await claimOne(driver)).job.id, 'after')
  },

  async 'a clock put back gives no running job to somebody else' (driver, clock) {
    await enqueue(driver, 'one')
    const held = await claimOne(driver)
    clock.jump(-HOUR)
    await assertNothingDue(driver)
    assert.equal(await driver.extend(held, MINUTE), true)
    assert.equal(await driver.settle(held, { outcome: 'succeeded' }), true)
    assert.equal(await stateOf(driver, 'one'), 'succeeded')
  }
}
