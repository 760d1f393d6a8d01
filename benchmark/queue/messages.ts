import type { CpuTime } from '../messages.ts'

/** What the runner says to the server of the queue. Every message has one reply. */
export type QueueOrder =
  | { readonly kind: 'cpu' }
  /** From now on jobs wait. */
  | { readonly kind: 'hold' }
  /** Runs all jobs that wait. */
  | { readonly kind: 'drain' }
  /** From now on the start of jobs is timed. */
  | { readonly kind: 'watch' }
  /** Asks for the times, and ends that. */
  | { readonly kind: 'delays' }

export type QueueReply =
  | { readonly kind: 'cpu', readonly cpu: CpuTime }
  | { readonly kind: 'hold' }
  | { readonly kind: 'drain', readonly jobs: number, readonly milliseconds: number }
  | { readonly kind: 'watch' }
  /** Milliseconds. */
  | { readonly kind: 'delays', readonly delays: readonly number[] }
