import assert from 'node:assert/strict'
import type { ConformanceCases } from './case.ts'
import { assertNothingDue, claimOne, MINUTE } from './claims.ts'
import { enqueue, newJob } from './jobs.ts'

/** What an operator does to a job. */
export const changes: ConformanceCases = {
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
  }
}
