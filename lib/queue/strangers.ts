import type { Job, QueueDriver } from './driver.ts'
import type { Outage } from './outage.ts'

export interface StrangersOptions {
  readonly driver: Pick<QueueDriver, 'list'>
  readonly outage: Outage
  /** Milliseconds that others get to take the jobs of such a function. */
  readonly patience: number
  readonly now: () => number
  /** Called when the jobs of a function may be looked at again. */
  readonly onChange: () => void
}

/**
 * Functions that this process does not have. Another one may: of a newer deploy, or of another site with the same
 * queue. So their jobs are left to others for a while, and given up only when nobody runs any.
 */
export interface Strangers {
  /** The functions whose jobs are left to others now. */
  readonly names: readonly string[]
  /**
   * Whether a claimed job of such a function goes back, for others to take; otherwise nobody has the function.
   * `own` are the ids of all jobs that this process has claimed with it.
   */
  leaves (job: Job, own: ReadonlySet<string>, signal: AbortSignal): Promise<boolean>
  /** Clears the timers. */
  close (): void
}

export function createStrangers ({ driver, outage, patience, now, onChange }: StrangersOptions): Strangers {
  const metAt = new Map<string, number>()
  const timers = new Map<string, NodeJS.Timeout>()

  return {
    get names () {
      return [...timers.keys()]
    },

    async leaves ({ function: name }, own, signal) {
      if (timers.has(name)) return true
      const met = metAt.get(name)
      if (met !== undefined && !await isAtWork(name, met, own, signal)) return false
      if (!timers.has(name)) leave(name)
      return true
    },

    close () {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    }
  }

  function leave (name: string): void {
    metAt.set(name, now())
    timers.set(name, setTimeout(() => {
      timers.delete(name)
      onChange()
    }, patience))
  }

  /** Whether somebody else runs jobs of the function, or has since it was met. When the queue does not say, it may be. */
  async function isAtWork (name: string, met: number, own: ReadonlySet<string>, signal: AbortSignal): Promise<boolean> {
    const limit = own.size + 1
    const found = await outage.survive(async () => await Promise.all([
      driver.list({ function: name, state: 'running', limit }),
      driver.list({ function: name, state: 'succeeded', limit })
    ]), signal)
    return found === undefined || found.flat().some(({ id, finishedAt }) => !own.has(id) && (finishedAt ?? Infinity) >= met)
  }
}
