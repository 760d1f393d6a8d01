import { within } from '../queue/within.ts'
import type { Invocation } from './invocation.ts'

/** What functions keep alive with `waitUntil` after their reply. */
export interface PendingWork {
  add (work: Promise<unknown>, invocation: Pick<Invocation, 'functionName' | 'requestId' | 'log'>): void
  /** Waits for all of it, also for what it adds meanwhile, at most `timeout` ms. Gives how many are left. */
  drain (timeout: number): Promise<number>
}

export function createPendingWork (): PendingWork {
  const pending = new Set<Promise<unknown>>()
  return {
    add (work, { functionName, requestId, log }) {
      const tracked = work.catch((error: unknown) => {
        const details = { function: functionName, requestId }
        try {
          log.error({ ...details, err: error }, 'a promise given to waitUntil was rejected')
        } catch {
          // What was thrown throws when it is looked at.
          log.error(details, 'a promise given to waitUntil was rejected with something that cannot be logged')
        }
      }).finally(() => pending.delete(tracked))
      pending.add(tracked)
    },
    async drain (timeout) {
      await within(timeout, (async () => {
        while (pending.size > 0) await Promise.all(pending)
      })())
      return pending.size
    }
  }
}
