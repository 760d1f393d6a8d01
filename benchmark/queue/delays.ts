import type { NewJob } from '../../dist/queue/driver.js'

/** How long it takes from when the queue is given a job until the job starts. */
export interface Delays {
  onEnqueue (job: Pick<NewJob, 'requestId'>): void
  onStart (job: Pick<NewJob, 'requestId'>): void
  /** Records from now on. */
  watch (): void
  /** Ends the record and gives it, in milliseconds. */
  take (): number[]
}

export function createDelays (): Delays {
  const times = new Map<string, number>()
  let delays: number[] = []
  let watching = false

  return {
    onEnqueue ({ requestId }) {
      if (watching) times.set(requestId, performance.now())
    },
    onStart ({ requestId }) {
      const enqueuedAt = times.get(requestId)
      if (enqueuedAt !== undefined) delays.push(performance.now() - enqueuedAt)
    },
    watch () {
      watching = true
    },
    take () {
      const taken = delays
      watching = false
      delays = []
      times.clear()
      return taken
    }
  }
}
