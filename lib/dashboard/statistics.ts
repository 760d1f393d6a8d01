import type { InvocationRecord } from '../functions/invocation-record.ts'
import type { NetlifyFunctions } from '../server/handle.ts'
import { createTally, type Point, type Summary, type Tally } from './tally.ts'

/** How the functions of a site do, in the last hour. */
export interface Statistics {
  /** Of one function, or of all together. */
  summary (functionName?: string): Summary
  /** Minute by minute. */
  series (functionName?: string): Point[]
  /** Invocations, minute by minute. */
  minutes (functionName?: string): number[]
  add (record: Pick<InvocationRecord, 'function' | 'outcome' | 'status' | 'duration'>): void
}

/** Milliseconds. Both clocks that computers have can be turned back; this one cannot. */
export type Clock = () => number

/** Listens to a site from now on. What is kept is bounded by the number of its functions. */
export function createStatistics (site: Pick<NetlifyFunctions, 'functions' | 'on'>, clock: Clock = () => performance.now()): Statistics {
  const all = createTally()
  const none = createTally()
  const tallies = new Map<string, Tally>()
  const statistics: Statistics = {
    summary: (name) => tallyOf(name).summary(clock()),
    series: (name) => tallyOf(name).series(clock()),
    minutes: (name) => tallyOf(name).minutes(clock()),
    add ({ function: name, outcome, status = 0, duration }) {
      const now = clock()
      const hasFailed = outcome === 'failed' || status >= 500
      let tally = tallies.get(name)
      if (tally === undefined) tallies.set(name, tally = createTally())
      tally.add(now, duration, hasFailed)
      all.add(now, duration, hasFailed)
    }
  }

  site.on('invocation', statistics.add)
  site.on('build', ({ outcome }) => {
    if (outcome !== 'served') return
    const names = new Set(site.functions.map(({ name }) => name))
    for (const name of tallies.keys()) if (!names.has(name)) tallies.delete(name)
  })
  return statistics

  function tallyOf (name: string | undefined): Tally {
    return name === undefined ? all : tallies.get(name) ?? none
  }
}
