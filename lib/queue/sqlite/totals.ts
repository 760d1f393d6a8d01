import type { JobCounts, JobState } from '../driver.ts'

/** Counts of jobs by state, and the bytes of the bodies of unfinished ones, as they change within a transaction. */
export class Totals {
  readonly counts: Record<JobState, number>
  bytes: number
  changed = false

  constructor (counts: JobCounts, bytes: number) {
    this.counts = { ...counts }
    this.bytes = bytes
  }

  get unfinished (): number {
    return this.counts.waiting + this.counts.running
  }

  add (state: JobState, jobs: number): void {
    if (jobs === 0) return
    this.counts[state] += jobs
    this.changed = true
  }

  move (from: JobState, to: JobState, jobs = 1): void {
    this.add(from, -jobs)
    this.add(to, jobs)
  }
}
