import { createRequire, registerHooks } from 'node:module'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { bullmqQueue } from '../../lib/queue/bullmq.ts'
import { newJob } from '../../lib/queue/conformance/jobs.ts'
import { createPostgresServer } from './postgres-server.ts'
import { createRedisServer, missingRedis } from './redis-server.ts'

const require = createRequire(import.meta.url)
const unreachable = 'redis://127.0.0.1:1'

t.test('a bad option says what it should be', async (t) => {
  const bad: [object, RegExp][] = [
    [{ connection: 'mysql://localhost' }, /"connection" must be a URL of redis:/],
    [{ connection: undefined }, /"connection" must be a URL, an ioredis instance/],
    [{ connection: unreachable, database: 'mysql' }, /"database" must be/],
    [{ connection: unreachable, name: 'a:b' }, /"name" must be/],
    [{ connection: unreachable, prefix: '' }, /"prefix" must be/],
    [{ connection: unreachable, prefix: 5 }, /"prefix" must be/],
    [{ connection: unreachable, maxFinished: -1 }, /"maxFinished" must be/],
    [{ connection: unreachable, maxAge: -1 }, /"maxAge" must be/]
  ]
  t.throws(() => bullmqQueue(undefined as unknown as { connection: string }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /"connection" must be/ })
  for (const [options, message] of bad) {
    t.throws(() => bullmqQueue(options as { connection: string }), { code: 'FST_NETLIFY_INVALID_OPTION', message })
  }
})

t.test('making a queue connects to nothing', async (t) => {
  await bullmqQueue({ connection: unreachable }).close()
  await bullmqQueue({ connection: 'postgres://127.0.0.1:1/none' }).close()
  t.pass('closed')
})

t.test('a package that is not installed is named, with what installs it', async (t) => {
  for (const [connection, name, install] of [
    [unreachable, 'bullmq', 'bullmq ioredis'],
    [unreachable, 'ioredis', 'bullmq ioredis'],
    ['postgres://127.0.0.1:1/none', 'pg', 'bullmq pg']
  ] as const) {
    const hooks = registerHooks({
      resolve (specifier, context, next) {
        if (specifier === name) throw Object.assign(new Error('Cannot find package'), { code: 'MODULE_NOT_FOUND' })
        return next(specifier, context)
      }
    })
    t.throws(() => bullmqQueue({ connection }), {
      code: 'FST_NETLIFY_MISSING_PACKAGE',
      message: `"bullmqQueue()" needs the package "${name}", which is not installed; run: npm install ${install}`
    })
    hooks.deregister()
  }
})

t.test('on Redis', { skip: missingRedis() }, async (t) => {
  const server = await createRedisServer(t)
  await server.start()
  const { port } = new URL(server.url)

  await t.test('the connection may be a URL, options or an instance, which stays open', async (t) => {
    const { Redis } = require('ioredis') as typeof import('ioredis')
    const instance = new Redis(Number(port))
    t.teardown(() => instance.disconnect())
    for (const connection of [server.url, { host: '127.0.0.1', port: Number(port) }, instance]) {
      const driver = bullmqQueue({ connection, prefix: 'site', name: 'calls' })
      await driver.enqueue(newJob('one'))
      t.equal((await driver.stats()).waiting, 1)
      await driver.close()
    }
    t.equal(await instance.exists('site:calls:job-one'), 1)
  })

  await t.test('finished jobs beyond the limit go, and so do their keys', async (t) => {
    await keepsTwo(t, server.url)
  })

  await t.test('a password that is wrong is for somebody to put right', async (t) => {
    const driver = bullmqQueue({ connection: `redis://:secret-of-mine@127.0.0.1:${port}` })
    const { Redis } = require('ioredis') as typeof import('ioredis')
    const admin = new Redis(Number(port))
    t.teardown(() => admin.disconnect())
    await admin.config('SET', 'requirepass', 'right')
    const error = await driver.stats().catch((error: unknown) => error)
    t.match(error, { code: 'FST_NETLIFY_QUEUE_BROKEN', message: /Redis: WRONGPASS/ })
    t.notOk(inspect(error, { depth: Infinity, showHidden: true }).includes('secret-of-mine'), 'whoever logs the error does not log the password')
    const open = bullmqQueue({ connection: server.url })
    await t.rejects(open.stats(), { code: 'FST_NETLIFY_QUEUE_BROKEN', message: /Redis: NOAUTH/ })
    await admin.config('SET', 'requirepass', '')
    await driver.close()
    await open.close()
  })
})

t.test('on PostgreSQL', async (t) => {
  const server = await createPostgresServer(t)
  await server.start()

  await t.test('the connection may be a URL or options', async (t) => {
    const { hostname: host, port, username: user, password } = new URL(server.url)
    for (const [connection, database] of [
      [server.url, undefined],
      [{ connectionString: server.url }, undefined],
      [{ host, port: Number(port), user, password, database: 'postgres' }, 'postgres']
    ] as const) {
      const driver = bullmqQueue({ connection, ...database && { database } })
      await driver.enqueue(newJob('one'))
      t.equal((await driver.stats()).waiting, 1)
      await driver.close()
    }
  })

  await t.test('finished jobs beyond the limit go, and so do their keys', async (t) => {
    await keepsTwo(t, server.url)
  })

  await t.test('a password that is wrong is for somebody to put right', async (t) => {
    const driver = bullmqQueue({ connection: server.url.replace('password', 'wrong') })
    await t.rejects(driver.stats(), { code: 'FST_NETLIFY_QUEUE_BROKEN', message: /PostgreSQL: password authentication failed/ })
    await driver.close()
  })
})

async function keepsTwo (t: Test, connection: string): Promise<void> {
  const driver = bullmqQueue({ connection, name: 'few', maxFinished: 2 })
  const { signal } = new AbortController()
  for (const id of ['1', '2', '3']) {
    await driver.enqueue(newJob(id, { uniqueKey: `key-${id}` }))
    const [claim] = await driver.claim({ limit: 1, leaseDuration: 60_000, signal })
    if (claim) await driver.settle(claim, { outcome: 'succeeded' })
  }
  t.same((await driver.list()).map(({ id }) => id), ['3', '2'])
  t.equal(await driver.enqueue(newJob('again', { uniqueKey: 'key-2' })), '2')
  t.equal(await driver.enqueue(newJob('again', { uniqueKey: 'key-1' })), 'again')

  for (const id of ['4', '5', '6']) {
    await driver.enqueue(newJob(id))
    await driver.change(id, 'cancel')
  }
  t.same((await driver.list({ state: 'cancelled' })).map(({ id }) => id), ['6', '5'])
  await driver.close()
}
