import type { JobCounts, QueueDriver } from '../queue/driver.ts'
import { within } from '../queue/within.ts'

/** Milliseconds that the queue has to answer. */
const TIMEOUT = 1_000
/** Milliseconds for which an answer counts. */
const FRESH = 1_000

/**
 * Asks a queue for its jobs, not more often than scrapes need it: those that come together share one question, and a
 * queue that is silent is not asked again before it has answered. Gives `undefined` without an answer; never rejects.
 */
export function createQueueJobs (driver: Pick<QueueDriver, 'stats'>): () => Promise<JobCounts | undefined> {
  let last: { readonly at: number, readonly counts: Promise<JobCounts | undefined> } | undefined
  let pending: Promise<JobCounts | undefined> | undefined

  return async () => {
    if (last === undefined || performance.now() - last.at >= FRESH) {
      pending ??= ask().finally(() => { pending = undefined })
      last = { at: performance.now(), counts: within(TIMEOUT, pending) }
    }
    return await last.counts
  }

  async function ask (): Promise<JobCounts | undefined> {
    try {
      return await driver.stats()
    } catch {
      return undefined
    }
  }
}
