import { isIPv6 } from 'node:net'

/** Who has given wrong passwords lately. */
export interface LoginAttempts {
  /** Seconds for which an address gets no answer; 0 if it may try. */
  blockedFor (address: string): number
  fail (address: string): void
}

/** Wrong ones in one window. */
const MOST_FAILURES = 10
const WINDOW = 60_000
const MOST_ADDRESSES = 1_000

interface Tally {
  failures: number
  readonly until: number
}

/** Counts wrong passwords by address. A right one takes nothing back, so nobody's login helps who guesses beside it. */
export function createLoginAttempts (now: () => number = () => performance.now()): LoginAttempts {
  const tallies = new Map<string, Tally>()

  return {
    blockedFor (address) {
      const tally = tallyOf(keyOf(address))
      return tally === undefined || tally.failures < MOST_FAILURES ? 0 : Math.ceil((tally.until - now()) / 1000)
    },
    fail (address) {
      const key = keyOf(address)
      const tally = tallyOf(key) ?? { failures: 0, until: now() + WINDOW }
      tally.failures++
      tallies.set(key, tally)
      if (tallies.size > MOST_ADDRESSES) tallies.delete(tallies.keys().next().value as string)
    }
  }

  function tallyOf (key: string): Tally | undefined {
    const tally = tallies.get(key)
    if (tally === undefined || tally.until > now()) return tally
    tallies.delete(key)
    return undefined
  }
}

/** One customer has a whole network of addresses of version 6. */
function keyOf (address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address
  const [left = '', right] = address.split('::')
  const head = left === '' ? [] : left.split(':')
  if (right === undefined) return head.slice(0, 4).join(':')
  const tail = right === '' ? [] : right.split(':')
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail].slice(0, 4).join(':')
}
