import type { ClaimOptions, JobCounts, JobFilter, JobState, Settlement } from '../driver.ts'

/** What the thread is started with. */
export interface ThreadOptions {
  readonly file: string
  readonly maxJobs: number
  readonly maxBytes: number
  readonly maxFinished: number
  readonly maxAge: number
}

/** A job on its way to the thread; its body travels with the bodies of its batch. */
export interface EnqueueQuestion {
  readonly type: 'enqueue'
  readonly id: string
  readonly function: string
  readonly uniqueKey: string | undefined
  readonly runAt: number | undefined
  /** The call without its body, as JSON: one string costs the main thread less than many properties. */
  readonly call: string
  readonly bodySize: number | undefined
}

/** A claim waits in the thread until there is something to give. */
export interface ClaimQuestion extends Pick<ClaimOptions, 'limit' | 'leaseDuration'> {
  readonly type: 'claim'
  readonly except: readonly string[]
}

/** What is done at once, in a transaction with what else has come. */
export type WorkQuestion =
  | EnqueueQuestion
  | { readonly type: 'extend', readonly id: string, readonly lease: string, readonly leaseDuration: number }
  | { readonly type: 'settle', readonly id: string, readonly lease: string, readonly settlement: Settlement }
  | { readonly type: 'change', readonly id: string, readonly change: 'cancel' | 'retry' }
  | { readonly type: 'list', readonly filter: JobFilter & Required<Pick<JobFilter, 'offset' | 'limit'>> }
  | { readonly type: 'stats' }

export type Question =
  | WorkQuestion
  | ClaimQuestion
  /** Has no answer of its own: it makes the claim of that number answer. */
  | { readonly type: 'abandon', readonly claim: number }
  | { readonly type: 'close' }

/** A job as it is stored. */
export interface JobRecord {
  readonly call: string
  readonly body: Uint8Array<ArrayBuffer> | null
  readonly state: JobState
  readonly attempt: number
  readonly enqueuedAt: number
  readonly runAt: number
  readonly finishedAt: number | null
  /** As JSON: not every SQLite gives back a text with a zero character in it. */
  readonly error: string | null
}

export interface ClaimRecord extends JobRecord {
  readonly lease: string
}

/** What each question is answered with. */
export interface Answers {
  readonly enqueue: string
  readonly claim: readonly ClaimRecord[]
  readonly extend: boolean
  readonly settle: boolean
  readonly change: boolean
  readonly list: readonly JobRecord[]
  readonly stats: JobCounts
  readonly abandon: never
  readonly close: undefined
}

/** Why a question has no answer: `unavailable` may pass, `broken` lasts until somebody does something about the file. */
export type Refusal =
  | { readonly kind: 'unavailable', readonly reason: string }
  | { readonly kind: 'broken', readonly reason: string, readonly remedy: string }

export type Answer =
  | { readonly number: number, readonly value: Answers[keyof Answers] }
  | { readonly number: number, readonly refusal: Refusal }

/** To the thread: everything asked in one turn of the event loop. */
export interface QuestionBatch {
  /** The number of the first question; the others follow it. */
  readonly first: number
  readonly questions: readonly Question[]
  /** The bodies of its jobs, one after the other. */
  readonly bodies: Uint8Array<ArrayBuffer>
  /** Epoch ms, only where the clock is not the machine's. */
  readonly time: number | undefined
}

/** From the thread: everything that one transaction has answered. */
export interface AnswerBatch {
  readonly answers: readonly Answer[]
  /** The claims that have begun to wait. */
  readonly waiting: readonly number[]
}
