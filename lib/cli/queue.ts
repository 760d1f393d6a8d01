import { join, resolve } from 'node:path'
import type { QueueDriver } from '../index.ts'
import { usage } from './failure.ts'

const RULE = '"--queue" must be memory, sqlite:FILE, redis://… or postgres://…'
const DATABASE = /^(rediss?|postgres(ql)?):\/\//

/** The file that a server uses without `--queue`. */
export function defaultQueueFile (root: string): string {
  return join(root, '.netlify', 'background.sqlite')
}

/** Makes the queue that `--queue` names; `undefined` for the plugin's default. */
export async function openQueue (given: string | undefined): Promise<QueueDriver | undefined> {
  if (given === undefined) return undefined
  if (given === 'memory') return await openMemory()
  if (given.startsWith('sqlite:')) return await openSqlite(given.slice('sqlite:'.length))
  // The text may hold a password, so no message repeats it.
  if (!DATABASE.test(given) || !URL.canParse(given)) throw usage(RULE)
  const { bullmqQueue } = await import('../queue/bullmq.ts')
  return bullmqQueue({ connection: given })
}

export async function openMemory (): Promise<QueueDriver> {
  const { memoryQueue } = await import('../queue/memory.ts')
  return memoryQueue()
}

export async function openSqlite (file: string): Promise<QueueDriver> {
  if (file === '') throw usage(RULE)
  const { sqliteQueue } = await import('../queue/sqlite.ts')
  return sqliteQueue({ file: resolve(file) })
}
