import t from 'tap'
import { bullmqQueue } from '../../lib/queue/bullmq.ts'
import { createOutage } from '../../lib/queue/outage.ts'
import { captureLog, createApp, listen } from '../helper.ts'
import { createPostgresServer } from '../queue/postgres-server.ts'
import { createRedisServer, missingRedis } from '../queue/redis-server.ts'

const files = {
  'netlify/functions/hello.mjs': 'export default () => new Response("hi")',
  'netlify/functions/send-background.mjs': 'export default () => {}'
}
const databases = [
  { name: 'Redis', createServer: createRedisServer, skip: missingRedis() },
  { name: 'PostgreSQL', createServer: createPostgresServer, skip: false }
]
const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => { unhandled.push(reason) })

for (const { name, createServer, skip } of databases) {
  t.test(`a site whose ${name} is down at boot, and lost later, goes on without a restart`, { skip }, async (t) => {
    const database = await createServer(t)
    const log = captureLog()
    const app = await createApp(t, files, { queue: bullmqQueue({ connection: database.url }) }, { logger: log.logger })
    const origin = await listen(app)
    const { jobs } = app.netlifyFunctions
    const call = async (path: string): Promise<Response> => await fetch(`${origin}/.netlify/functions/${path}`, { method: 'POST', body: 'hello' })
    const refused = async (): Promise<void> => {
      const response = await call('send-background')
      t.equal(response.status, 503)
      t.match(await response.json(), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' })
      t.equal((await call('hello')).status, 200, 'other functions do not notice')
    }
    const runsAgain = async (): Promise<void> => {
      const succeeded = nextSuccess(app.netlifyFunctions)
      await createOutage({ info () {}, error () {} }).survive(async () => {
        const { status } = await call('send-background')
        if (status !== 202) throw new Error(`${status}`)
      }, AbortSignal.timeout(30_000))
      await succeeded
    }

    await refused()
    await database.start()
    await runsAgain()

    await database.kill()
    await refused()
    await t.rejects(jobs.stats(), { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' })
    await database.start()
    await runsAgain()
    await log.line(({ msg }) => msg === 'background queue is reachable again')
    t.match(await jobs.stats(), { failed: 0 })

    await database.kill()
    const start = performance.now()
    await app.close()
    t.ok(performance.now() - start < 6_000, 'nor does an outage hold up close()')
  })
}

t.test('no promise was left unhandled', async (t) => t.same(unhandled, []))

async function nextSuccess ({ on, off }: Pick<Awaited<ReturnType<typeof createApp>>['netlifyFunctions'], 'on' | 'off'>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const listener: Parameters<typeof on<'job'>>[1] = ({ type }) => { if (type === 'succeeded') resolve() }
  on('job', listener)
  await promise
  off('job', listener)
}
