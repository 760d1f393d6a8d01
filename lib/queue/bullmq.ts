import type { JobJson, KeepJobs, MinimalJob } from 'bullmq'
import { createClaims } from './bullmq/claims.ts'
import { createLink, unlessLost } from './bullmq/link.ts'
import { opener } from './bullmq/open.ts'
import { resolveOptions, type BullmqQueueOptions } from './bullmq/config.ts'
import { isCancelled, toAnew, toFailure, toJob, toJobId, toRecord, toRecordId } from './bullmq/record.ts'
import { FAR, type Entry, type Store } from './bullmq/store.ts'
import type { Claim, Job, QueueDriver, Settlement } from './driver.ts'

export type { BullmqQueueOptions } from './bullmq/config.ts'

const DAY = 24 * 60 * 60 * 1000
/** How long a unique key outlives the time its job is kept for, so that a job that waits long keeps its key. */
const KEY_MARGIN = 30 * DAY
const LONGEST_KEY = 365 * DAY

/** The pool of PostgreSQL has 10 connections, which others need too. */
const READ_AT_ONCE = 8

/** Of the options of BullMQ's workers: jobs are never given up for having stalled, and each process looks when it likes. */
const STALLED = { maxStalledCount: 2 ** 31 - 1, stalledInterval: 1 }

/**
 * Makes a queue on BullMQ, for several machines, in Redis or PostgreSQL. Connects at the first use and again after an outage.
 * @throws FST_NETLIFY_MISSING_PACKAGE where `bullmq`, or `ioredis` or `pg`, is not installed
 */
export function bullmqQueue (options: BullmqQueueOptions): QueueDriver {
  const resolved = resolveOptions(options)
  const { maxFinished, maxAge } = resolved
  const settings = { lockDuration: 0, ...STALLED }
  const link = createLink(resolved.database === 'redis' ? 'Redis' : 'PostgreSQL', opener(resolved, settings))
  const claims = createClaims(link, settings)
  const keep = toKeep(maxFinished, maxAge)
  let closing: Promise<void> | undefined

  return {
    async enqueue (job) {
      const { uniqueKey } = job
      const deduplication = uniqueKey !== undefined && { id: uniqueKey, ttl: Math.min(maxAge + KEY_MARGIN, LONGEST_KEY) }
      const record = toRecord(job, Date.now(), { attempts: 1, ...deduplication && { deduplication } })
      return await link.use(async ({ backend, add }) => {
        const stored = await add(record)
        if (stored === record.id || uniqueKey === undefined) return toJobId(stored)
        if (await backend.getJobData(stored) !== undefined) return toJobId(stored)
        // BullMQ keeps the key of a job that it has dropped for its age.
        await backend.removeDeduplicationKey(uniqueKey, stored)
        return toJobId(await add(record))
      })
    },

    async claim (claimOptions) {
      return await claims.wait(claimOptions)
    },

    async extend ({ job, lease }, leaseDuration) {
      const extended = await link.use(({ backend }) => backend.extendLock(toRecordId(job.id), lease, leaseDuration))
      if (extended !== 1) return false
      claims.hold(lease, leaseDuration)
      return true
    },

    async settle (claim, settlement) {
      const settled = await link.use((store) => unlessLost(settleIn(store, claim, settlement)))
      claims.letGo(claim.lease)
      return settled
    },

    async change (id, change) {
      return await link.use((store) => change === 'cancel' ? cancel(store, toRecordId(id)) : retry(store, toRecordId(id)))
    },

    async list ({ id, function: name, state, offset = 0, limit = 100 } = {}) {
      return await link.use(async (store) => {
        if (id === undefined) {
          return await readAll(store, await store.find({ function: name, state, offset, limit: Math.min(limit, Number.MAX_SAFE_INTEGER) }))
        }
        const [job] = await read(store, toRecordId(id))
        const matches = job !== undefined && (name ?? job.function) === job.function && (state ?? job.state) === job.state
        return matches && offset === 0 && limit > 0 ? [job] : []
      })
    },

    async stats () {
      return await link.use(async ({ backend }) => {
        const [counts, delayed] = await Promise.all([
          backend.getCounts(['wait', 'prioritized', 'delayed', 'active', 'completed', 'failed'], FAR),
          backend.getCounts(['delayed'])
        ])
        const [wait = 0, prioritized = 0, later = 0, running = 0, succeeded = 0, failed = 0] = counts
        return { waiting: wait + prioritized + later, running, succeeded, failed, cancelled: (delayed[0] ?? 0) - later }
      })
    },

    async close () {
      closing ??= end()
      await closing
    }
  }

  async function end (): Promise<void> {
    await claims.close()
    await link.close()
  }

  async function settleIn (store: Store, { job, lease }: Claim, settlement: Settlement): Promise<void> {
    const { backend } = store
    const id = toRecordId(job.id)
    // Of a job, a backend reads no more than these to end it.
    const held = { id, opts: { attempts: 1 } } as MinimalJob
    switch (settlement.outcome) {
      case 'succeeded':
        await backend.moveToCompleted(held, null, keep, lease, false)
        break
      case 'failed': {
        const failure = toFailure(settlement.error)
        await backend.moveToFailed(held, failure.failedReason, keep, lease, false, failure)
        break
      }
      case 'retry': {
        const now = Date.now()
        const fieldsToUpdate = toFailure(settlement.error, settlement.runAt)
        await backend.moveToDelayed(id, now, Math.max(0, settlement.runAt - now), lease, { fieldsToUpdate })
        break
      }
      case 'released':
        await store.release(id, lease)
    }
  }

  /** BullMQ has no such state: the job is delayed for ever, and dropped when there are too many. */
  async function cancel (store: Store, id: string): Promise<boolean> {
    if (!await store.cancel(id, FAR + Date.now())) return false
    const excess = await store.find({ function: undefined, state: 'cancelled', offset: maxFinished, limit: 100 })
    for (const entry of excess) await store.backend.remove(entry.id, false)
    return true
  }
}

