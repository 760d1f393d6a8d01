/** Milliseconds of the first pause of a function that ends threads. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

interface Record {
  /** Threads that it has ended in a row. */
  count: number
  /** When it may run again. */
  until: number
}

/** Holds back functions that keep ending threads: twice as long each time, from the second one on. */
export class Holdbacks {
  readonly #records = new Map<string, Record>()
  readonly #now: () => number

  constructor (now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A function has ended a thread. Gives the milliseconds that it is held back for. */
  add (bundle: string): number {
    const now = this.#now()
    const known = this.#records.get(bundle)
    // One that ran well for a while after its pause begins anew.
    const count = known !== undefined && now - known.until < LONGEST_PAUSE ? known.count + 1 : 1
    const pause = count === 1 ? 0 : Math.min(FIRST_PAUSE * 2 ** (count - 2), LONGEST_PAUSE)
    this.#records.set(bundle, { count, until: now + pause })
    return pause
  }

  /** Milliseconds until the function may run again; 0 when it may. */
  remaining (bundle: string): number {
    const record = this.#records.get(bundle)
    return record === undefined ? 0 : Math.max(0, record.until - this.#now())
  }

  /** Forgets the functions that are not there any more. */
  keep (bundles: ReadonlySet<string>): void {
    for (const bundle of this.#records.keys()) {
      if (!bundles.has(bundle)) this.#records.delete(bundle)
    }
  }
}
