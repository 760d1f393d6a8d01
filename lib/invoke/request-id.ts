import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const RANDOM_LENGTH = 16
const pool = new Uint8Array(RANDOM_LENGTH * 256)
let used = pool.length
let timeOfPrefix = 0
let prefix = ''

/** A ULID (https://github.com/ulid/spec), as Netlify's request ids: 48 bits of time, 80 of chance. */
export function createRequestId (): string {
  const now = Date.now()
  if (now !== timeOfPrefix) {
    timeOfPrefix = now
    prefix = encodeTime(now)
  }
  // One call for random bytes serves 256 ids.
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let id = prefix
  for (const end = used + RANDOM_LENGTH; used < end; used++) id += ALPHABET[pool[used]! & 31]
  return id
}

function encodeTime (time: number): string {
  let text = ''
  for (let rest = time; text.length < 10; rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text
  return text
}
