import type { IsolationMode } from './definition.ts'

/** What has started a function: a request, a call that was queued, the clock, an event, or `app.netlifyFunctions.invoke()`. */
export type Trigger = 'http' | 'background' | 'schedule' | 'event' | 'invoke'

/** What came of an invocation: it gave its answer, it failed or its answer broke off, or nobody waited for it any more. */
export type Outcome = 'succeeded' | 'failed' | 'cancelled'

/** One invocation that is over. */
export interface InvocationRecord {
  readonly function: string
  readonly trigger: Trigger
  readonly requestId: string
  /** Of a call that was queued. */
  readonly job: { readonly id: string, readonly attempt: number } | undefined
  readonly outcome: Outcome
  /** Of the reply; `undefined` where nobody waits for one. */
  readonly status: number | undefined
  /** What it failed with. */
  readonly error: unknown
  /** Epoch ms. */
  readonly startedAt: number
  /** Milliseconds, until the last byte of the reply or the end of the job. */
  readonly duration: number
  /** Of the bodies. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly isolation: IsolationMode
  readonly deployId: string
  readonly method: string
  /** Without the query, whose values are the client's affair. */
  readonly path: string
}
