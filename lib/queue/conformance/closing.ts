import assert from 'node:assert/strict'
import { within } from '../within.ts'
import type { ConformanceCases } from './case.ts'
import { claim, claimOne, MINUTE, PATIENCE } from './claims.ts'
import { enqueue, newJob } from './jobs.ts'

const UNAVAILABLE = 'FST_NETLIFY_QUEUE_UNAVAILABLE'

/** What close leaves behind. */
export const closing: ConformanceCases = {
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
    const code = { code: UNAVAILABLE }
    await assert.rejects(driver.enqueue(newJob('two')), code)
    await assert.rejects(claim(driver), code)
    await assert.rejects(driver.extend(held, MINUTE), code)
    await assert.rejects(driver.settle(held, { outcome: 'succeeded' }), code)
    await assert.rejects(driver.change('one', 'cancel'), code)
    await assert.rejects(driver.list(), code)
    await assert.rejects(driver.stats(), code)
  },

  async 'what is under way when close is called ends, or rejects with that code' (driver) {
    await enqueue(driver, 'settled', 'extended', 'cancelled')
    const [settled, extended] = await claim(driver, { limit: 2 })
    assert.ok(settled && extended)
    const waiting = Array.from({ length: 3 }, () => claim(driver, { limit: 2 }))
    const calls = [
      ...Array.from({ length: 20 }, (_, index) => driver.enqueue(newJob(`job-${index}`))),
      driver.settle(settled, { outcome: 'succeeded' }),
      driver.extend(extended, MINUTE),
      driver.change('cancelled', 'cancel'),
      driver.list(),
      driver.stats(),
      ...waiting
    ]
    const settledCalls = await within(PATIENCE, Promise.allSettled([driver.close(), ...calls]))
    assert.ok(settledCalls, `something still hung after ${PATIENCE} ms`)
    const [closed, ...others] = settledCalls
    assert.equal(closed?.status, 'fulfilled')
    const codes = others.flatMap((call) => call.status === 'rejected' ? [String((call.reason as { code?: unknown }).code)] : [])
    assert.deepEqual([...new Set(codes)].filter((code) => code !== UNAVAILABLE), [])
  }
}
