import { execFile, execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createDirectory } from './directory.ts'
import { bareJob, startQueue } from './remote-queue.ts'
import { mountDisk } from './small-disk.ts'

const UNAVAILABLE = { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' }
/** About 10 KB of it, so that a few hundred fill the disk. */
const padding = { params: { padding: 'x'.repeat(10_000) } }

t.test('on a full disk a call is refused, none that was accepted is lost, and with space it works again', async (t) => {
  const directory = mountDisk(t, '4m')
  if (directory === undefined) return t.pass('this process may not mount a file system', { skip: true })
  const file = join(directory, 'queue.sqlite')
  const driver = sqliteQueue({ file })
  t.teardown(() => driver.close())
  await driver.stats()
  const ballast = join(directory, 'ballast')
  await writeFile(ballast, Buffer.alloc(1024 ** 2))

  const { accepted, refused } = await fill(async (id) => await driver.enqueue(bareJob(id, padding)))
  t.ok(accepted.length > 0)
  t.ok(refused.length > 0)
  t.ok(refused.every((error) => error.code === UNAVAILABLE.code), 'each refusal has the code')
  t.match(refused[0]?.message, /its disk is full/)
  t.same((await driver.list({ limit: Infinity })).map(({ id }) => id).sort(), accepted.toSorted())

  await rm(ballast)
  t.equal(await driver.enqueue(bareJob('after', padding)), 'after')
  const claims = await driver.claim({ limit: 10_000, leaseDuration: 60_000, signal: AbortSignal.timeout(10_000) })
  t.same(claims.map(({ job }) => job.id).sort(), [...accepted, 'after'].sort())
  await checkFile(t, file, accepted.length + 1)
})

t.test('a disk that is full when the file is made is no broken file', async (t) => {
  const directory = mountDisk(t, '32k')
  if (directory === undefined) return t.pass('this process may not mount a file system', { skip: true })
  const driver = sqliteQueue({ file: join(directory, 'queue.sqlite') })
  t.teardown(() => driver.close())
  await writeFile(join(directory, 'ballast'), Buffer.alloc(28 * 1024))
  await t.rejects(driver.stats(), UNAVAILABLE)
  execFileSync('mount', ['-o', 'remount,size=4m', directory])
  t.equal(await driver.enqueue(bareJob('one')), 'one')
})

t.test('at the limit of a file\'s size likewise', { skip: process.platform !== 'linux' && 'the limit is lifted with prlimit' }, async (t) => {
  const file = join(await createDirectory(t), 'queue.sqlite')
  // Blocks of 512 bytes, or of 1,024 in some shells.
  const queue = startQueue(t, { file }, '-S -f 4096')
  await queue.stats()
  const { accepted, refused } = await fill(async (id) => await queue.enqueue(bareJob(id, padding)))
  t.ok(accepted.length > 0)
  t.ok(refused.length > 0)
  t.ok(refused.every((error) => error.code === UNAVAILABLE.code), 'each refusal has the code')

  await promisify(execFile)('prlimit', ['--fsize=unlimited:', `--pid=${queue.child.pid}`])
  t.equal(await queue.enqueue(bareJob('after', padding)), 'after')
  const claims = await queue.claim({ limit: 10_000, leaseDuration: 60_000, patience: 10_000 })
  t.same(claims.map(({ job }) => job.id).sort(), [...accepted, 'after'].sort())
  await queue.kill()
  await checkFile(t, file, accepted.length + 1)
})

/** Enqueues from ten callers until each is refused. */
async function fill (enqueue: (id: string) => Promise<string>): Promise<{ accepted: string[], refused: Array<Error & { code?: string }> }> {
  const accepted: string[] = []
  const refused: Error[] = []
  await Promise.all(Array.from({ length: 10 }, async (_, caller) => {
    try {
      for (let index = 0; index < 1_000; index++) accepted.push(await enqueue(`${caller}-${index}`))
    } catch (error) {
      refused.push(error as Error)
    }
  }))
  return { accepted, refused }
}

async function checkFile (t: Test, file: string, jobs: number): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(file)
  t.same({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  t.same({ ...database.prepare('SELECT count(*) AS jobs FROM jobs').get() }, { jobs })
  database.close()
}
