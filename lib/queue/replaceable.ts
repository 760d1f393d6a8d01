import type { Claim, ClaimOptions, QueueDriver } from './driver.ts'

/** A queue in whose place another one can be put. */
export interface ReplaceableQueue extends QueueDriver {
  /** Sends everything to the other queue from here on, claims that wait included. What it held before is closed. */
  replace (queue: QueueDriver): Promise<void>
}

/** @param first a queue without jobs */
export function createReplaceableQueue (first: QueueDriver): ReplaceableQueue {
  let queue = first
  let replaced = new AbortController()

  return {
    get durable () {
      return queue.durable !== false
    },
    async replace (other) {
      const previous = queue
      queue = other
      replaced.abort()
      replaced = new AbortController()
      await previous.close()
    },
    claim,
    enqueue: async (job) => await queue.enqueue(job),
    extend: async (lease, leaseDuration) => await queue.extend(lease, leaseDuration),
    settle: async (lease, settlement) => await queue.settle(lease, settlement),
    change: async (id, change) => await queue.change(id, change),
    list: async (filter) => await queue.list(filter),
    stats: async () => await queue.stats(),
    close: async () => { await queue.close() }
  }

  /** The empty list would say that the wait was ended. */
  async function claim (options: ClaimOptions): Promise<Claim[]> {
    const { signal } = replaced
    const claims = await queue.claim({ ...options, signal: AbortSignal.any([options.signal, signal]) })
    return claims.length === 0 && signal.aborted && !options.signal.aborted ? await claim(options) : claims
  }
}
