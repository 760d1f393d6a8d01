import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Two characters of the alphabet, by ten bits. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => ALPHABET[bits >> 5]! + ALPHABET[bits & 31]!)
/** Ids that may share the time and the first 60 bits of chance; the last 20 bits count. */
const SERIES = 1024 * 1024
/** Pairs of chance at the start of a series. */
const START_PAIRS = 6
const pool = new Uint16Array(START_PAIRS * 512)
let used = pool.length
let timeOfSeries = 0
let start = ''
let next = SERIES

/**
 * A ULID (https://github.com/ulid/spec), as Netlify's request ids: 48 bits of time, 80 of chance. Those of one
 * millisecond count upwards, as the specification has it, so chance is asked for once for all of them.
 */
export function createRequestId (): string {
  const now = Date.now()
  if (now !== timeOfSeries || next === SERIES) {
    timeOfSeries = now
    start = encodeTime(now) + randomStart()
    next = 0
  }
  const bits = next++
  return start + PAIRS[bits >> 10]! + PAIRS[bits & 1023]!
}

/** One call for random bytes is dear, and serves many series. */
function randomStart (): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let text = ''
  for (const end = used + START_PAIRS; used < end; used++) text += PAIRS[pool[used]! & 1023]
  return text
}

function encodeTime (time: number): string {
  let text = ''
  for (let rest = time; text.length < 10; rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text
  return text
}
