const PONG = 0
const RUNNING = 1
const HEARD = 2
const LEAVING = 3
/** Where the calls begin. */
const FIRST = 4
const INITIAL = 1024
/** Calls of one thread at once. */
const MOST = 1024 * 1024
const WORD = Int32Array.BYTES_PER_ELEMENT
const NONE = -1

/** Of a call. */
const FREE = 0
const POSTED = 1
const TAKEN = 2
const WITHDRAWN = 3

/**
 * What both sides of a thread know at any moment, also while the thread is not listening, or has died: in shared
 * memory. Calls are known by their numbers.
 */
export class Ledger {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  /** Numbers that are free again. */
  readonly #free: number[] = []
  #next = 0

  /** @param buffer of the other side's ledger */
  constructor (buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer((FIRST + INITIAL) * WORD, { maxByteLength: (FIRST + MOST) * WORD })
    this.#words = new Int32Array(this.buffer)
    if (buffer !== undefined) return
    Atomics.store(this.#words, RUNNING, NONE)
  }

  // The pool's side.

  /** The number of a call that is about to be posted; `undefined` when there are too many. */
  reserve (): number | undefined {
    const call = this.#free.pop() ?? (this.#next < MOST ? this.#next++ : undefined)
    if (call === undefined) return undefined
    const needed = (FIRST + call + 1) * WORD
    if (needed > this.buffer.byteLength) this.buffer.grow(Math.min(needed * 2, this.buffer.maxByteLength))
    Atomics.store(this.#words, FIRST + call, POSTED)
    return call
  }

  /** Takes a call back that the thread has not taken yet; false if it has. From then on, the thread drops it. */
  withdraw (call: number): boolean {
    return Atomics.compareExchange(this.#words, FIRST + call, POSTED, WITHDRAWN) === POSTED
  }

  /** The thread has said its last of the call. */
  release (call: number): void {
    if (Atomics.exchange(this.#words, FIRST + call, FREE) !== FREE) this.#free.push(call)
  }

  /** What functions have printed has arrived. */
  hear (characters: number): void {
    Atomics.add(this.#words, HEARD, characters)
  }

  /** The last ping that the thread has got. */
  get pong (): number {
    return Atomics.load(this.#words, PONG)
  }

  /** The call whose code has not given control back since it was called. */
  get running (): number | undefined {
    const call = Atomics.load(this.#words, RUNNING)
    return call === NONE ? undefined : call
  }

  /** Whether the thread is about to end. */
  get isLeaving (): boolean {
    return Atomics.load(this.#words, LEAVING) === 1
  }

  // The thread's side.

  /** False for a call that has been withdrawn. */
  take (call: number): boolean {
    return Atomics.compareExchange(this.#words, FIRST + call, POSTED, TAKEN) === POSTED
  }

  /** Characters that have arrived, in all. */
  get heard (): number {
    return Atomics.load(this.#words, HEARD)
  }

  answer (ping: number): void {
    Atomics.store(this.#words, PONG, ping)
  }

  leave (): void {
    Atomics.store(this.#words, LEAVING, 1)
  }

  /** Runs what a call begins with. */
  run<T> (call: number, begin: () => T): T {
    Atomics.store(this.#words, RUNNING, call)
    try {
      return begin()
    } finally {
      Atomics.store(this.#words, RUNNING, NONE)
    }
  }
}
