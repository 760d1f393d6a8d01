import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Two characters of the alphabet, by ten bits. */
const PAIRS = Array.from({ length: 1024 }, (_, bits) => ALPHABET[bits >> 5]! + ALPHABET[bits & 31]!)
/** Ids that may share the time and the first 60 bits of chance; the last 20 bits count. */
const SERIES = 1024 * 1024
const random = new Uint16Array(6)
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
    randomFillSync(random)
    timeOfSeries = now
    start = random.reduce((text, bits) => text + PAIRS[bits & 1023]!, encodeTime(now))
    next = 0
  }
  const bits = next++
  return start + PAIRS[bits >> 10]! + PAIRS[bits & 1023]!
}

function encodeTime (time: number): string {
  let text = ''
  for (let rest = time; text.length < 10; rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text
  return text
}
