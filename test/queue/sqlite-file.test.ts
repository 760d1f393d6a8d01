import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { Claim, JobCounts, NewJob, QueueDriver } from '../../lib/queue/driver.ts'
import { migrate, SCHEMA_VERSION } from '../../lib/queue/sqlite/schema.ts'
import { sqliteQueue, type SqliteQueueOptions } from '../../lib/queue/sqlite.ts'
import { createDirectory } from './directory.ts'
import { bareJob } from './remote-queue.ts'

const DAY = 24 * 60 * 60 * 1000

t.test('jobs outlive the driver', async (t) => {
  const { file, driver } = await createQueue(t)
  await driver.enqueue(bareJob('one', { uniqueKey: 'key' }))
  await driver.enqueue(bareJob('two'))
  await driver.settle(await claimOne(driver), { outcome: 'failed', error: 'boom' })
  const before = await driver.list()
  await driver.close()
  const { driver: again } = await createQueue(t, { file })
  t.same(await again.list(), before)
  t.equal(await again.enqueue(bareJob('three', { uniqueKey: 'key' })), 'one')
  t.equal((await claimOne(again)).job.id, 'two')
})

t.test('an older file gets what was added since, in one transaction, and keeps its rows', async (t) => {
  const database = new DatabaseSync(join(await createDirectory(t), 'old.sqlite'))
  t.teardown(() => database.close())
  const steps = ['CREATE TABLE jobs (id TEXT)', 'ALTER TABLE jobs ADD COLUMN state TEXT', "UPDATE jobs SET state = 'waiting'"]
  migrate(database, 0, steps.slice(0, 1))
  t.same({ ...database.prepare('PRAGMA user_version').get() }, { user_version: 1 })
  database.exec("INSERT INTO jobs VALUES ('one')")
  migrate(database, 1, steps)
  t.same({ ...database.prepare('PRAGMA user_version').get() }, { user_version: 3 })
  t.same(database.prepare('SELECT * FROM jobs').all().map((row) => ({ ...row })), [{ id: 'one', state: 'waiting' }])
  migrate(database, 3, steps)
})

t.test('a file of a newer version is refused and left alone', async (t) => {
  const { file, driver } = await createQueue(t)
  await driver.stats()
  await driver.close()
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
  database.close()
  const before = await readFile(file)
  const { driver: older } = await createQueue(t, { file })
  await t.rejects(older.stats(), { code: 'FST_NETLIFY_QUEUE_BROKEN', message: /a newer version of this package wrote it .*; update fastify-netlify-functions, or give the queue another file/ })
  await older.close()
  t.ok(before.equals(await readFile(file)))
})

t.test('of each final state maxFinished jobs are kept, the last that finished, with their unique keys', async (t) => {
  const { file, driver } = await createQueue(t, { maxFinished: 2 })
  for (let index = 0; index < 8; index++) {
    await driver.enqueue(bareJob(String(index), { uniqueKey: `key ${index}` }))
    const claim = await claimOne(driver)
    await driver.settle(claim, index % 2 === 0 ? { outcome: 'succeeded' } : { outcome: 'failed', error: 'boom' })
  }
  t.same((await driver.list()).map(({ id, state }) => `${id} ${state}`), ['7 failed', '6 succeeded', '5 failed', '4 succeeded'])
  t.equal(await driver.enqueue(bareJob('again', { uniqueKey: 'key 7' })), '7')
  t.equal(await driver.enqueue(bareJob('again', { uniqueKey: 'key 0' })), 'again')
  await assertTotals(t, file, driver, { waiting: 1, running: 0, succeeded: 2, failed: 2, cancelled: 0 })
})

t.test('a finished job is forgotten after maxAge, one that waits or runs never', async (t) => {
  let later = 0
  const { file, driver } = await createQueue(t, { maxAge: 7 * DAY, now: () => Date.now() + later })
  for (const id of ['done', 'failed', 'runs', 'waits', 'cancelled']) await driver.enqueue(bareJob(id))
  await driver.settle(await claimOne(driver), { outcome: 'succeeded' })
  await driver.settle(await claimOne(driver), { outcome: 'failed', error: 'boom' })
  await claimOne(driver, 100 * DAY)
  await driver.change('cancelled', 'cancel')
  later = 7 * DAY - 60_000
  t.equal((await driver.list()).length, 5)
  later = 7 * DAY + 60_000
  t.same(await driver.stats(), { waiting: 1, running: 1, succeeded: 0, failed: 0, cancelled: 0 })
  t.same((await driver.list()).map(({ id }) => id), ['waits', 'runs'])
  await assertTotals(t, file, driver, { waiting: 1, running: 1, succeeded: 0, failed: 0, cancelled: 0 })
})

