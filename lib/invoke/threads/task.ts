import type { FastifyBaseLogger } from 'fastify'
import type { Loadable } from '../../build/load.ts'
import type { FromThread, Payload, ToThread } from './messages.ts'
import type { RegisteredSite } from './site-registry.ts'

/** What a thread has to say of a task. */
export type TaskMessage = Extract<FromThread, { readonly call: number }>

/** A function to be loaded, or a call of one, whichever thread it is in, and however often it is begun. */
export interface Task {
  readonly type: 'load' | 'call'
  readonly site: RegisteredSite
  readonly loadable: Loadable
  /** Of the function's module. */
  readonly bundle: string
  readonly functionName: string
  readonly requestId: string | undefined
  readonly log: FastifyBaseLogger
  /** Nobody waits for it any more. */
  readonly isExpired: boolean
  /** Whether it may be run once more, as nothing has come of it yet. */
  readonly canRunAgain: boolean
  /** Whether it may run a second time while the first time may yet go on. */
  readonly canRunTwice: boolean
  /** How often it was lost with its thread. */
  losses: number
  /** Begins, in a thread that knows it by this number from now on. */
  begin (call: number, post: (message: ToThread, payload?: Payload) => void): void
  /** It is not in its thread any more. */
  withdraw (): void
  receive (message: TaskMessage, payload: Payload): void
  fail (error: Error): void
}

/** Times that a job is begun anew at once; its queue begins it anew after that. */
export const MAX_LOSSES = 3
