import type { IQueueBackend, JobJson } from 'bullmq'
import type { JobState } from '../driver.ts'

/** What BullMQ reads anew at each call; its workers fix them once. */
export interface LeaseSettings {
  lockDuration: number
  readonly maxStalledCount: number
  readonly stalledInterval: number
}

/** A stored job, by BullMQ's id. */
export interface Entry {
  readonly id: string
  readonly state: JobState
}

export interface EntryFilter {
  readonly function: string | undefined
  readonly state: JobState | undefined
  readonly offset: number
  readonly limit: number
}

/** What has happened to jobs of the queue. */
export interface Changes {
  /** The place after them. */
  readonly last: string
  /** Those that may be a reason to claim. */
  readonly reasons: readonly Reason[]
}

/** A new job of this function, or `undefined`: a job of any may be due. */
export type Reason = string | undefined

/** One of the two databases of BullMQ: its backend, and what the backend does not offer, or not in one step. */
export interface Store {
  readonly backend: IQueueBackend
  /** The present place in the row of changes: what comes after it is not missed. */
  mark (): Promise<string>
  /** Waits for changes after that place, for seconds at most. */
  changes (after: string): Promise<Changes>
  /** Resolves with the id under which the job, or an earlier one with its key, is stored. */
  add (record: JobJson): Promise<string>
  /** Lets delayed jobs wait whose time has come and gives the time of the next, in epoch ms; `forLookAhead` says what follows. */
  promote (forLookAhead: boolean): Promise<number>
  /** Ids of waiting jobs of other functions, next to run first. */
  lookAhead (except: readonly string[], limit: number): Promise<string[]>
  /** Stored jobs, newest first. */
  find (filter: EntryFilter): Promise<Entry[]>
  /** Puts a job that is held under this token back in front, its attempt not counted. */
  release (id: string, token: string): Promise<void>
  /** Takes a waiting job out for this delay, `FAR` and the time; false when there is none. */
  cancel (id: string, delay: number): Promise<boolean>
  /** Lets a cancelled job wait again, behind the others; false when there is none. */
  revive (id: string): Promise<boolean>
  /** Brings jobs whose lease has ended to the front, where they belong by their age. */
  recover (): Promise<string[]>
  /** Never rejects, and waits for nothing that does not answer. */
  close (): Promise<void>
}

/** A cancelled job is one that is delayed until after this many ms from its cancellation, in the year 2286 or later. */
export const FAR = 10_000_000_000_000
