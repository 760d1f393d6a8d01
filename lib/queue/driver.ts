import type { FunctionRequest } from '../functions/exchange.ts'

/** `waiting` includes jobs whose next attempt lies in the future (see `runAt`). */
export type JobState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled'

/** A call of a background function that was accepted and must run at least once. */
export interface Job {
  readonly id: string
  /** Name of the function. */
  readonly function: string
  /** The deploy the call was accepted under. */
  readonly deployId: string
  readonly requestId: string
  /** The client's address, for `context.ip`. */
  readonly ip: string
  /** What `context.params` shows. */
  readonly params: Readonly<Record<string, string>>
  /** The URL pattern that matched, `undefined` under a default URL. */
  readonly route: string | undefined
  readonly request: FunctionRequest & { readonly body: Uint8Array<ArrayBuffer> | null }
  /** Headers that are kept encrypted and are not among those of `request`; a driver stores the text as it is. */
  readonly sealedHeaders: string | undefined
  readonly state: JobState
  /** Attempts begun so far: the first claim makes it 1, a lost lease has spent one, a release takes its own back. */
  readonly attempt: number
  /** Epoch ms. */
  readonly enqueuedAt: number
  /** Epoch ms before which it is not claimed. */
  readonly runAt: number
  /** Epoch ms at which it succeeded, failed or was cancelled. */
  readonly finishedAt: number | undefined
  /** Message and stack of the last failed attempt, kept when a later one succeeds. */
  readonly error: string | undefined
}

/** What a producer hands over; the driver adds the rest. */
export interface NewJob {
  readonly id: string
  readonly function: string
  readonly deployId: string
  readonly requestId: string
  readonly ip: string
  readonly params: Job['params']
  readonly route: Job['route']
  readonly request: Job['request']
  readonly sealedHeaders?: Job['sealedHeaders']
  /** While a job with this key is stored, finished or not, enqueueing it again changes nothing. */
  readonly uniqueKey?: string
  /** Epoch ms; default: at once. */
  readonly runAt?: number
}

/** How an attempt ended. */
export type Settlement =
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'retry', readonly runAt: number, readonly error: string }
  | { readonly outcome: 'failed', readonly error: string }
  /** Back to the queue at once, without having spent an attempt. */
  | { readonly outcome: 'released' }

/** A running job and the token that proves whose it is. */
export interface Claim {
  readonly job: Job
  readonly lease: string
}

export interface ClaimOptions {
  /** At most this many; at least 1. */
  readonly limit: number
  /** Milliseconds after which an unextended claim may be given to somebody else. */
  readonly leaseDuration: number
  /** Functions that have all the places they may have; none of their jobs is given. Default: none. */
  readonly except?: readonly string[]
  /** Ends the wait with an empty list. */
  readonly signal: AbortSignal
}

export interface JobFilter {
  readonly id?: string
  readonly function?: string
  readonly state?: JobState
  /** Default 0. */
  readonly offset?: number
  /** Default 100; `Infinity` for all. */
  readonly limit?: number
}

export type JobCounts = Readonly<Record<JobState, number>>

/**
 * Where background calls wait. At-least-once: a job that `enqueue` has accepted is claimed until some claim settles
 * it. Every method is atomic, and every method but `close` may reject: with FST_NETLIFY_QUEUE_UNAVAILABLE it says
 * "not now, try again later", with any other coded error "never, until somebody puts it right", as
 * FST_NETLIFY_QUEUE_BROKEN does. Making a driver does no I/O; its first call opens what it needs, and the plugin's
 * boot calls `stats` once to learn whether it works. docs/queue-drivers.md explains how to write one.
 */
export interface QueueDriver {
  /** False where jobs end with the process; the server says so at boot, and at close which ones it drops. Default: true. */
  readonly durable?: boolean
  /**
   * Stores the job, durably where the driver is durable, and resolves with its id. If `id` or `uniqueKey` is
   * stored already, it changes nothing and resolves with the stored job's id.
   */
  enqueue (job: NewJob): Promise<string>
  /**
   * Waits until at least one job is due and leases up to `limit`: oldest `runAt` first, then in the order they
   * were enqueued. The empty list says that the wait was ended, never that there is nothing to do.
   */
  claim (options: ClaimOptions): Promise<Claim[]>
  /** Makes the lease end `leaseDuration` from now; false when it was lost. */
  extend (claim: Claim, leaseDuration: number): Promise<boolean>
  /** Ends the attempt; false, and nothing changes, when the lease was lost. */
  settle (claim: Claim, settlement: Settlement): Promise<boolean>
  /**
   * `cancel` takes a waiting job out; `retry` makes a failed or cancelled one due now, with all attempts again.
   * False when there is no such job in such a state.
   */
  change (id: string, change: 'cancel' | 'retry'): Promise<boolean>
  /** Newest first. */
  list (filter?: JobFilter): Promise<Job[]>
  stats (): Promise<JobCounts>
  /** Ends every wait of `claim` and frees what the driver holds. Idempotent. */
  close (): Promise<void>
}