async function retry ({ backend, revive }: Store, id: string): Promise<boolean> {
  const record = await backend.getJobData(id)
  if (record === undefined) return false
  const state = await backend.getState(id)
  if (state !== 'failed' && !(state === 'delayed' && isCancelled(record))) return false
  // First, for a job that begins to run with its old count would be given up too early.
  if (!await unlessLost(backend.updateProgress(id, { ...toAnew(record, Date.now()) }))) return false
  if (state !== 'failed') return await revive(id)
  return await unlessLost(backend.retryFinishedJob({ id, opts: { attempts: 1 } } as MinimalJob, 'failed'))
}

async function readAll (store: Store, entries: readonly Entry[]): Promise<Job[]> {
  const jobs: Job[] = []
  for (let index = 0; index < entries.length; index += READ_AT_ONCE) {
    const some = entries.slice(index, index + READ_AT_ONCE)
    jobs.push(...(await Promise.all(some.map(({ id, state }) => read(store, id, state)))).flat())
  }
  return jobs
}

/** The job, if it is still stored. */
async function read ({ backend }: Store, id: string, state?: Job['state']): Promise<Job[]> {
  const record = await backend.getJobData(id)
  if (record === undefined) return []
  return [toJob(record, state ?? toState(await backend.getState(id), record))]
}

function toState (state: string, record: JobJson): Job['state'] {
  switch (state) {
    case 'active': return 'running'
    case 'completed': return 'succeeded'
    case 'failed': return 'failed'
    case 'delayed': return isCancelled(record) ? 'cancelled' : 'waiting'
    default: return 'waiting'
  }
}

function toKeep (maxFinished: number, maxAge: number): KeepJobs | boolean {
  if (maxFinished === 0) return true
  if (maxAge !== Infinity) return { age: Math.ceil(maxAge / 1000), ...maxFinished !== Infinity && { count: maxFinished } }
  return maxFinished !== Infinity ? { count: maxFinished } : false
}
