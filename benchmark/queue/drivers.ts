import { join } from 'node:path'
import type { QueueDriver } from '../../dist/queue/driver.js'
import { benchmark } from '../directory.ts'

type Drivers = Readonly<Record<string, (directory: string) => Promise<QueueDriver>>>

/** The queues that are measured, as they are published; each may keep its files in the directory. */
export const drivers: Drivers = {
  memory: async () => (await load<typeof import('../../dist/queue/memory.js')>('memory')).memoryQueue(),
  sqlite: async (directory) => (await load<typeof import('../../dist/queue/sqlite.js')>('sqlite')).sqliteQueue({ file: join(directory, 'jobs.sqlite') })
}

async function load<Module> (name: string): Promise<Module> {
  return await import(new URL(`../dist/queue/${name}.js`, benchmark).href) as Module
}
