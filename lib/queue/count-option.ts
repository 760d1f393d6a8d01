import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'

/** Throws FST_NETLIFY_INVALID_OPTION unless the value is a whole number of at least `least`, or Infinity. */
export function checkCount (option: string, value: number, least: number): void {
  if (value === Infinity || (Number.isInteger(value) && value >= least)) return
  throw new FST_NETLIFY_INVALID_OPTION(option, `must be a whole number of at least ${least}, or Infinity`)
}
