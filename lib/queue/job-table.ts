import { FST_NETLIFY_QUEUE_UNAVAILABLE } from '../errors.ts'
import type { Claim, ClaimOptions, Job, JobCounts, JobFilter, JobState, NewJob, Settlement } from './driver.ts'
import { Heap, type HeapItem } from './heap.ts'
import { WaitingJobs } from './waiting-jobs.ts'

interface Entry extends HeapItem {
  readonly job: NewJob
  readonly enqueuedAt: number
  /** The start of the next attempt while waiting, the end of the lease while running. */
  due: number
  state: JobState
  attempt: number
  runAt: number
  finishedAt: number | undefined
  error: string | undefined
  lease: string | undefined
}

interface JobTableOptions {
  readonly maxJobs: number
  readonly maxBytes: number
  readonly maxFinished: number
  readonly now: () => number
}

/** The jobs of a memory queue and the states they go through; nothing here waits. */
export class JobTable {
  readonly #maxJobs: number
  readonly #maxBytes: number
  readonly #maxFinished: number
  readonly #now: () => number
  // In the order they were enqueued.
  readonly #entries = new Map<string, Entry>()
  readonly #idsByKey = new Map<string, string>()
  readonly #waiting = new WaitingJobs<Entry>()
  readonly #running = new Heap<Entry>()
  // In the order they finished.
  readonly #finished = new Set<Entry>()
  readonly #shelves: Readonly<Record<JobState, WaitingJobs<Entry> | Heap<Entry> | Set<Entry>>> = {
    waiting: this.#waiting,
    running: this.#running,
    succeeded: this.#finished,
    failed: this.#finished,
    cancelled: this.#finished
  }

  readonly #counts: Record<JobState, number> = { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 }
  /** Of the bodies of unfinished jobs. */
  #bytes = 0
  #sequence = 0
  #leases = 0
  #lastTime = 0

  constructor ({ maxJobs, maxBytes, maxFinished, now }: JobTableOptions) {
    this.#maxJobs = maxJobs
    this.#maxBytes = maxBytes
    this.#maxFinished = maxFinished
    this.#now = now
  }

  /** When a claim without these functions can next be given a job, at the latest; `Infinity` when none waits or runs. */
  nextDue (except?: readonly string[]): number {
    return Math.min(this.#waiting.first(except)?.due ?? Infinity, this.#running.first?.due ?? Infinity)
  }

  add (job: NewJob): string {
    const { id, uniqueKey } = job
    const stored = this.#entries.has(id) ? id : uniqueKey !== undefined ? this.#idsByKey.get(uniqueKey) : undefined
    if (stored !== undefined) return stored
    if (this.#counts.waiting + this.#counts.running >= this.#maxJobs) {
      throw new FST_NETLIFY_QUEUE_UNAVAILABLE(`it holds ${this.#maxJobs} unfinished jobs already`)
    }
    if (this.#bytes + bodySize(job) > this.#maxBytes) {
      throw new FST_NETLIFY_QUEUE_UNAVAILABLE(`the bodies of its unfinished jobs would be larger than ${this.#maxBytes} bytes`)
    }
    const enqueuedAt = this.#readClock()
    const runAt = job.runAt ?? enqueuedAt
    const entry: Entry = {
      job,
      enqueuedAt,
      runAt,
      due: runAt,
      sequence: this.#sequence++,
      position: 0,
      state: 'waiting',
      attempt: 0,
      finishedAt: undefined,
      error: undefined,
      lease: undefined
    }
    this.#entries.set(id, entry)
    if (uniqueKey !== undefined) this.#idsByKey.set(uniqueKey, id)
    this.#waiting.add(entry)
    this.#counts.waiting++
    this.#bytes += bodySize(job)
    return id
  }

  take ({ limit, leaseDuration, except }: Pick<ClaimOptions, 'limit' | 'leaseDuration' | 'except'>): Claim[] {
    const now = this.#readClock()
    this.#recover(now)
    const claims: Claim[] = []
    while (claims.length < limit) {
      const entry = this.#waiting.first(except)
      if (entry === undefined || entry.due > now) break
      const lease = String(++this.#leases)
      entry.lease = lease
      entry.attempt++
      this.#move(entry, 'running', now + leaseDuration)
      claims.push({ job: toJob(entry), lease })
    }
    return claims
  }

  extend (claim: Claim, leaseDuration: number): boolean {
    const entry = this.#heldBy(claim)
    if (entry === undefined) return false
    this.#move(entry, 'running', this.#now() + leaseDuration)
    return true
  }

  settle (claim: Claim, settlement: Settlement): boolean {
    const entry = this.#heldBy(claim)
    if (entry === undefined) return false
    if ('error' in settlement) entry.error = settlement.error
    switch (settlement.outcome) {
      case 'retry':
        this.#putBack(entry, settlement.runAt)
        break
      case 'released':
        entry.attempt--
        this.#putBack(entry, entry.runAt)
        break
      default:
        this.#finish(entry, settlement.outcome)
    }
    return true
  }

  cancel (id: string): boolean {
    const entry = this.#entries.get(id)
    if (entry?.state !== 'waiting') return false
    this.#finish(entry, 'cancelled')
    return true
  }

  retry (id: string): boolean {
    const entry = this.#entries.get(id)
    if (entry?.state !== 'failed' && entry?.state !== 'cancelled') return false
    entry.attempt = 0
    entry.finishedAt = undefined
    this.#bytes += bodySize(entry.job)
    this.#putBack(entry, this.#now())
    return true
  }

  list ({ id, function: name, state, offset = 0, limit = 100 }: JobFilter = {}): Job[] {
    return [...this.#entries.values()].reverse()
      .filter((entry) => (id === undefined || entry.job.id === id) &&
        (name === undefined || entry.job.function === name) &&
        (state === undefined || entry.state === state))
      .slice(offset, offset + limit)
      .map(toJob)
  }

  stats (): JobCounts {
    return { ...this.#counts }
  }

  #heldBy ({ job, lease }: Claim): Entry | undefined {
    const entry = this.#entries.get(job.id)
    return entry?.lease === lease ? entry : undefined
  }

  #recover (now: number): void {
    for (let entry = this.#running.first; entry !== undefined && entry.due <= now; entry = this.#running.first) {
      this.#putBack(entry, entry.runAt)
    }
  }

  /** When the clock was set back, jobs that were to run at once lie in the future: they become due. */
  #readClock (): number {
    const now = this.#now()
    if (now < this.#lastTime) this.#hurry(now)
    this.#lastTime = now
    return now
  }

  #hurry (now: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.state === 'waiting' && entry.due > now && entry.runAt === entry.enqueuedAt) this.#putBack(entry, now)
    }
  }

  #putBack (entry: Entry, runAt: number): void {
    entry.runAt = runAt
    entry.lease = undefined
    this.#move(entry, 'waiting', runAt)
  }

  #finish (entry: Entry, state: 'succeeded' | 'failed' | 'cancelled'): void {
    entry.lease = undefined
    entry.finishedAt = this.#now()
    this.#bytes -= bodySize(entry.job)
    this.#move(entry, state, Infinity)
    const [oldest] = this.#finished
    if (oldest !== undefined && this.#finished.size > this.#maxFinished) this.#forget(oldest)
  }

  #forget (entry: Entry): void {
    this.#finished.delete(entry)
    this.#counts[entry.state]--
    this.#entries.delete(entry.job.id)
    if (entry.job.uniqueKey !== undefined) this.#idsByKey.delete(entry.job.uniqueKey)
  }

  #move (entry: Entry, state: JobState, due: number): void {
    this.#shelves[entry.state].delete(entry)
    this.#counts[entry.state]--
    entry.due = due
    entry.state = state
    this.#shelves[state].add(entry)
    this.#counts[state]++
  }
}

function bodySize ({ request: { body } }: NewJob): number {
  return body?.length ?? 0
}

// Whoever gets the job owns the copy: an attempt that writes into its body does not spoil the next one.
function toJob ({ job, state, attempt, enqueuedAt, runAt, finishedAt, error }: Entry): Job {
  const { id, function: name, deployId, requestId, ip, params, route, sealedHeaders, request: { method, url, headers, body } } = job
  const call = {
    params: { ...params },
    route,
    sealedHeaders,
    request: { method, url, headers: { ...headers }, body: body && new Uint8Array(body) }
  }
  return { id, function: name, deployId, requestId, ip, ...call, state, attempt, enqueuedAt, runAt, finishedAt, error }
}
