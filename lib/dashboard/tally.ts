import { classOf, createHistogram, percentile, type Histogram } from './histogram.ts'

/** The last hour of one function, or of all. */
export interface Tally {
  add (now: number, duration: number, hasFailed: boolean): void
  summary (now: number): Summary
  /** The oldest first; the last point is the one under way. */
  series (now: number): Point[]
  /** Invocations in each of the last `minutes`, the oldest first. */
  minutes (now: number): number[]
}

export interface Summary {
  /** In the last hour. */
  readonly count: number
  readonly failed: number
  /** Invocations per second in the last minute. */
  readonly rate: number
  /** Milliseconds; `undefined` without any invocation in the last hour. */
  readonly p50: number | undefined
  readonly p95: number | undefined
  readonly p99: number | undefined
}

export interface Point extends Summary {
  /** Milliseconds on the clock of the tally, at which it begins. */
  readonly at: number
}

/** Milliseconds. */
export const BUCKET = 5_000
export const MINUTE = 60_000
const MINUTES = 60
const BUCKETS = MINUTES * MINUTE / BUCKET
const BUCKETS_PER_MINUTE = MINUTE / BUCKET

/**
 * Keeps counts for every five seconds and durations for every minute, in rings; what leaves the hour is taken off its sum.
 * A minute without an invocation has no histogram, so a function that rests takes little.
 */
export function createTally (): Tally {
  const counts = new Uint32Array(BUCKETS)
  const failures = new Uint32Array(BUCKETS)
  const histograms = new Array<Histogram | undefined>(MINUTES).fill(undefined)
  const hour = createHistogram()
  let newest = 0
  let newestMinute = 0

  return {
    add (now, duration, hasFailed) {
      advance(now)
      const place = newest % BUCKETS
      counts[place] = (counts[place] as number) + 1
      if (hasFailed) failures[place] = (failures[place] as number) + 1
      const histogram = histograms[newestMinute % MINUTES] ??= createHistogram()
      const index = classOf(duration)
      histogram[index] = (histogram[index] as number) + 1
      hour[index] = (hour[index] as number) + 1
    },

    summary (now) {
      advance(now)
      return { ...summarize(newest - BUCKETS + 1, newest, [hour]), rate: countOf(newest - BUCKETS_PER_MINUTE + 1, newest, counts) / (MINUTE / 1000) }
    },

    series (now) {
      advance(now)
      return Array.from({ length: MINUTES }, (_, index) => {
        const minute = newestMinute - MINUTES + 1 + index
        const histogram = histograms[placeOf(minute, MINUTES)]
        const first = minute * BUCKETS_PER_MINUTE
        const last = Math.min(newest, first + BUCKETS_PER_MINUTE - 1)
        const begun = Math.min(MINUTE, Math.max(1000, now - minute * MINUTE))
        const summary = summarize(Math.max(first, newest - BUCKETS + 1), last, histogram === undefined ? [] : [histogram])
        return { at: minute * MINUTE, ...summary, rate: summary.count / (begun / 1000) }
      })
    },

    minutes (now) {
      advance(now)
      return Array.from({ length: MINUTES }, (_, index) => countOf(newest - BUCKETS + 1 + index * BUCKETS_PER_MINUTE, newest - BUCKETS + (index + 1) * BUCKETS_PER_MINUTE, counts))
    }
  }

  /** Empties what the time since the last call has left behind. */
  function advance (now: number): void {
    const bucket = Math.floor(now / BUCKET)
    if (bucket <= newest) return
    for (let next = Math.max(newest + 1, bucket - BUCKETS + 1); next <= bucket; next++) {
      counts[next % BUCKETS] = 0
      failures[next % BUCKETS] = 0
    }
    newest = bucket
    const minute = Math.floor(now / MINUTE)
    for (let next = Math.max(newestMinute + 1, minute - MINUTES + 1); next <= minute; next++) forget(next % MINUTES)
    newestMinute = minute
  }

  function forget (place: number): void {
    const histogram = histograms[place]
    if (histogram === undefined) return
    for (const [index, count] of histogram.entries()) hour[index] = (hour[index] as number) - count
    histograms[place] = undefined
  }

  function summarize (first: number, last: number, of: readonly Histogram[]): Omit<Summary, 'rate'> {
    return {
      count: countOf(first, last, counts),
      failed: countOf(first, last, failures),
      p50: percentile(of, 0.5),
      p95: percentile(of, 0.95),
      p99: percentile(of, 0.99)
    }
  }
}

function countOf (first: number, last: number, ring: Uint32Array): number {
  let sum = 0
  for (let bucket = first; bucket <= last; bucket++) sum += ring[placeOf(bucket, BUCKETS)] as number
  return sum
}

/** A process that is young has buckets before its first. */
function placeOf (bucket: number, length: number): number {
  return ((bucket % length) + length) % length
}
