import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'

/** What functions keep alive with `waitUntil` after their reply. */
export interface PendingWork {
  add (work: Promise<unknown>, log: FastifyBaseLogger): void
  /** Waits for all of it, also for what it adds meanwhile, at most `timeout` ms. Gives how many are left. */
  drain (timeout: number): Promise<number>
}

export function createPendingWork (): PendingWork {
  const pending = new Set<Promise<unknown>>()
  return {
    add (work, log) {
      const tracked = work.catch((error: unknown) => {
        log.error({ err: error }, 'a promise given to waitUntil was rejected')
      }).finally(() => pending.delete(tracked))
      pending.add(tracked)
    },
    async drain (timeout) {
      const timer = new AbortController()
      const expired = delay(timeout, true, { signal: timer.signal }).catch(() => true)
      const drained = (async () => {
        while (pending.size > 0) await Promise.all(pending)
        return false
      })()
      await Promise.race([expired, drained])
      timer.abort()
      return pending.size
    }
  }
}
