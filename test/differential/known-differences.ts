import type { Comparison, Difference } from './compare.ts'

/** A difference that is meant, and the paragraph of docs/compatibility.md that defends it. */
export interface KnownDifference {
  readonly anchor: string
  readonly covers: (difference: Difference, comparison: Comparison) => boolean
}

const OUR_ERRORS = /"code":"FST_NETLIFY_(?:FUNCTION_FAILED|INVALID_RETURN_VALUE|INVALID_RESPONSE|HEADER_NOT_LATIN1)"/
const LEAKING = ['x-nf-invocation-metadata', 'x-nf-start-timestamp', 'x-nf-fetch-timing']

export const knownDifferences: readonly KnownDifference[] = [
  { anchor: 'leaking-headers', covers: ({ path, ours }) => path === 'headers.x-nf-request-id' || (LEAKING.some((name) => path === `headers.${name}`) && ours === undefined) },
  // Both fail, each in its own words.
  { anchor: 'errors', covers: ({ path }, { ours }) => path === 'error' && ours.status === 500 && OUR_ERRORS.test(ours.body.toString()) },
  { anchor: 'errors', covers: (_difference, { oracle, ours }) => bothSayNotLatin1(oracle.body, ours.body) }
]

function bothSayNotLatin1 (...bodies: Buffer[]): boolean {
  return bodies.every((body) => body.includes('Response header contains a character that is not a Latin-1 character'))
}
