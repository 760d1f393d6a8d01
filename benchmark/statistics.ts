export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread (values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), min: Math.min(...values), max: Math.max(...values) }
}

/** The smallest value that so large a part of all values does not exceed. */
export function percentile (values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN
}

export function sum (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
