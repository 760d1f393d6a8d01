import assert from 'node:assert/strict'
import type { ConformanceCases } from './case.ts'
import { assertNothingDue, claim } from './claims.ts'
import { ids, newJob } from './jobs.ts'

/** Ids and unique keys. */
export const identity: ConformanceCases = {
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
  }
}
