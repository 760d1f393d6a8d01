import { randomUUID } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { JobCounts, JobFilter, JobState, Settlement } from '../driver.ts'
import type { ClaimQuestion, ClaimRecord, EnqueueQuestion, JobRecord, ThreadOptions } from './messages.ts'
import { prepareList, prepareStatements, type Statements } from './statements.ts'
import { Totals } from './totals.ts'

type Limits = Pick<ThreadOptions, 'maxJobs' | 'maxBytes' | 'maxFinished' | 'maxAge'>
type Finished = 'succeeded' | 'failed' | 'cancelled'

/** What became of a job: `full` says why it was not stored. */
export type Storing = { readonly id: string } | { readonly full: string }

const FINISHED: readonly Finished[] = ['succeeded', 'failed', 'cancelled']
/** Jobs that one transaction forgets for their age, so that no caller waits for long. */
const FORGOTTEN_AT_ONCE = 1_000

/** The jobs of one file and the states they go through. Every method that writes wants a transaction around it. */
export class JobStore {
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #limits: Limits
  readonly #now: () => number
  // Tokens of two processes on one file differ.
  readonly #leasePrefix = randomUUID()
  #leases = 0
  #totals = new Totals({ waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 }, 0)

  constructor (database: DatabaseSync, limits: Limits, now: () => number) {
    this.#database = database
    this.#statements = prepareStatements(database)
    this.#limits = limits
    this.#now = now
  }

  /** Changes whenever somebody else has changed the file. */
  get version (): unknown {
    return this.#statements.dataVersion.get()?.['data_version']
  }

  begin (): void {
    this.#statements.begin.run()
    this.#readTotals()
  }

  commit (): void {
    const { counts, bytes, changed } = this.#totals
    if (changed) this.#statements.writeTotals.run({ ...counts, bytes })
    this.#statements.commit.run()
  }

