import Fastify from 'fastify'
import netlifyFunctions, {
  type Claim,
  type ClaimOptions,
  type Job,
  type JobCounts,
  type JobFilter,
  type NewJob,
  type QueueDriver,
  type Settlement
} from '../../lib/index.ts'
import { queueConformance } from '../../lib/queue/conformance.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'

/** A driver of somebody else's, with nothing but the exported types. */
class ForeignQueue implements QueueDriver {
  readonly #jobs = new Map<string, Job>()

  async enqueue ({ uniqueKey, runAt = Date.now(), sealedHeaders, ...job }: NewJob): Promise<string> {
    const state = { state: 'waiting', attempt: 0, enqueuedAt: Date.now(), runAt, finishedAt: undefined, error: undefined } as const
    this.#jobs.set(uniqueKey ?? job.id, { ...job, sealedHeaders, ...state })
    return job.id
  }

  async claim ({ limit, signal }: ClaimOptions): Promise<Claim[]> {
    signal.throwIfAborted()
    return [...this.#jobs.values()].slice(0, limit).map((job) => ({ job, lease: job.id }))
  }

  async extend ({ lease }: Claim, leaseDuration: number): Promise<boolean> {
    return this.#jobs.has(lease) && leaseDuration > 0
  }

  async settle (_claim: Claim, settlement: Settlement): Promise<boolean> {
    switch (settlement.outcome) {
      case 'retry': return settlement.runAt > 0 && settlement.error !== ''
      case 'failed': return settlement.error !== ''
      case 'succeeded':
      case 'released':
        // @ts-expect-error only a failed attempt has an error
        return settlement.error === undefined
    }
  }

  async change (id: string, change: 'cancel' | 'retry'): Promise<boolean> {
    return change === 'cancel' && this.#jobs.delete(id)
  }

  async list ({ offset = 0, limit = 100 }: JobFilter = {}): Promise<Job[]> {
    return [...this.#jobs.values()].slice(offset, offset + limit)
  }

  async stats (): Promise<JobCounts> {
    return { waiting: this.#jobs.size, running: 0, succeeded: 0, failed: 0, cancelled: 0 }
  }

  async close (): Promise<void> {}
}

const app = Fastify()
app.register(netlifyFunctions, { queue: new ForeignQueue() })
app.register(netlifyFunctions, { queue: memoryQueue({ maxJobs: Infinity, maxFinished: 0 }) })
app.register(netlifyFunctions, { queue: sqliteQueue({ file: 'queue.sqlite', maxAge: Infinity }) })
// @ts-expect-error the file has no default
sqliteQueue({ maxJobs: 10 })
// @ts-expect-error the function makes the driver, it is none
app.register(netlifyFunctions, { queue: memoryQueue })
// @ts-expect-error an option nobody knows
memoryQueue({ size: 10 })

// The suite runs with any test runner, and any driver.
queueConformance((_name, body) => body(), () => new ForeignQueue())
queueConformance((_name, body) => body(), async () => new ForeignQueue())
queueConformance((_name, body) => body(), (now) => memoryQueue({ now }), { clock: 'given' })
queueConformance((_name, body) => body(), () => new ForeignQueue(), { clock: 'own' })
// @ts-expect-error each test needs a driver of its own
queueConformance((_name, body) => body(), new ForeignQueue())

const job = {} as Job
// @ts-expect-error a job is changed through its queue
job.state = 'waiting'
