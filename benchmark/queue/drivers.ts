import { join } from 'node:path'
import type { QueueDriver } from '../../dist/queue/driver.js'
import { benchmark } from '../directory.ts'
import type { Database } from './database.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'

/** A queue that is measured. */
export interface MeasuredQueue {
  /** What the report calls it. */
  readonly title: string
  /** The server that holds its jobs; a queue without one is what sites begin with, and has goals. */
  readonly database?: Database
  /** Opens it as it is published, at the URL of its database or in a directory of its own. */
  open (place: string): Promise<QueueDriver>
}

/** All queues, by the names of the command line. */
export const drivers: Readonly<Record<string, MeasuredQueue>> = {
  memory: {
    title: '`memory`',
    open: async () => (await load<typeof import('../../dist/queue/memory.js')>('memory')).memoryQueue()
  },
  sqlite: {
    title: '`sqlite`',
    open: async (directory) => (await load<typeof import('../../dist/queue/sqlite.js')>('sqlite')).sqliteQueue({ file: join(directory, 'jobs.sqlite') })
  },
  'bullmq-redis': { title: '`bullmq` on Redis', database: redis, open: openBullmq },
  'bullmq-postgres': { title: '`bullmq` on PostgreSQL', database: postgres, open: openBullmq }
}

async function openBullmq (connection: string): Promise<QueueDriver> {
  return (await load<typeof import('../../dist/queue/bullmq.js')>('bullmq')).bullmqQueue({ connection })
}

async function load<Module> (name: string): Promise<Module> {
  return await import(new URL(`../dist/queue/${name}.js`, benchmark).href) as Module
}
