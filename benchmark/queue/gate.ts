import type { QueueDriver } from '../../dist/queue/driver.js'

/** A queue whose jobs wait while it is closed. */
export interface Gate {
  readonly driver: QueueDriver
  close (): void
  open (): void
}

/** Puts a gate between a queue and its consumer, so that taking calls and running jobs are measured apart. */
export function createGate (driver: QueueDriver): Gate {
  let closing = new AbortController()
  let opening = Promise.withResolvers<void>()
  opening.resolve()

  return {
    driver: {
      ...driver,
      async claim (options) {
        const { signal } = options
        while (!signal.aborted) {
          await opening.promise
          const claims = await driver.claim({ ...options, signal: AbortSignal.any([signal, closing.signal]) })
          if (claims.length > 0) return claims
        }
        return []
      }
    },

    close () {
      opening = Promise.withResolvers()
      closing.abort()
    },

    open () {
      // A claim may wait already, and is ended by the controller it knows.
      if (!closing.signal.aborted) return
      closing = new AbortController()
      opening.resolve()
    }
  }
}
