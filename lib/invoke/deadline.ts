/** What is told when its time is up, unless it has left its list before. */
export interface Expiring {
  expire (): void
}

/** One place in a list of deadlines; it is given up by `clear`. */
export interface Deadline {
  /** Milliseconds that are left. */
  remaining (): number
  /** From here on, the process does not wait for it. */
  unref (): void
  /** Idempotent. */
  clear (): void
}

export type StartDeadline = (timeout: number, expiring: Expiring) => Deadline

/** `setTimeout` turns longer delays into none. */
const LONGEST_TIMER = 2 ** 31 - 1
/** A timer may fire this much early, in milliseconds. */
const TIMER_SLACK = 1

const NEVER: Deadline = { remaining: () => Infinity, unref () {}, clear () {} }

/**
 * Gives what starts a deadline: `expire` is called after so many milliseconds. Calls with the same limit end in the
 * order in which they began, so they share a timer; one for each would be the dearest part of a short call.
 */
export function createDeadlines (): StartDeadline {
  const lists = new Map<number, DeadlineList>()
  return (timeout, expiring) => {
    if (timeout > LONGEST_TIMER) return NEVER
    let list = lists.get(timeout)
    if (list === undefined) {
      list = new DeadlineList(timeout)
      lists.set(timeout, list)
    }
    return list.add(expiring)
  }
}

/** Deadlines of one length, the earliest first. */
class DeadlineList {
  readonly #timeout: number
  readonly #head: Place
  #timer: NodeJS.Timeout | undefined
  /** How many the process waits for. */
  #refs = 0

  constructor (timeout: number) {
    this.#timeout = timeout
    this.#head = new Place(this, Infinity, { expire () {} })
  }

  add (expiring: Expiring): Place {
    const place = new Place(this, performance.now() + this.#timeout, expiring)
    place.insertBefore(this.#head)
    if (this.#timer === undefined) this.#timer = setTimeout(this.#onTimer, this.#timeout)
    else if (this.#refs === 0) this.#timer.ref()
    this.#refs++
    return place
  }

  release (): void {
    this.#refs--
    // The timer stays: the next call is likely to need it before it fires.
    if (this.#refs === 0) this.#timer?.unref()
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined
    const due = performance.now() + TIMER_SLACK
    let first = this.#head.next
    for (; first !== this.#head && first.due <= due; first = this.#head.next) {
      first.clear()
      first.expiring.expire()
    }
    if (first === this.#head || this.#timer !== undefined) return
    this.#timer = setTimeout(this.#onTimer, first.due - performance.now())
    if (this.#refs === 0) this.#timer.unref()
  }
}

/** A node of a doubly linked list; the list's head is one too. */
class Place implements Deadline {
  readonly due: number
  readonly expiring: Expiring
  readonly #list: DeadlineList
  #previous: Place = this
  #isIn = false
  #isRef = true
  next: Place = this

  constructor (list: DeadlineList, due: number, expiring: Expiring) {
    this.#list = list
    this.due = due
    this.expiring = expiring
  }

  insertBefore (other: Place): void {
    this.#previous = other.#previous
    this.next = other
    this.#previous.next = this
    other.#previous = this
    this.#isIn = true
  }

  remaining (): number {
    return this.due - performance.now()
  }

  unref (): void {
    if (!this.#isIn || !this.#isRef) return
    this.#isRef = false
    this.#list.release()
  }

  clear (): void {
    if (!this.#isIn) return
    this.#isIn = false
    this.#previous.next = this.next
    this.next.#previous = this.#previous
    if (this.#isRef) this.#list.release()
  }
}