  enqueue (job: EnqueueQuestion, body: Uint8Array | null): Storing {
    const { maxJobs, maxBytes } = this.#limits
    const size = body?.length ?? 0
    const isFull = this.#totals.unfinished >= maxJobs
    const isLarge = this.#totals.bytes + size > maxBytes
    if (isFull || isLarge) {
      const id = this.#findStored(job)
      if (id !== undefined) return { id }
      return { full: isFull ? `it holds ${maxJobs} unfinished jobs already` : `the bodies of its unfinished jobs would be larger than ${maxBytes} bytes` }
    }
    const now = this.#now()
    const { changes, lastInsertRowid } = this.#statements.insertJob.run({
      id: job.id, uniqueKey: job.uniqueKey ?? null, function: job.function, runAt: job.runAt ?? now, now, size
    })
    if (changes === 0) return { id: this.#findStored(job) ?? job.id }
    this.#statements.insertCall.run({ sequence: lastInsertRowid, call: job.call, body, isEmpty: Number(body?.length === 0) })
    this.#totals.add('waiting', 1)
    this.#totals.bytes += size
    return { id: job.id }
  }

  /** When something comes up for a claim: a job is due, or a lease ends. `Infinity` when nothing is there. */
  nextDue (except: readonly string[]): number {
    const row = except.length === 0
      ? this.#statements.firstDue.get()
      : this.#statements.firstDueExcept.get({ except: JSON.stringify(except) })
    return Math.min(dueOf(row?.['waiting']), dueOf(row?.['running']))
  }

  take ({ limit, leaseDuration, except }: ClaimQuestion): ClaimRecord[] {
    const now = this.#now()
    const rows = except.length === 0
      ? this.#statements.takeable.all({ now, limit })
      : this.#statements.takeableExcept.all({ now, limit, except: JSON.stringify(except) })
    return rows.map((row) => {
      const lease = `${this.#leasePrefix}-${++this.#leases}`
      this.#statements.take.run(now + leaseDuration, lease, row['sequence'] ?? null)
      this.#totals.move('waiting', 'running')
      const record = toRecord(row)
      return { ...record, state: 'running', attempt: record.attempt + 1, lease }
    })
  }

  /** Makes the jobs wait again whose lease has ended. */
  recover (): void {
    const { changes } = this.#statements.recover.run(this.#now())
    this.#totals.move('running', 'waiting', Number(changes))
  }

  /** Makes jobs due that were to run at once, as the clock was set back since. */
  hurry (): void {
    this.#statements.hurry.run({ now: this.#now() })
  }

  extend (id: string, lease: string, leaseDuration: number): boolean {
    return this.#statements.extend.run(this.#now() + leaseDuration, id, lease).changes !== 0
  }

  settle (id: string, lease: string, settlement: Settlement): boolean {
    switch (settlement.outcome) {
      case 'retry':
        return this.#putBack(this.#statements.postpone.run({ runAt: settlement.runAt, error: JSON.stringify(settlement.error), id, lease }))
      case 'released':
        return this.#putBack(this.#statements.release.run(id, lease))
      default: {
        const error = 'error' in settlement ? JSON.stringify(settlement.error) : null
        return this.#finish('running', settlement.outcome, this.#statements.finish.get(settlement.outcome, this.#now(), error, id, lease))
      }
    }
  }

  cancel (id: string): boolean {
    return this.#finish('waiting', 'cancelled', this.#statements.cancel.get(this.#now(), id))
  }

  retry (id: string): boolean {
    const row = this.#statements.findState.get(id)
    const state = row?.['state']
    if (state !== 'failed' && state !== 'cancelled') return false
    this.#statements.revive.run({ now: this.#now(), id })
    this.#totals.move(state, 'waiting')
    this.#totals.bytes += Number(row?.['size'])
    return true
  }

  list ({ id, function: name, state, offset, limit }: JobFilter & Required<Pick<JobFilter, 'offset' | 'limit'>>): JobRecord[] {
    const equal = Object.entries({ id, function: name, state }).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const statement = prepareList(this.#database, equal.map(([column]) => column))
    return statement.all({ ...Object.fromEntries(equal), limit, offset }).map(toRecord)
  }

  stats (): JobCounts {
    return { ...this.#totals.counts }
  }

  /** Reads what others have changed; `begin` has done so for its transaction. */
  refresh (): void {
    this.#readTotals()
  }

  /** Forgets what finished first of a state that has too many. */
  forgetExcess (): void {
    for (const state of FINISHED) {
      const excess = this.#totals.counts[state] - this.#limits.maxFinished
      if (excess > 0) this.#forget(state, this.#statements.forgetOldest.run({ state, limit: excess }))
    }
  }

  /** Forgets what finished too long ago. */
  forgetOld (): void {
    const { maxAge } = this.#limits
    if (maxAge === Infinity) return
    const before = this.#now() - maxAge
    for (const state of FINISHED) this.#forget(state, this.#statements.forgetBefore.run({ state, before, limit: FORGOTTEN_AT_ONCE }))
  }

  #readTotals (): void {
    const { bytes, ...counts } = this.#statements.readTotals.get() ?? {}
    // The columns of the table are the states.
    this.#totals = new Totals(counts as unknown as JobCounts, Number(bytes))
  }

  #findStored ({ id, uniqueKey }: EnqueueQuestion): string | undefined {
    if (this.#statements.findId.get(id) !== undefined) return id
    const row = uniqueKey === undefined ? undefined : this.#statements.findKey.get(uniqueKey)
    return row && String(row['id'])
  }

  #putBack ({ changes }: { changes: number | bigint }): boolean {
    this.#totals.move('running', 'waiting', Number(changes))
    return changes !== 0
  }

  #finish (from: JobState, to: Finished, row: Record<string, SQLOutputValue> | undefined): boolean {
    if (row === undefined) return false
    this.#totals.move(from, to)
    this.#totals.bytes -= Number(row['size'])
    return true
  }

  #forget (state: Finished, { changes }: { changes: number | bigint }): void {
    this.#totals.add(state, -Number(changes))
  }
}

function dueOf (value: SQLOutputValue | undefined): number {
  return typeof value === 'number' ? value : Infinity
}

function toRecord (row: Record<string, SQLOutputValue>): JobRecord {
  const { sequence: _, ...record } = row
  // The statement gives the members their names and types.
  return record as unknown as JobRecord
}
