import type { IQueueBackend } from 'bullmq'
import type { ChainableCommander, Redis, RedisOptions } from 'ioredis'
import type { JobState } from '../driver.ts'
import { within } from '../within.ts'
import { unlessAborted, unlessLost } from './link.ts'
import { FAR, type Entry, type LeaseSettings, type Reason, type Store } from './store.ts'

const QUIT_TIMEOUT = 500
const LONGEST_RECONNECT_PAUSE = 500

const READ_TIMEOUT = 5_000
/** A connection that owes an answer for so long is given up. */
const SILENCE_TIMEOUT = 10_000
/** Kept for those who listen; BullMQ's default. */
const MAX_EVENTS = 10_000
/** BullMQ's own limit. */
const PROMOTED_AT_ONCE = 1_000
const NO_JOB = 'none'

/** Scores of delayed jobs are epoch ms and, in their low 12 bits, a number among those of one ms. */
const SCORE_SHIFT = 4096

/** Reads the wait list from its old end, which BullMQ takes from. KEYS: wait. ARGV: prefix of job keys, limit, functions to leave out. */
const LOOK_AHEAD = `
  local skip, found = {}, {}
  for i = 3, #ARGV do skip[ARGV[i]] = true end
  for last = -1, -redis.call('LLEN', KEYS[1]), -500 do
    local ids = redis.call('LRANGE', KEYS[1], last - 499, last)
    for i = #ids, 1, -1 do
      if not skip[redis.call('HGET', ARGV[1] .. ids[i], 'name')] then
        found[#found + 1] = ids[i]
        if #found == tonumber(ARGV[2]) then return found end
      end
    end
  end
  return found`

/** KEYS: wait, delayed, the job's. ARGV: id, score that cancels, least score of the cancelled, delay. */
const CANCEL = `
  if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then
    local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
    if not score or tonumber(score) >= tonumber(ARGV[3]) then return 0 end
  end
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[3], 'delay', ARGV[4])
  return 1`

export interface RedisStoreOptions {
  readonly bullmq: typeof import('bullmq')
  readonly ioredis: typeof import('ioredis')
  /** A URL, ioredis options, or an instance, of which copies are made. */
  readonly connection: string | RedisOptions | Redis
  readonly name: string
  readonly prefix: string
  readonly settings: LeaseSettings
}

