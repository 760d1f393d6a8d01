import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import type { ClaimOptions, QueueDriver } from '../../lib/queue/driver.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createDirectory } from './directory.ts'
import { bareJob } from './remote-queue.ts'

t.test('making a driver does nothing, its first call starts the thread', async (t) => {
  const { file, driver, threads } = await createQueue(t)
  t.same(threads, [])
  await t.rejects(readFile(file), { code: 'ENOENT' })
  await driver.stats()
  t.equal(threads.length, 1)
})

t.test('closing one that was never used starts nothing', async (t) => {
  const { driver, threads } = await createQueue(t)
  await driver.close()
  t.same(threads, [])
})

t.test('when the thread dies, calls under way are told so, and the next call starts another', async (t) => {
  const { driver, threads } = await createQueue(t)
  await driver.enqueue(bareJob('one', { runAt: Date.now() + 3_600_000 }))
  const waiting = driver.claim(options())
  await driver.stats()
  const ended = t.rejects(waiting, { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', message: /its thread has ended/ })
  await threads[0]!.terminate()
  await ended
  await driver.enqueue(bareJob('two'))
  t.match(await driver.claim(options()), [{ job: { id: 'two' } }])
  t.equal(threads.length, 2)
  await driver.change('one', 'cancel')
  t.same(await driver.stats(), { waiting: 0, running: 1, succeeded: 0, failed: 0, cancelled: 1 })
})

t.test('a thread that dies while the queue closes does not hold it up', async (t) => {
  const { driver, threads } = await createQueue(t)
  await driver.stats()
  const waiting = driver.claim(options()).catch((error: { code: string }) => error.code)
  // In this order it dies before it answers, however busy the machine is.
  const ending = threads[0]!.terminate()
  await driver.close()
  await ending
  t.match(await waiting, /^FST_NETLIFY_QUEUE_UNAVAILABLE$/)
})

t.test('close stores what was asked before it', async (t) => {
  const { file, driver } = await createQueue(t)
  const calls = Array.from({ length: 50 }, (_, index) => driver.enqueue(bareJob(`job-${index}`)))
  await driver.close()
  t.equal((await Promise.all(calls)).length, 50)
  const again = sqliteQueue({ file })
  t.teardown(() => again.close())
  t.equal((await again.stats()).waiting, 50)
})

t.test('close ends the thread', async (t) => {
  const { driver, threads } = await createQueue(t)
  await driver.stats()
  const exit = once(threads[0]!, 'exit')
  await driver.close()
  await exit
  t.equal(threads[0]!.threadId, -1)
})

t.test('calls of one turn share one message and one commit, and an answer comes after it', async (t) => {
  const { file, driver, threads } = await createQueue(t)
  await driver.stats()
  const before = await countCommits(file)
  let messages = 0
  const { postMessage } = threads[0]!
  threads[0]!.postMessage = (...args: Parameters<typeof postMessage>) => {
    messages++
    postMessage.apply(threads[0], args)
  }
  const calls = Array.from({ length: 100 }, (_, index) => driver.enqueue(bareJob(`job-${index}`)))
  await Promise.race(calls)
  t.equal(await countCommits(file), before + 1)
  await Promise.all(calls)
  t.equal(messages, 1)
})

t.test('a process ends by itself while a claim waits, but not before a job is stored or one that is due is given', async (t) => {
  t.same(await runScript(t, "await driver.stats(); driver.claim(options).then(() => console.log('got one'))"), { stdout: '', stderr: '' })
  t.same(await runScript(t, "driver.enqueue(job).then((id) => console.log('stored', id))"), { stdout: 'stored one\n', stderr: '' })
  t.same(await runScript(t, "await driver.enqueue(job); driver.claim(options).then((claims) => console.log('claims', claims.length))"), { stdout: 'claims 1\n', stderr: '' })
})

t.test('bad options are refused by name and rule', async (t) => {
  const file = 'queue.sqlite'
  const code = 'FST_NETLIFY_INVALID_OPTION'
  t.throws(() => sqliteQueue({ file: '' }), { code, message: 'Option "file" must be the path of a file' })
  t.throws(() => sqliteQueue({} as { file: string }), { code })
  t.throws(() => sqliteQueue(undefined as unknown as { file: string }), { code })
  t.throws(() => sqliteQueue({ file, maxJobs: 0 }), { code, message: 'Option "maxJobs" must be a whole number of at least 1, or Infinity' })
  t.throws(() => sqliteQueue({ file, maxBytes: 1.5 }), { code, message: /"maxBytes"/ })
  t.throws(() => sqliteQueue({ file, maxFinished: -1 }), { code, message: /"maxFinished"/ })
  t.throws(() => sqliteQueue({ file, maxAge: NaN }), { code, message: /"maxAge"/ })
  t.doesNotThrow(() => sqliteQueue({ file, maxJobs: Infinity, maxBytes: Infinity, maxFinished: 0, maxAge: Infinity }))
})

async function createQueue (t: Test): Promise<{ file: string, driver: QueueDriver, threads: Worker[] }> {
  const file = join(await createDirectory(t), 'queue.sqlite')
  const threads: Worker[] = []
  const onThread = (worker: Worker): void => { threads.push(worker) }
  process.on('worker', onThread)
  t.teardown(() => process.off('worker', onThread))
  const driver = sqliteQueue({ file })
  t.teardown(() => driver.close())
  return { file, driver, threads }
}

function options (): ClaimOptions {
  return { limit: 1, leaseDuration: 60_000, signal: AbortSignal.timeout(10_000) }
}

/** Commits in the write-ahead log: frames that give the size of the database. https://www.sqlite.org/fileformat2.html#walformat */
async function countCommits (file: string): Promise<number> {
  const log = await readFile(`${file}-wal`)
  const frameSize = 24 + log.readUInt32BE(8)
  let commits = 0
  for (let frame = 32; frame < log.length; frame += frameSize) {
    if (log.readUInt32BE(frame + 4) !== 0) commits++
  }
  return commits
}

async function runScript (t: Test, body: string): Promise<{ stdout: string, stderr: string }> {
  const file = join(await createDirectory(t), 'queue.sqlite')
  const script = `
    import { sqliteQueue } from ${JSON.stringify(import.meta.resolve('../../lib/queue/sqlite.ts'))}
    const driver = sqliteQueue({ file: ${JSON.stringify(file)} })
    const options = { limit: 1, leaseDuration: 1_000, signal: new AbortController().signal }
    const job = { id: 'one', function: 'f', deployId: '0', requestId: 'r', ip: '::1', params: {}, request: { method: 'POST', url: 'http://localhost/', headers: {}, body: null } }
    ${body}`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 })
  return { stdout, stderr }
}
