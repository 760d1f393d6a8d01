import assert from 'node:assert/strict'
import type { JobFilter } from '../driver.ts'
import type { ConformanceCases } from './case.ts'
import { claim, claimOne } from './claims.ts'
import { enqueue, newJob } from './jobs.ts'

/** What is there. */
export const listing: ConformanceCases = {
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
    assert.equal(await listed({ offset: 1, limit: Infinity }), '4321')
  },

  async 'list gives 100 jobs unless told' (driver) {
    await enqueue(driver, ...Array.from({ length: 101 }, (_, index) => `job-${index}`))
    assert.equal((await driver.list()).length, 100)
  },

  async 'pages of a long list have no gap and no repetition' (driver) {
    const count = 1_000
    await Promise.all(Array.from({ length: count }, (_, index) => driver.enqueue(newJob(`job-${index}`, { function: index % 2 === 0 ? 'even' : 'odd' }))))
    const listed = async (filter?: JobFilter): Promise<string[]> => (await driver.list(filter)).map(({ id }) => id)
    const all = await listed({ limit: 2 * count })
    const pages: string[] = []
    for (let offset = 0; offset < count; offset += 250) pages.push(...await listed({ offset, limit: 250 }))
    assert.equal(new Set(all).size, count)
    assert.deepEqual(pages, all)
    const isOdd = (id: string): boolean => Number(id.slice('job-'.length)) % 2 === 1
    assert.deepEqual(await listed({ function: 'odd', state: 'waiting', limit: count }), all.filter(isOdd))
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
  }
}
