import { resolve } from 'node:path'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { checkCount } from './count-option.ts'
import type { Claim, Job, NewJob, QueueDriver } from './driver.ts'
import { Connection } from './sqlite/connection.ts'
import type { JobRecord } from './sqlite/messages.ts'

export interface SqliteQueueOptions {
  /** Path of the database, from the working directory on; it is made, and its directories, when the queue is first used. */
  file: string
  /**
   * Jobs waiting or running at once; one more is refused with FST_NETLIFY_QUEUE_UNAVAILABLE.
   * @default 100_000
   */
  maxJobs?: number
  /**
   * Bytes that the bodies of waiting and running jobs may have together; a job beyond is refused.
   * @default 1_073_741_824
   */
  maxBytes?: number
  /**
   * Succeeded jobs that are kept, and as many failed and cancelled ones each; what finished first goes first.
   * @default 10_000
   */
  maxFinished?: number
  /**
   * Milliseconds that a finished job is kept at most.
   * @default 604_800_000
   */
  maxAge?: number
  /**
   * The clock, in epoch milliseconds; two processes on one file need the same.
   * @default Date.now
   */
  now?: () => number
}

/** What a job is made of again; the rest of it are columns. */
type Call = Omit<Job, 'state' | 'attempt' | 'enqueuedAt' | 'runAt' | 'finishedAt' | 'error'>

const DAY = 24 * 60 * 60 * 1000

/**
 * Makes a queue in a SQLite file: an accepted job is on the disk, and several processes may share the file. The
 * work is done in a thread of its own, which the first call starts.
 */
export function sqliteQueue (options: SqliteQueueOptions): QueueDriver {
  const { file, maxJobs = 100_000, maxBytes = 1024 ** 3, maxFinished = 10_000, maxAge = 7 * DAY, now } = options ?? {}
  if (typeof file !== 'string' || file === '') throw new FST_NETLIFY_INVALID_OPTION('file', 'must be the path of a file')
  checkCount('maxJobs', maxJobs, 1)
  checkCount('maxBytes', maxBytes, 1)
  checkCount('maxFinished', maxFinished, 0)
  checkCount('maxAge', maxAge, 0)

  const connection = new Connection({ file: resolve(file), maxJobs, maxBytes, maxFinished, maxAge }, now)

  return {
    async enqueue (job) {
      const { id, function: name, uniqueKey, runAt, request: { body } } = job
      const call = JSON.stringify(toCall(job))
      return await connection.ask({ type: 'enqueue', id, function: name, uniqueKey, runAt, call, bodySize: body?.length }, body)
    },

    async claim ({ limit, leaseDuration, except = [], signal }) {
      if (signal.aborted) return []
      const answer = connection.ask({ type: 'claim', limit: finite(limit), leaseDuration, except })
      const { asked } = connection
      const abandon = (): void => connection.abandon(asked)
      signal.addEventListener('abort', abandon)
      try {
        return (await answer).map((record): Claim => ({ job: toJob(record), lease: record.lease }))
      } finally {
        signal.removeEventListener('abort', abandon)
      }
    },

    async extend ({ job: { id }, lease }, leaseDuration) {
      return await connection.ask({ type: 'extend', id, lease, leaseDuration })
    },

    async settle ({ job: { id }, lease }, settlement) {
      return await connection.ask({ type: 'settle', id, lease, settlement })
    },

    async change (id, change) {
      return await connection.ask({ type: 'change', id, change })
    },

    async list (filter = {}) {
      const { offset = 0, limit = 100 } = filter
      return (await connection.ask({ type: 'list', filter: { ...filter, offset, limit: finite(limit) } })).map(toJob)
    },

    async stats () {
      return await connection.ask({ type: 'stats' })
    },

    async close () {
      await connection.close()
    }
  }
}

/** SQLite knows no infinite limit. */
function finite (limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER)
}

function toCall ({ id, function: name, deployId, requestId, ip, params, route, request, sealedHeaders }: NewJob): object {
  const { method, url, headers } = request
  return { id, function: name, deployId, requestId, ip, params, route, sealedHeaders, request: { method, url, headers } }
}

function toJob ({ call, body, state, attempt, enqueuedAt, runAt, finishedAt, error }: JobRecord): Job {
  // Written by `toCall`.
  const { id, function: name, deployId, requestId, ip, params, route, sealedHeaders, request } = JSON.parse(call) as Call
  return {
    id,
    function: name,
    deployId,
    requestId,
    ip,
    params,
    route,
    request: { ...request, body },
    sealedHeaders,
    state,
    attempt,
    enqueuedAt,
    runAt,
    finishedAt: finishedAt ?? undefined,
    error: error === null ? undefined : String(JSON.parse(error))
  }
}
