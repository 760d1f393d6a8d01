import assert from 'node:assert/strict'
import type { ConformanceCases } from './case.ts'
import { assertNothingDue, claim, claimOne } from './claims.ts'
import { ids, newJob } from './jobs.ts'

/** Functions whose jobs a claim leaves out. */
export const exceptions: ConformanceCases = {
  async 'a claim leaves out the functions it excepts, and no other' (driver) {
    for (const id of ['a1', 'b1', 'a2', 'c1', 'b2']) await driver.enqueue(newJob(id, { function: id[0]! }))
    assert.deepEqual(ids(await claim(driver, { limit: 9, except: ['b', 'nobody'] })), ['a1', 'a2', 'c1'])
    await assertNothingDue(driver, { except: ['b'] })
    assert.deepEqual(ids(await claim(driver, { limit: 9, except: [] })), ['b1', 'b2'])
  },

  async 'what is left of many functions comes in the order it was enqueued' (driver) {
    const names = Array.from({ length: 40 }, (_, index) => `job-${index}`)
    const functionOf = (index: number): string => `function-${index * 7 % 5}`
    for (const [index, id] of names.entries()) await driver.enqueue(newJob(id, { function: functionOf(index) }))
    const except = ['function-1', 'function-4']
    const expected = names.filter((_, index) => !except.includes(functionOf(index)))
    const claimed: string[] = []
    while (claimed.length < expected.length) claimed.push(...ids(await claim(driver, { limit: 5, except })))
    assert.deepEqual(claimed, expected)
  },

  async 'a backlog that is left out does not hide a job behind it' (driver) {
    await Promise.all(Array.from({ length: 500 }, (_, index) => driver.enqueue(newJob(`flood-${index}`, { function: 'flood' }))))
    await driver.enqueue(newJob('one'))
    assert.equal((await claimOne(driver, { except: ['flood'] })).job.id, 'one')
  },

  async 'a claim waits while only what it leaves out is due' (driver) {
    await driver.enqueue(newJob('out', { function: 'out' }))
    const waiting = claimOne(driver, { except: ['out'] })
    await driver.enqueue(newJob('out too', { function: 'out' }))
    await driver.enqueue(newJob('in'))
    assert.equal((await waiting).job.id, 'in')
    assert.equal((await driver.stats()).waiting, 2)
  },

  async 'what one claim leaves out goes to another that waits' (driver) {
    const choosy = claimOne(driver, { except: ['out'] })
    const other = claimOne(driver)
    await driver.enqueue(newJob('one', { function: 'out' }))
    assert.equal((await other).job.id, 'one')
    await driver.enqueue(newJob('two'))
    assert.equal((await choosy).job.id, 'two')
  },

  async 'a lease that ends gives no job to a claim that leaves out its function' (driver) {
    await driver.enqueue(newJob('one', { function: 'out' }))
    await claimOne(driver, { leaseDuration: 50 })
    const waiting = claim(driver, { except: ['out'] })
    assert.equal((await claimOne(driver)).job.attempt, 2)
    await driver.enqueue(newJob('two'))
    assert.deepEqual(ids(await waiting), ['two'])
  }
}
