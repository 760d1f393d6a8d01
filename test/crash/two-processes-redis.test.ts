import t from 'tap'
import { createRedisServer, missingRedis } from '../queue/redis-server.ts'
import { crashRun } from './crash-run.ts'

t.test('two processes on Redis, killed ten times: each of 2,000 accepted calls runs', { skip: missingRedis() }, async (t) => {
  const redis = await createRedisServer(t)
  await redis.start()
  await crashRun(t, { processes: 2, calls: 2_000, kills: 10, queue: { subpath: 'bullmq', factory: 'bullmqQueue', options: { connection: redis.url } } })
})
