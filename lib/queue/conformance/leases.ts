import assert from 'node:assert/strict'
import type { ConformanceCases } from './case.ts'
import { claim, claimOne, MINUTE } from './claims.ts'
import { enqueue, stateOf } from './jobs.ts'

/** How long a claim lasts. */
export const leases: ConformanceCases = {
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
  }
}
