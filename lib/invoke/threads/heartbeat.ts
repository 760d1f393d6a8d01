import type { Ledger } from './ledger.ts'

/** Tells whether a thread still answers. Its answers are seen at once, however busy this thread is. */
export class Heartbeat {
  readonly #ledger: Pick<Ledger, 'pong'>
  readonly #post: (ping: number) => void
  #pings = 0
  /** When the ping left that has no answer. */
  #askedAt: number | undefined = undefined

  constructor (ledger: Pick<Ledger, 'pong'>, post: (ping: number) => void) {
    this.#ledger = ledger
    this.#post = post
  }

  /** Stays the same for as long as the thread does not answer. */
  get answers (): number {
    return this.#ledger.pong
  }

  /** Milliseconds that the thread has not answered for. */
  silence (now: number): number {
    if (this.#askedAt === undefined || this.#ledger.pong === this.#pings) {
      this.#askedAt = undefined
      return 0
    }
    return now - this.#askedAt
  }

  /** Asks for a sign of life, unless the thread owes one. */
  ping (now: number): void {
    if (this.#askedAt !== undefined) return
    this.#askedAt = now
    this.#post(++this.#pings)
  }
}
