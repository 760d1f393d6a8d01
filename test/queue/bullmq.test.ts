import t from 'tap'
import { queueConformance } from '../../lib/queue/conformance.ts'
import { bullmqQueue } from '../../lib/queue/bullmq.ts'
import { createPostgresServer } from './postgres-server.ts'
import { createRedisServer, missingRedis } from './redis-server.ts'

let queues = 0

t.test('on Redis', { skip: missingRedis() }, async (t) => {
  const server = await createRedisServer(t)
  await server.start()
  queueConformance((name, body) => t.test(name, body), () => bullmqQueue({ connection: server.url, name: `queue-${++queues}` }), { clock: 'own' })
})

t.test('on PostgreSQL', async (t) => {
  const server = await createPostgresServer(t)
  await server.start()
  queueConformance((name, body) => t.test(name, body), () => bullmqQueue({ connection: server.url, name: `queue-${++queues}` }), { clock: 'own' })
})
