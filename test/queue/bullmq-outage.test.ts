import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { bullmqQueue } from '../../lib/queue/bullmq.ts'
import { ids, newJob } from '../../lib/queue/conformance/jobs.ts'
import { createConsumer } from '../../lib/queue/consumer.ts'
import type { Claim, QueueDriver } from '../../lib/queue/driver.ts'
import { createOutage } from '../../lib/queue/outage.ts'
import { createPostgresServer } from './postgres-server.ts'
import { createRedisServer, missingRedis } from './redis-server.ts'

/** A caller waits no longer for its 503. */
const PATIENCE = 5_000
const unavailable = { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE', statusCode: 503 }
const silent = { info () {}, warn () {}, error () {} }

const databases = [
  { name: 'Redis', createServer: createRedisServer, skip: missingRedis(), protocol: 'redis' },
  { name: 'PostgreSQL', createServer: createPostgresServer, skip: false, protocol: 'postgres' }
]

for (const { name, createServer: createDatabase, skip, protocol } of databases) {
  t.test(`${name} that is not there yet`, { skip }, async (t) => {
    const server = await createDatabase(t)
    const driver = bullmqQueue({ connection: server.url })
    await within(t, PATIENCE, t.rejects(driver.enqueue(newJob('one')), unavailable))
    await within(t, PATIENCE, t.rejects(claimOne(driver), unavailable))
    await within(t, PATIENCE, t.rejects(driver.stats(), unavailable))

    const other = bullmqQueue({ connection: server.url })
    const call = other.enqueue(newJob('one')).catch((error) => error.code)
    await within(t, 2_000, other.close())
    t.equal(await call, unavailable.code)

    await server.start()
    t.equal(await driver.enqueue(newJob('one')), 'one')
    t.same(ids(await claimOne(driver)), ['one'])
    await driver.close()
  })

  t.test(`${name} that dies and comes back`, { skip }, async (t) => {
    const server = await createDatabase(t)
    await server.start()
    const driver = bullmqQueue({ connection: server.url })
    await driver.enqueue(newJob('held'))
    const [held] = await claimOne(driver)
    const later = Date.now() + 1_000
    await driver.enqueue(newJob('later', { runAt: later }))
    const waiting = claimOne(driver).then(ids, (error) => error.code)

    await server.kill()
    t.equal(await waiting, unavailable.code, 'a claim that waits says so')
    await within(t, PATIENCE, t.rejects(driver.enqueue(newJob('refused')), unavailable))
    await within(t, PATIENCE, t.rejects(driver.extend(held as Claim, 60_000), unavailable))
    const leaving = bullmqQueue({ connection: server.url })
    await leaving.enqueue(newJob('refused')).catch(() => {})
    await within(t, 2_000, leaving.close())

    await server.start()
    t.equal(await untilItAnswers(() => driver.settle(held as Claim, { outcome: 'succeeded' })), true)
    t.same(ids(await claimOne(driver)), ['later'])
    t.same(await driver.stats(), { waiting: 0, running: 1, succeeded: 1, failed: 0, cancelled: 0 })

    await server.kill()
    await within(t, 2_000, driver.close())
  })

  t.test(`a consumer goes on where ${name} comes back`, { skip }, async (t) => {
    const server = await createDatabase(t)
    await server.start()
    const driver = bullmqQueue({ connection: server.url })
    const ran = Promise.withResolvers<string>()
    const run = async ({ id }: { id: string }): Promise<void> => ran.resolve(id)
    const lost = Promise.withResolvers<void>()
    const log = { ...silent, error: () => lost.resolve() }
    const places = { total: 1, perFunction: Infinity, shared: false }
    const consumer = createConsumer({ driver, run, knows: () => true, places, retryDelaysOf: () => [], leaseDuration: 60_000, log, emit () {} })
    consumer.start()
    await driver.stats()
    await server.kill()
    await lost.promise
    await server.start()
    await untilItAnswers(() => driver.enqueue(newJob('one')))
    t.equal(await ran.promise, 'one')
    await consumer.close(1_000)
    await driver.close()
  })

  t.test(`a server in the place of ${name} that never answers`, { skip }, async (t) => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const driver = bullmqQueue({ connection: `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}` })
    await within(t, PATIENCE, t.rejects(driver.enqueue(newJob('one')), unavailable))
    const call = t.rejects(driver.enqueue(newJob('two')), unavailable)
    await within(t, 2_000, driver.close())
    await call
  })
}

async function claimOne (driver: QueueDriver): Promise<Claim[]> {
  return await driver.claim({ limit: 1, leaseDuration: 60_000, signal: AbortSignal.timeout(20_000) })
}

async function untilItAnswers<Answer> (call: () => Promise<Answer>): Promise<Answer | undefined> {
  return await createOutage(silent).survive(call, AbortSignal.timeout(20_000))
}

async function within (t: Test, milliseconds: number, work: Promise<unknown>): Promise<void> {
  const start = performance.now()
  await work
  const took = Math.round(performance.now() - start)
  t.ok(took < milliseconds, `took ${took} ms of ${milliseconds}`)
}
