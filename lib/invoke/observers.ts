import type { FastifyBaseLogger } from 'fastify'
import type { InvocationRecord } from '../functions/invocation-record.ts'
import type { Call, Invocation } from './invocation.ts'

/** Somebody who is told of invocations. */
export interface InvocationObserver {
  /** An invocation begins. */
  begun? (invocation: Invocation, call: Call): void
  ended (record: InvocationRecord, invocation: Invocation, call: Call): void
}

/** Those who are told of the invocations of a site. */
export interface Observers {
  /** Whether there is anybody; without, no record is made. */
  readonly any: boolean
  /** Gives what takes the observer off again. */
  add (observer: InvocationObserver): () => void
  /** What an observer throws is logged. */
  begun (invocation: Invocation, call: Call): void
  ended (record: InvocationRecord, invocation: Invocation, call: Call): void
}

export function createObservers (log: Pick<FastifyBaseLogger, 'error'>): Observers {
  // Replaced, never changed: one that leaves while the others are told disturbs nobody.
  let observers: readonly InvocationObserver[] = []
  let starters: readonly InvocationObserver[] = []

  return {
    get any () {
      return observers.length > 0
    },
    add (observer) {
      set([...observers, observer])
      return () => set(observers.filter((other) => other !== observer))
    },
    begun (invocation, call) {
      for (const observer of starters) {
        try {
          observer.begun?.(invocation, call)
        } catch (error) {
          logFailure(error)
        }
      }
    },
    ended (record, invocation, call) {
      for (const observer of observers) {
        try {
          observer.ended(record, invocation, call)
        } catch (error) {
          logFailure(error)
        }
      }
    }
  }

  function set (all: readonly InvocationObserver[]): void {
    observers = all
    starters = all.filter((observer) => observer.begun !== undefined)
  }

  function logFailure (error: unknown): void {
    log.error({ err: error }, 'an observer of invocations threw')
  }
}
