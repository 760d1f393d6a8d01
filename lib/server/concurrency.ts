import { FST_NETLIFY_TOO_MANY_INVOCATIONS } from '../errors.ts'

/** Invocations at once; `Infinity` for any number. */
export interface ConcurrencyLimits {
  readonly total: number
  readonly perFunction: number
}

/** Counts the invocations under way that somebody waits for. */
export interface Concurrency {
  isRunning (functionName: string): boolean
  /**
   * Counts an invocation and gives what takes it off again, once.
   * @throws FST_NETLIFY_TOO_MANY_INVOCATIONS
   */
  enter (functionName: string): () => void
}

/** How many invocations of a function are under way. */
interface Running {
  count: number
}

/** @param onRefused is told of each invocation that may not enter */
export function createConcurrency ({ total, perFunction }: ConcurrencyLimits, onRefused: () => void = () => {}): Concurrency {
  // An entry stays when its function rests, as taking it out and in again costs a call more than the entry.
  const running = new Map<string, Running>()
  let all = 0

  return {
    isRunning: (name) => (running.get(name)?.count ?? 0) > 0,
    enter (name) {
      const own = runningOf(name)
      if (all >= total) throw refusal(name, 'invocations', total)
      if (own.count >= perFunction) throw refusal(name, 'its invocations', perFunction)
      all++
      own.count++
      let inside = true
      return () => {
        if (!inside) return
        inside = false
        all--
        own.count--
      }
    }
  }

  function refusal (name: string, what: string, limit: number): Error {
    onRefused()
    return new FST_NETLIFY_TOO_MANY_INVOCATIONS(name, what, limit)
  }

  function runningOf (name: string): Running {
    let own = running.get(name)
    if (own === undefined) {
      own = { count: 0 }
      running.set(name, own)
    }
    return own
  }
}
