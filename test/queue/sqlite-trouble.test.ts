import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { QueueDriver } from '../../lib/queue/driver.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createDirectory } from './directory.ts'
import { bareJob } from './remote-queue.ts'
import { mountDisk, remountReadOnly } from './small-disk.ts'

const BROKEN = { code: 'FST_NETLIFY_QUEUE_BROKEN', statusCode: 503 }
const UNAVAILABLE = { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', statusCode: 503 }

t.test('a file that is no database is refused and left alone', async (t) => {
  const { file, driver } = await createQueue(t, 'notes about a database, not one itself\n'.repeat(100))
  await t.rejects(driver.stats(), { ...BROKEN, message: `The background queue cannot work with ${file}: it is not a SQLite database (file is not a database); give the queue another file, or move this one and those beside it away; the jobs in it do not run then` })
  await t.rejects(driver.enqueue(bareJob('one')), BROKEN)
  await t.rejects(claim(driver), BROKEN)
  t.match(await readFile(file, 'utf8'), /^notes about/)
})

t.test('once the file is put right, the same driver works', async (t) => {
  const { file, driver } = await createQueue(t, 'no database'.repeat(100))
  await t.rejects(driver.stats(), BROKEN)
  await rm(file)
  t.equal(await driver.enqueue(bareJob('one')), 'one')
})

t.test('the database of something else is refused and left alone', async (t) => {
  const { file, driver } = await createQueue(t)
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE customers (name TEXT)')
  const before = await readFile(file)
  await t.rejects(driver.stats(), { ...BROKEN, message: /it is the database of something else; give the queue a file of its own/ })
  database.close()
  t.ok(before.equals(await readFile(file)))
})

t.test('a database that is damaged is refused', async (t) => {
  const { file, driver } = await createQueue(t)
  for (let index = 0; index < 100; index++) await driver.enqueue(bareJob(`job-${index}`))
  await driver.close()
  const bytes = await readFile(file)
  await writeFile(file, bytes.fill(0x5a, 4096, bytes.length - 4096))
  const again = openQueue(t, file)
  await t.rejects(again.enqueue(bareJob('one')), { ...BROKEN, message: /the database in it is damaged/ })
  await t.rejects(claim(again), BROKEN)
})

t.test('a file that is cut short is refused', async (t) => {
  const { file, driver } = await createQueue(t)
  for (let index = 0; index < 100; index++) await driver.enqueue(bareJob(`job-${index}`))
  await driver.close()
  await writeFile(file, (await readFile(file)).subarray(0, 10_000))
  await t.rejects(openQueue(t, file).enqueue(bareJob('one')), BROKEN)
})

t.test('a path that can never be written is refused, whoever runs the process', async (t) => {
  const directory = await createDirectory(t)
  await writeFile(join(directory, 'file'), '')
  await mkdir(join(directory, 'directory.sqlite'))
  for (const path of ['file/queue.sqlite', 'file/deep/queue.sqlite', 'directory.sqlite']) {
    const driver = openQueue(t, join(directory, path))
    await t.rejects(driver.stats(), { ...BROKEN, message: /it cannot be opened or written .*; give the queue a file that this process may create and write, or use memoryQueue\(\)/ }, path)
    await t.rejects(driver.enqueue(bareJob('one')), BROKEN)
  }
})

t.test('a read-only directory is refused, with a file in it or without', async (t) => {
  const directory = await createReadOnly(t)
  if (directory === undefined) return t.pass('root may write everywhere, and this one may not mount a file system', { skip: true })
  for (const name of ['new/queue.sqlite', 'new.sqlite', 'old.sqlite']) {
    await t.rejects(openQueue(t, join(directory, name)).stats(), { ...BROKEN, message: /cannot be opened or written/ }, name)
  }
})

t.test('a file that another process has locked is waited for, then a caller is told to come back', async (t) => {
  const { file, driver } = await createQueue(t)
  await driver.enqueue(bareJob('one'))
  const other = new DatabaseSync(file)
  t.teardown(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  let turns = 0
  const timer = setInterval(() => turns++, 10)
  t.teardown(() => clearInterval(timer))
  await t.rejects(driver.enqueue(bareJob('two')), { ...UNAVAILABLE, message: /locked by another process/ })
  t.ok(turns > 50, 'the event loop did not wait for the file')
  const patient = driver.enqueue(bareJob('three'))
  other.exec('ROLLBACK')
  t.equal(await patient, 'three')
  t.equal((await driver.stats()).waiting, 2)
})

t.test('of calls that share a transaction only the one at fault fails', async (t) => {
  const { driver } = await createQueue(t)
  const results = await Promise.allSettled([
    driver.enqueue(bareJob('one')),
    driver.enqueue(bareJob('bad', { runAt: NaN })),
    driver.enqueue(bareJob('two')),
    driver.change('one', 'cancel'),
    driver.enqueue(bareJob('three'))
  ])
  t.same(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  t.match(results[1], { reason: UNAVAILABLE })
  t.same((await driver.list()).map(({ id, state }) => [id, state]), [['three', 'waiting'], ['two', 'waiting'], ['one', 'cancelled']])
  t.same(await driver.stats(), { waiting: 2, running: 0, succeeded: 0, failed: 0, cancelled: 1 })
})

t.test('a file that is deleted while it is in use is made anew, so that what is accepted then can be found', async (t) => {
  const { file, driver } = await createQueue(t)
  await driver.enqueue(bareJob('gone'))
  for (const name of [file, `${file}-wal`, `${file}-shm`]) await rm(name, { force: true })
  t.equal(await driver.enqueue(bareJob('kept')), 'kept')
  t.same((await openQueue(t, file).list()).map(({ id }) => id), ['kept'])
})

async function createQueue (t: Test, content?: string): Promise<{ file: string, driver: QueueDriver }> {
  const file = join(await createDirectory(t), 'queue.sqlite')
  if (content !== undefined) await writeFile(file, content)
  return { file, driver: openQueue(t, file) }
}

function openQueue (t: Test, file: string): QueueDriver {
  const driver = sqliteQueue({ file })
  t.teardown(() => driver.close())
  return driver
}

/** Root ignores permissions, so for root it is a file system that is mounted read-only. */
async function createReadOnly (t: Test): Promise<string | undefined> {
  const isRoot = process.getuid?.() === 0
  const directory = isRoot ? mountDisk(t, '1m') : await createDirectory(t)
  if (directory === undefined) return undefined
  const driver = sqliteQueue({ file: join(directory, 'old.sqlite') })
  await driver.enqueue(bareJob('old'))
  await driver.close()
  if (isRoot) {
    remountReadOnly(directory)
    return directory
  }
  await chmod(join(directory, 'old.sqlite'), 0o444)
  await chmod(directory, 0o555)
  t.teardown(async () => await chmod(directory, 0o755))
  return directory
}

async function claim (driver: QueueDriver): Promise<unknown> {
  return await driver.claim({ limit: 1, leaseDuration: 1_000, signal: AbortSignal.timeout(10_000) })
}
