import type { Labels, Sample } from './families.ts'

/** Counts values by their size, as a histogram of Prometheus. */
export class Distribution {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds upper ones, in rising order */
  constructor (bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  add (value: number): void {
    let bucket = 0
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket++
    this.#counts[bucket]!++
    this.#sum += value
  }

  samples (name: string, labels: Labels): Sample[] {
    let count = 0
    const buckets = this.#counts.map((own, bucket): Sample => {
      count += own
      return { metricName: `${name}_bucket`, labels: { ...labels, le: this.#bounds[bucket] ?? '+Inf' }, value: count }
    })
    return [...buckets, { metricName: `${name}_sum`, labels, value: this.#sum }, { metricName: `${name}_count`, labels, value: count }]
  }
}

/** Counts by one label. */
export class Tally {
  readonly #label: string
  readonly #values = new Map<string, number>()

  /** @param known those that are shown before anything has happened, so that a rise from nothing is seen */
  constructor (label: string, known: readonly string[] = []) {
    this.#label = label
    for (const value of known) this.#values.set(value, 0)
  }

  add (value: string): void {
    this.#values.set(value, (this.#values.get(value) ?? 0) + 1)
  }

  reset (): void {
    for (const value of this.#values.keys()) this.#values.set(value, 0)
  }

  samples (labels: Labels): Sample[] {
    return [...this.#values].map(([label, value]) => ({ labels: { ...labels, [this.#label]: label }, value }))
  }
}
