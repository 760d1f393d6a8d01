import { FST_NETLIFY_QUEUE_UNAVAILABLE } from '../errors.ts'
import { checkCount } from './count-option.ts'
import type { Claim, ClaimOptions, QueueDriver } from './driver.ts'
import { JobTable } from './job-table.ts'

/** Milliseconds after which a claim that waits looks at the clock again: somebody may have set it. */
const LONGEST_WAIT = 1_000

export interface MemoryQueueOptions {
  /**
   * Jobs waiting or running at once; one more is refused with FST_NETLIFY_QUEUE_UNAVAILABLE.
   * @default 100_000
   */
  maxJobs?: number
  /**
   * Bytes that the bodies of waiting and running jobs may have together; a job beyond is refused.
   * @default 268_435_456
   */
  maxBytes?: number
  /**
   * Succeeded, failed and cancelled jobs that stay listed; the one that finished first goes first.
   * @default 1_000
   */
  maxFinished?: number
  /**
   * The clock, in epoch milliseconds.
   * @default Date.now
   */
  now?: () => number
}

interface Wait {
  readonly options: ClaimOptions
  readonly end: (claims: Claim[]) => void
}

/** Makes a queue in this process's memory: it needs no disk and no service, and its jobs end with the process. */
export function memoryQueue (options: MemoryQueueOptions = {}): QueueDriver {
  const { maxJobs = 100_000, maxBytes = 256 * 1024 * 1024, maxFinished = 1_000, now = Date.now } = options
  checkCount('maxJobs', maxJobs, 1)
  checkCount('maxBytes', maxBytes, 1)
  checkCount('maxFinished', maxFinished, 0)

  const table = new JobTable({ maxJobs, maxBytes, maxFinished, now })
  const waits = new Set<Wait>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  return {
    durable: false,

    async enqueue (job) {
      assertOpen()
      const id = table.add(job)
      deliver()
      return id
    },

    async claim (claimOptions) {
      assertOpen()
      if (claimOptions.signal.aborted) return []
      return await new Promise((resolve) => {
        addWait(claimOptions, resolve)
        deliver()
      })
    },

    async extend (claim, leaseDuration) {
      assertOpen()
      const extended = table.extend(claim, leaseDuration)
      setTimer()
      return extended
    },

    async settle (claim, settlement) {
      assertOpen()
      const settled = table.settle(claim, settlement)
      deliver()
      return settled
    },

    async change (id, change) {
      assertOpen()
      const changed = change === 'cancel' ? table.cancel(id) : table.retry(id)
      deliver()
      return changed
    },

    async list (filter) {
      assertOpen()
      return table.list(filter)
    },

    async stats () {
      assertOpen()
      return table.stats()
    },

    async close () {
      closed = true
      for (const wait of waits) wait.end([])
      setTimer()
    }
  }

  function assertOpen (): void {
    if (closed) throw new FST_NETLIFY_QUEUE_UNAVAILABLE('it is closed')
  }

  function addWait (options: ClaimOptions, resolve: (claims: Claim[]) => void): void {
    const wait: Wait = { options, end }
    waits.add(wait)
    options.signal.addEventListener('abort', abandon)

    function end (claims: Claim[]): void {
      waits.delete(wait)
      options.signal.removeEventListener('abort', abandon)
      resolve(claims)
    }

    function abandon (): void {
      end([])
      setTimer()
    }
  }

  /** Gives due jobs to the waits, first come, first served. */
  function deliver (): void {
    for (const wait of waits) {
      const claims = table.take(wait.options)
      if (claims.length > 0) wait.end(claims)
    }
    setTimer()
  }

  // One timer, and only while a claim waits: it needs no unref, and nothing is left of it after close.
  function setTimer (): void {
    clearTimeout(timer)
    const due = Math.min(...[...waits].map(({ options: { except } }) => table.nextDue(except)))
    if (due !== Infinity) timer = setTimeout(deliver, Math.min(due - now(), LONGEST_WAIT))
  }
}
