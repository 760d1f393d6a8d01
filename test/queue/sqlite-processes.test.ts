import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createDirectory } from './directory.ts'
import { bareJob, startQueue, type RemoteQueue } from './remote-queue.ts'

t.test('a process that is killed in the middle of a burst loses no job that it has accepted', async (t) => {
  const file = await createFile(t)
  const accepted: string[] = []
  for (let round = 0; round < 3; round++) {
    const queue = startQueue(t, { file })
    await queue.stats()
    const enough = 200 * (round + 1)
    const callers = Array.from({ length: 50 }, async (_, caller) => {
      for (let index = 0; ; index++) accepted.push(await queue.enqueue(bareJob(`${round}-${caller}-${index}`)))
    })
    const killed = once(queue.child, 'exit')
    while (accepted.length < enough) await once(queue.child, 'message')
    queue.child.kill('SIGKILL')
    await Promise.allSettled(callers)
    await killed
  }
  const driver = sqliteQueue({ file })
  t.teardown(() => driver.close())
  const stored = new Set((await driver.list({ limit: Infinity })).map(({ id }) => id))
  t.comment(`${accepted.length} accepted, ${stored.size} stored`)
  t.same(accepted.filter((id) => !stored.has(id)), [])
  t.equal((await driver.stats()).waiting, stored.size)
})

t.test('two processes that make one file at the same time share the work, and no job is given twice', async (t) => {
  const file = await createFile(t)
  const queues = [startQueue(t, { file }), startQueue(t, { file })]
  const expected: string[] = []
  const given: string[] = []
  const producers = queues.flatMap((queue, side) => Array.from({ length: 10 }, async (_, caller) => {
    for (let index = 0; index < 30; index++) expected.push(await queue.enqueue(bareJob(`${side}-${caller}-${index}`)))
  }))
  const shares = await Promise.all(queues.map(async (queue) => await consume(queue, given)))
  await Promise.all(producers)
  t.same(given.sort(), expected.sort())
  t.equal(given.length, 600)
  t.comment(`given: ${shares.join(' and ')}`)
  t.same(await queues[0]!.stats(), { waiting: 0, running: 0, succeeded: 600, failed: 0, cancelled: 0 })

  async function consume (queue: RemoteQueue, given: string[]): Promise<number> {
    let count = 0
    while (given.length < 600) {
      const claims = await queue.claim({ limit: 5, leaseDuration: 60_000, patience: 500 })
      given.push(...claims.map(({ job }) => job.id))
      count += claims.length
      await Promise.all(claims.map(async (claim) => await queue.settle(claim, { outcome: 'succeeded' })))
    }
    return count
  }
})

t.test('a claim that waits in one process gets what another enqueues, and one unique key is stored once', async (t) => {
  const file = await createFile(t)
  const [one, other] = [startQueue(t, { file }), startQueue(t, { file })]
  const waiting = one.claim({ limit: 1, leaseDuration: 60_000, patience: 20_000 })
  await Promise.all([one.stats(), other.stats()])
  await Promise.all([one, other].map(async (queue, index) => await queue.enqueue(bareJob(`job-${index}`, { uniqueKey: 'tick', runAt: Date.now() + 3_600_000 }))))
  t.equal((await one.stats()).waiting, 1)
  await other.enqueue(bareJob('now'))
  t.match(await waiting, [{ job: { id: 'now', attempt: 1 } }])
})

t.test('a job of a process that was killed comes back when its lease ends', async (t) => {
  const file = await createFile(t)
  const [one, other] = [startQueue(t, { file }), startQueue(t, { file })]
  await one.enqueue(bareJob('one'))
  const [lost] = await one.claim({ limit: 1, leaseDuration: 300, patience: 20_000 })
  await one.kill()
  const [found] = await other.claim({ limit: 1, leaseDuration: 60_000, patience: 20_000 })
  t.equal(found?.job.attempt, 2)
  t.equal(await other.settle(lost!, { outcome: 'succeeded' }), false)
  t.equal(await other.settle(found!, { outcome: 'succeeded' }), true)
})

async function createFile (t: Test): Promise<string> {
  return join(await createDirectory(t), 'deep', 'down', 'queue.sqlite')
}