t.test('maxJobs and maxBytes count waiting and running jobs, not finished ones', async (t) => {
  const { driver } = await createQueue(t, { maxJobs: 2, maxBytes: 10 })
  await driver.enqueue(withBody('one', 6))
  await t.rejects(driver.enqueue(withBody('large', 5)), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', statusCode: 503, message: /larger than 10 bytes/ })
  await driver.enqueue(withBody('two', 4))
  const held = await claimOne(driver)
  await t.rejects(driver.enqueue(bareJob('three')), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', message: /holds 2 unfinished jobs/ })
  t.equal(await driver.enqueue(bareJob('two')), 'two', 'a job that is stored already is no new one')
  await driver.settle(held, { outcome: 'failed', error: 'boom' })
  await driver.enqueue(withBody('three', 6))
  await driver.change('three', 'cancel')
  await driver.change('one', 'retry')
  await driver.change('two', 'cancel')
  await t.rejects(driver.enqueue(withBody('four', 5)), { message: /larger than 10 bytes/ }, 'a job that was brought back counts again')
})

t.test('100,000 jobs are listed by pages, by function and by state without a walk through all of them', async (t) => {
  const count = 100_000
  const { file, driver } = await createQueue(t)
  await driver.stats()
  insertJobs(file, count)
  const idsOf = async (filter: Parameters<QueueDriver['list']>[0]): Promise<number[]> => (await driver.list(filter)).map(({ id }) => Number(id))
  t.same(await idsOf({ offset: 99_998 }), [1, 0])
  t.same(await idsOf({ offset: 50_000, limit: 2 }), [49_999, 49_998])
  t.same(await idsOf({ function: 'f7', offset: 998 }), [107, 7])
  t.same(await idsOf({ state: 'waiting', function: 'f7', limit: 1 }), [99_907])
  t.same(await idsOf({ state: 'failed' }), [])
  const claims = await driver.claim({ limit: 3, leaseDuration: DAY, except: ['f0', 'f2'], signal: AbortSignal.timeout(10_000) })
  t.same(claims.map(({ job }) => job.id), ['1', '3', '4'])
  await assertTotals(t, file, driver, { waiting: count - 3, running: 3, succeeded: 0, failed: 0, cancelled: 0 })
})

async function createQueue (t: Test, options: Partial<SqliteQueueOptions> = {}): Promise<{ file: string, driver: QueueDriver }> {
  const file = options.file ?? join(await createDirectory(t), 'queue.sqlite')
  const driver = sqliteQueue({ ...options, file })
  t.teardown(() => driver.close())
  return { file, driver }
}

/** As many waiting jobs as would take a while to enqueue. */
function insertJobs (file: string, count: number): void {
  const database = new DatabaseSync(file)
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count - 1})`
  const call = JSON.stringify(bareJob('#', { function: 'f' }))
  database.exec(`
    BEGIN IMMEDIATE;
    INSERT INTO jobs (sequence, id, function, state, due, run_at, enqueued_at, attempt, size)
      ${numbers} SELECT n + 1, n, 'f' || (n % 100), 'waiting', n, n, n, 0, 0 FROM numbers;
    INSERT INTO calls (sequence, call) ${numbers} SELECT n + 1, replace('${call}', '#', n) FROM numbers;
    UPDATE totals SET waiting = ${count};
    COMMIT`)
  database.close()
}

function withBody (id: string, size: number): NewJob {
  const job = bareJob(id)
  return { ...job, request: { ...job.request, body: new Uint8Array(size) } }
}

async function claimOne (driver: QueueDriver, leaseDuration = 60_000): Promise<Claim> {
  const [claim] = await driver.claim({ limit: 1, leaseDuration, signal: AbortSignal.timeout(10_000) })
  if (claim === undefined) throw new Error('no job was due')
  return claim
}

/** What is counted along the way is what is there, and no call is left of a job that was forgotten. */
async function assertTotals (t: Test, file: string, driver: QueueDriver, expected: JobCounts): Promise<void> {
  t.same(await driver.stats(), expected)
  const database = new DatabaseSync(file)
  const counted = database.prepare('SELECT state, count(*) AS jobs FROM jobs GROUP BY state').all().map(({ state, jobs }) => [state, jobs])
  t.same({ waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, ...Object.fromEntries(counted) }, expected)
  const { left } = database.prepare('SELECT count(*) AS left FROM calls WHERE sequence NOT IN (SELECT sequence FROM jobs)').get()!
  t.equal(left, 0)
  database.close()
}