/** Connects to Redis: once for commands, once for reads that block. Rejects when the server cannot be reached. */
export async function openRedisStore (options: RedisStoreOptions, signal: AbortSignal): Promise<Store> {
  const { bullmq, ioredis, connection, name, prefix, settings } = options
  const client = connect(ioredis, connection)
  const blocked = connect(ioredis, connection)
  const backend = createBackend(client)
  const events = createBackend(blocked)
  try {
    await unlessAborted(Promise.all([client, blocked].map(toBeReady)), signal)
    await unlessAborted(Promise.all([backend.waitUntilReady(), events.waitUntilReady()]), signal)
  } catch (error) {
    disconnect()
    throw error
  }
  const { wait, active, delayed, completed, failed } = backend.keys as Record<'wait' | 'active' | 'delayed' | 'completed' | 'failed', string>

  return {
    backend,

    // An event of our own gives a place in BullMQ's stream to read from.
    async mark () {
      return await backend.publishEvent({ event: 'listening' }, MAX_EVENTS)
    },

    async changes (after) {
      const [stream] = await events.readEvents(after, READ_TIMEOUT) ?? []
      const entries = stream?.[1] ?? []
      return { last: entries.at(-1)?.[0] ?? after, reasons: entries.flatMap(([, fields]) => toReasons(fields)) }
    },

    async add (record) {
      return await backend.addJob(record, record.id)
    },

    async promote (forLookAhead) {
      const after = String((Date.now() + 1) * SCORE_SHIFT)
      const [due, next] = await run(client.pipeline()
        .zcount(delayed, '-inf', `(${after}`)
        .zrangebyscore(delayed, after, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)) as [number, [id?: string, score?: string]]
      // A claim does it itself. So does a retry, before it finds that there is no such job.
      if (due > 0 && forLookAhead) await unlessLost(backend.retryJob(NO_JOB, false))
      return due > PROMOTED_AT_ONCE ? Date.now() : Math.floor(Number(next[1] ?? Infinity) / SCORE_SHIFT)
    },

    async lookAhead (except, limit) {
      return await client.eval(LOOK_AHEAD, 1, wait, backend.toKey(''), String(limit), ...except) as string[]
    },

    async find ({ function: name, state, offset, limit }) {
      const entries = await entriesIn(state)
      const facts = await run(entries.reduce((pipeline, { id }) => pipeline.hmget(backend.toKey(id), 'timestamp', 'name'), client.pipeline()))
      return entries
        .map((entry, index) => ({ entry, fact: facts[index] as [string | null, string | null] }))
        .filter(({ fact }) => fact[0] !== null && (name === undefined || fact[1] === name))
        .sort((one, other) => Number(other.fact[0]) - Number(one.fact[0]))
        .slice(offset, offset + limit)
        .map(({ entry }) => entry)
    },

    async release (id, token) {
      await backend.moveJobFromActiveToWait(id, token)
    },

    async cancel (id, delay) {
      const scores = [delay * SCORE_SHIFT, FAR * SCORE_SHIFT].map(String)
      return await client.eval(CANCEL, 3, wait, delayed, backend.toKey(id), id, ...scores, String(delay)) === 1
    },

    async revive (id) {
      return await unlessLost(backend.promote(id))
    },

    async recover () {
      return await backend.moveStalledJobsToWait()
    },

    async close () {
      await within(QUIT_TIMEOUT, client.quit())
      disconnect()
    }
  }

  function createBackend (connected: Redis): IQueueBackend {
    const queueOptions = { connection: connected, prefix, ...settings, get lockDuration () { return settings.lockDuration } }
    return bullmq.createRedisBackend(name, queueOptions).on('error', () => {})
  }

  function disconnect (): void {
    client.disconnect()
    blocked.disconnect()
  }

  /** Of jobs of one ms, those that wait count as newer than those that run, and these as newer than those that have ended. */
  async function entriesIn (state: JobState | undefined): Promise<Entry[]> {
    const far = String(FAR * SCORE_SHIFT)
    const lists: [JobState, (pipeline: ChainableCommander) => ChainableCommander][] = [
      ['waiting', (pipeline) => pipeline.zrevrangebyscore(delayed, `(${far}`, '-inf')],
      ['waiting', (pipeline) => pipeline.lrange(wait, 0, -1)],
      ['running', (pipeline) => pipeline.lrange(active, 0, -1)],
      ['cancelled', (pipeline) => pipeline.zrevrangebyscore(delayed, '+inf', far)],
      ['failed', (pipeline) => pipeline.zrevrange(failed, 0, -1)],
      ['succeeded', (pipeline) => pipeline.zrevrange(completed, 0, -1)]
    ]
    const wanted = lists.filter(([each]) => state === undefined || each === state)
    const found = await run(wanted.reduce((pipeline, [, read]) => read(pipeline), client.pipeline())) as string[][]
    return found.flatMap((ids, index) => ids.map((id) => ({ id, state: wanted[index]?.[0] ?? 'waiting' })))
  }
}

/** An event is an array of names and values. */
function toReasons (fields: readonly string[]): Reason[] {
  const valueOf = (name: string): string | undefined => fields[fields.findIndex((field, index) => index % 2 === 0 && field === name) + 1]
  switch (valueOf('event')) {
    case 'added': return [valueOf('name')]
    // That of a new job follows its "added" and says nothing of before.
    case 'waiting': return fields.includes('prev') ? [undefined] : []
    case 'delayed':
    case 'stalled': return [undefined]
    default: return []
  }
}

function connect (ioredis: typeof import('ioredis'), connection: string | RedisOptions | Redis): Redis {
  // A command fails with the connection, and one given meanwhile fails at once: neither waits for a server that may never come.
  const settings = {
    // BullMQ refuses one; its own prefix is an option.
    keyPrefix: '',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    socketTimeout: SILENCE_TIMEOUT,
    retryStrategy: (times: number) => Math.min(50 * times, LONGEST_RECONNECT_PAUSE)
  }
  const client = typeof connection === 'string'
    ? new ioredis.Redis(connection, settings)
    : isInstance(connection) ? connection.duplicate(settings) : new ioredis.Redis({ ...connection as object, ...settings })
  client.on('error', () => {})
  return client
}

function isInstance (connection: RedisOptions | Redis): connection is Redis {
  return 'duplicate' in connection && typeof connection.duplicate === 'function'
}

async function toBeReady (client: Redis): Promise<void> {
  if (client.status === 'wait') client.connect().catch(() => {})
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.once('ready', resolve)
  client.once('error', reject)
  await promise.finally(() => {
    client.off('ready', resolve)
    client.off('error', reject)
  })
}

async function run (pipeline: ChainableCommander): Promise<unknown[]> {
  const results = await pipeline.exec() ?? []
  return results.map(([error, result]) => {
    if (error) throw error
    return result
  })
}
