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

export function createConcurrency ({ total, perFunction }: ConcurrencyLimits): Concurrency {
  const running = new Map<string, number>()
  let all = 0

  return {
    isRunning: (name) => running.has(name),
    enter (name) {
      const own = running.get(name) ?? 0
      if (all >= total) throw new FST_NETLIFY_TOO_MANY_INVOCATIONS(name, 'invocations', total)
      if (own >= perFunction) throw new FST_NETLIFY_TOO_MANY_INVOCATIONS(name, 'its invocations', perFunction)
      all++
      running.set(name, own + 1)
      let inside = true
      return () => {
        if (inside) leave(name)
        inside = false
      }
    }
  }

  function leave (name: string): void {
    const own = running.get(name) ?? 0
    all--
    if (own > 1) running.set(name, own - 1)
    else running.delete(name)
  }
}
