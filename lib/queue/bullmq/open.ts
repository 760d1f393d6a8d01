import { createRequire } from 'node:module'
import type { RedisOptions } from 'ioredis'
import type { PoolConfig } from 'pg'
import { FST_NETLIFY_MISSING_PACKAGE } from '../../errors.ts'
import type { ResolvedOptions } from './config.ts'
import { openPostgresStore } from './postgres.ts'
import { openRedisStore } from './redis.ts'
import type { LeaseSettings, Store } from './store.ts'

/** Loads the packages that a store needs and gives what opens it. @throws FST_NETLIFY_MISSING_PACKAGE */
export function opener ({ connection, database, name, prefix }: ResolvedOptions, settings: LeaseSettings): (signal: AbortSignal) => Promise<Store> {
  const bullmq = load<typeof import('bullmq')>('bullmq', database)
  if (database === 'postgres') {
    const pg = load<typeof import('pg')>('pg', database)
    return (signal) => openPostgresStore({ bullmq, pg, connection: connection as string | PoolConfig, name, settings }, signal)
  }
  const ioredis = load<typeof import('ioredis')>('ioredis', database)
  return (signal) => openRedisStore({ bullmq, ioredis, connection: connection as string | RedisOptions, name, prefix, settings }, signal)
}

function load<Module> (name: string, database: ResolvedOptions['database']): Module {
  const require = createRequire(import.meta.url)
  try {
    require.resolve(name)
  } catch (error) {
    throw new FST_NETLIFY_MISSING_PACKAGE('bullmqQueue()', name, `bullmq ${database === 'redis' ? 'ioredis' : 'pg'}`, { cause: error })
  }
  return require(name) as Module
}
