/** Counts of durations by size, each class wider than the one before by the same factor: 2 to the power of one sixth. */
export type Histogram = Uint32Array

const PER_OCTAVE = 6
/** Milliseconds at which the second class begins. */
const LEAST = 0.05
/** Up to 28 minutes, longer than anything runs by default; what takes longer is in the last one. */
const CLASSES = 150

export function createHistogram (): Histogram {
  return new Uint32Array(CLASSES)
}

export function classOf (duration: number): number {
  return duration <= LEAST ? 0 : Math.min(CLASSES - 1, 1 + Math.floor(Math.log2(duration / LEAST) * PER_OCTAVE))
}

/** What a share of the durations does not exceed, within 6 percent; `undefined` of none. */
export function percentile (histograms: readonly Histogram[], share: number): number | undefined {
  let all = 0
  for (const histogram of histograms) for (const count of histogram) all += count
  if (all === 0) return undefined
  const rank = Math.max(1, Math.ceil(all * share))
  let seen = 0
  for (let index = 0; index < CLASSES; index++) {
    for (const histogram of histograms) seen += histogram[index] as number
    if (seen >= rank) return middleOf(index)
  }
  return undefined
}

function middleOf (index: number): number {
  return index === 0 ? LEAST : LEAST * 2 ** ((index - 0.5) / PER_OCTAVE)
}
