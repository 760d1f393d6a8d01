import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'

const FIRST_PAUSE = 100
const LONGEST_PAUSE = 5_000

/** The times in which a driver does not answer. */
export interface Outage {
  /**
   * Calls until the driver answers, with growing pauses; `undefined` when the signal aborts first, or when
   * another try would come later than `patience` milliseconds after the first. Never rejects.
   */
  survive<Answer> (call: () => Promise<Answer>, signal: AbortSignal, patience?: number): Promise<Answer | undefined>
}

/** Watches over the calls to one driver; logs when it stops answering and when it answers again, not every failed call. */
export function createOutage (log: Pick<FastifyBaseLogger, 'info' | 'error'>): Outage {
  let lasting = false

  return {
    async survive (call, signal, patience = Infinity) {
      const start = performance.now()
      for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
        try {
          const answer = await call()
          if (lasting) log.info('background queue is reachable again')
          lasting = false
          return answer
        } catch (error) {
          if (!lasting) log.error({ err: error }, 'background queue is unreachable; its calls are repeated until it answers')
          lasting = true
        }
        if (performance.now() - start + pause > patience) return undefined
        await sleep(pause, undefined, { signal }).catch(() => {})
      }
      return undefined
    }
  }
}
