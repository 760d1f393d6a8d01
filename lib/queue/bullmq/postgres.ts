import { Socket } from 'node:net'
import type { IQueueBackend, PgPool } from 'bullmq'
import type { Pool, PoolConfig } from 'pg'
import type { JobState } from '../driver.ts'
import { within } from '../within.ts'
import { createAdditions } from './additions.ts'
import { unlessAborted } from './link.ts'
import { createNotices } from './notices.ts'
import { FAR, type Entry, type LeaseSettings, type Store } from './store.ts'

const CONNECT_TIMEOUT = 3_000
/** The pool drops a connection on which nothing has come by then. */
const QUERY_TIMEOUT = 10_000
const END_TIMEOUT = 500

/** BullMQ's own name for the schema that its tables lie in. */
const SCHEMA = 'bullmq'

// BullMQ's own promotion leaves each job the place it was stored at, ours gives it one behind what is due for longer.
// Only a job that was released, or retried at once, has no delay: it belongs where it was, but a look ahead must see it.
const PROMOTE = `
  WITH due AS (
    SELECT id, nextval('job_seq') AS seq FROM (
      SELECT id FROM job
      WHERE queue = $1 AND state = 'delayed' AND process_at_ms <= $2 AND (delay_ms > 0 OR $3)
      ORDER BY process_at_ms, seq FOR UPDATE SKIP LOCKED) AS ordered
  ), promoted AS (
    UPDATE job SET state = 'waiting', process_at_ms = NULL, delay_ms = 0,
      seq = CASE WHEN delay_ms > 0 THEN due.seq ELSE job.seq END
    FROM due WHERE job.queue = $1 AND job.id = due.id
  )
  SELECT min(process_at_ms) AS next FROM job WHERE queue = $1 AND state = 'delayed' AND process_at_ms > $2`

const CANCEL = `
  UPDATE job SET state = 'delayed', process_at_ms = $3, delay_ms = $3
  WHERE queue = $1 AND id = $2 AND (state = 'waiting' OR (state = 'delayed' AND process_at_ms < ${FAR}))`

const REVIVE = `
  UPDATE job SET state = 'waiting', process_at_ms = NULL, delay_ms = 0, seq = nextval('job_seq')
  WHERE queue = $1 AND id = $2 AND state = 'delayed' AND process_at_ms >= ${FAR}
  RETURNING pg_notify('bullmq_jobs', $1)`

const LOOK_AHEAD = `
  SELECT id FROM job
  WHERE queue = $1 AND state = 'waiting' AND name <> ALL($2::text[]) ORDER BY priority, seq LIMIT $3`

const STATE = `
  CASE state::text WHEN 'active' THEN 'running' WHEN 'completed' THEN 'succeeded' WHEN 'failed' THEN 'failed'
  WHEN 'delayed' THEN CASE WHEN process_at_ms < ${FAR} THEN 'waiting' ELSE 'cancelled' END ELSE 'waiting' END`

const FIND = `
  SELECT id, ${STATE} AS state FROM job
  WHERE queue = $1 AND ($2::text IS NULL OR name = $2) AND ($3::text IS NULL OR ${STATE} = $3)
  ORDER BY added_at_ms DESC, abs(seq) DESC OFFSET $4 LIMIT $5`

export interface PostgresStoreOptions {
  readonly bullmq: typeof import('bullmq')
  readonly pg: typeof import('pg')
  /** A URL, or options of pg's pool. */
  readonly connection: string | PoolConfig
  readonly name: string
  readonly settings: LeaseSettings
}

/** Connects to PostgreSQL and makes BullMQ's tables there if need be. Rejects when the server cannot be reached. */
export async function openPostgresStore (options: PostgresStoreOptions, signal: AbortSignal): Promise<Store> {
  const { bullmq, pg, connection, name, settings } = options
  const sockets = new Set<Socket>()
  const pool = createPool(pg, connection, sockets)
  const queueOptions = { connection: pool as PgPool, ...settings, get lockDuration () { return settings.lockDuration } }
  const backend: IQueueBackend = bullmq.createPostgresBackend(name, queueOptions).on('error', () => {})
  const notices = createNotices(pool, name)
  try {
    await unlessAborted(migrate(bullmq, pool), signal)
    await unlessAborted(backend.waitUntilReady(), signal)
  } catch (error) {
    await close()
    throw error
  }

  return {
    backend,
    mark: notices.mark,
    changes: notices.changes,

    add: createAdditions(backend, name),

    async promote (forLookAhead) {
      const { rows } = await pool.query<{ next: string | null }>(PROMOTE, [name, Date.now(), forLookAhead])
      return Number(rows[0]?.next ?? Infinity)
    },

    async lookAhead (except, limit) {
      const { rows } = await pool.query<{ id: string }>(LOOK_AHEAD, [name, except, limit])
      return rows.map(({ id }) => id)
    },

    async find ({ function: functionName, state, offset, limit }) {
      const { rows } = await pool.query<Entry & { state: JobState }>(FIND, [name, functionName, state, offset, limit])
      return rows
    },

    async release (id, token) {
      await backend.moveToDelayed(id, Date.now(), 0, token, { skipAttempt: true })
    },

    async cancel (id, delay) {
      const { rowCount } = await pool.query(CANCEL, [name, id, delay])
      return rowCount === 1
    },

    async revive (id) {
      const { rowCount } = await pool.query(REVIVE, [name, id])
      return rowCount === 1
    },

    async recover () {
      const ids = await backend.moveStalledJobsToWait()
      for (const id of ids) await backend.changePriority(id, 0, true)
      return ids
    },

    close
  }

  async function close (): Promise<void> {
    notices.close()
    await within(END_TIMEOUT, backend.close())
    await within(END_TIMEOUT, pool.end())
    for (const socket of sockets) socket.destroy()
  }
}

function createPool (pg: typeof import('pg'), connection: string | PoolConfig, sockets: Set<Socket>): Pool {
  const config = typeof connection === 'string' ? { connectionString: connection } : connection
  const searchPath = `-c search_path=${SCHEMA}`
  const pool = new pg.Pool({
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
    keepAlive: true,
    // The pool ends its connections politely, which takes for ever where the server does not answer.
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      return socket.once('close', () => sockets.delete(socket))
    },
    ...config,
    options: config.options === undefined ? searchPath : `${config.options} ${searchPath}`
  })
  // A client that the pool has lent out reports its end to the query that failed, and to nobody else.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})
  return pool
}

async function migrate (bullmq: typeof import('bullmq'), pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await bullmq.runMigrations(client, SCHEMA)
  } finally {
    client.release()
  }
}
