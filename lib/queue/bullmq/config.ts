import { FST_NETLIFY_INVALID_OPTION } from '../../errors.ts'
import { checkCount } from '../count-option.ts'

const WEEK = 7 * 24 * 60 * 60 * 1000

export interface BullmqQueueOptions {
  /**
   * Where the jobs are. A URL (`redis:`, `rediss:`, `postgres:` or `postgresql:`), an ioredis instance, of which copies
   * are made, or the options of ioredis or of pg's pool.
   */
  connection: string | object
  /**
   * Which database `connection` leads to, where a URL does not say it.
   * @default 'redis', or 'postgres' where `connection` has a `connectionString`
   */
  database?: 'redis' | 'postgres'
  /**
   * BullMQ's name of the queue. Processes that share it share the jobs, so each site needs its own.
   * @default 'netlify-functions'
   */
  name?: string
  /**
   * What the keys in Redis begin with; BullMQ's tables in PostgreSQL lie in the schema `bullmq`.
   * @default 'bull'
   */
  prefix?: string
  /**
   * Succeeded, failed and cancelled jobs that stay listed, so many of each; the one that finished first goes first.
   * @default 1_000
   */
  maxFinished?: number
  /**
   * Milliseconds after which a succeeded or failed job goes when another one ends.
   * @default 604_800_000
   */
  maxAge?: number
}

export type ResolvedOptions = Readonly<Required<BullmqQueueOptions>>

/** Checks the options and fills in the defaults. @throws FST_NETLIFY_INVALID_OPTION */
export function resolveOptions (options: BullmqQueueOptions): ResolvedOptions {
  const { connection, name = 'netlify-functions', prefix = 'bull', maxFinished = 1_000, maxAge = WEEK } = options ?? {}
  const { database = databaseOf(connection) } = options ?? {}
  check('database', database === 'redis' || database === 'postgres', 'must be "redis" or "postgres"')
  check('name', isName(name), 'must be a text without a colon')
  check('prefix', typeof prefix === 'string' && isName(prefix.replaceAll(':', '')), 'must be a text')
  checkCount('maxFinished', maxFinished, 0)
  checkCount('maxAge', maxAge, 0)
  return { connection, database, name, prefix, maxFinished, maxAge }
}

function databaseOf (connection: unknown): ResolvedOptions['database'] {
  if (typeof connection === 'string') {
    if (/^rediss?:/.test(connection)) return 'redis'
    check('connection', /^postgres(?:ql)?:/.test(connection), 'must be a URL of redis:, rediss:, postgres: or postgresql:')
    return 'postgres'
  }
  if (typeof connection !== 'object' || connection === null) {
    throw new FST_NETLIFY_INVALID_OPTION('connection', 'must be a URL, an ioredis instance, or options of ioredis or pg')
  }
  check('connection', !('isCluster' in connection && connection.isCluster === true), 'must lead to a single Redis, not to a cluster')
  return 'connectionString' in connection ? 'postgres' : 'redis'
}

function isName (value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.includes(':')
}

function check (option: string, isRight: boolean, rule: string): void {
  if (!isRight) throw new FST_NETLIFY_INVALID_OPTION(option, rule)
}
