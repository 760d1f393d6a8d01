import type { FastifyBaseLogger } from 'fastify'
import type { JobEvent } from '../queue/attempt.ts'
import type { NewJob } from '../queue/driver.ts'

/** Tells what happens to jobs, in the order in which it happens. */
export interface JobEvents {
  /** Never throws: what a listener throws is logged. */
  emit (event: JobEvent): void
  /** Stores a new job and says so; what others do with it in the meantime is told after that. Gives the id of the stored one. */
  enqueued (job: NewJob, store: () => Promise<string>): Promise<string>
}

export function createJobEvents (onEvent: (event: JobEvent) => void, log: FastifyBaseLogger): JobEvents {
  /** Events of jobs whose storing has not been told yet. */
  const early = new Map<string, JobEvent[]>()

  return {
    emit (event) {
      const held = early.get(event.job.id)
      if (held === undefined) tell(event)
      else held.push(event)
    },

    async enqueued (job, store) {
      const enqueuedAt = Date.now()
      const held: JobEvent[] = []
      early.set(job.id, held)
      try {
        const id = await store()
        // Another id is that of a job with the same key, stored before.
        if (id === job.id) tell({ type: 'queued', job: { sealedHeaders: undefined, runAt: enqueuedAt, ...job, state: 'waiting', attempt: 0, enqueuedAt, finishedAt: undefined, error: undefined } })
        return id
      } finally {
        early.delete(job.id)
        for (const event of held) tell(event)
      }
    }
  }

  function tell (event: JobEvent): void {
    try {
      onEvent(event)
    } catch (error) {
      log.error({ err: error, job: event.job.id }, `listener of the job event "${event.type}" threw`)
    }
  }
}
