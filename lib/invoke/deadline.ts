/** What is told when its time is up, unless its deadline was cleared before. */
export interface Expiring {
  expire (): void
}

export interface Deadline {
  /** Milliseconds that are left. */
  remaining (): number
  /** From here on, the process does not wait for it. */
  unref (): void
  /** Idempotent. */
  clear (): void
}

/** Starts a deadline of so many milliseconds; `expire` is called when they are over. */
export type StartDeadline = (timeout: number, expiring: Expiring) => Deadline

/** `setTimeout` turns longer delays into none. */
const LONGEST_TIMER = 2 ** 31 - 1
/** A timer may fire this much early, in milliseconds. */
const TIMER_SLACK = 1

const NEVER: Deadline = { remaining: () => Infinity, unref () {}, clear () {} }

/** A deadline with a timer of its own, which the process waits for. */
export const startDeadline: StartDeadline = (timeout, expiring) => {
  if (timeout > LONGEST_TIMER) return NEVER
  const due = performance.now() + timeout
  const timer = setTimeout(() => expiring.expire(), timeout)
  return {
    remaining: () => due - performance.now(),
    unref () { timer.unref() },
    clear () { clearTimeout(timer) }
  }
}

/**
 * Gives what starts deadlines that share their timers, for calls that something else keeps the process alive for.
 * Calls with the same limit end in the order in which they began, so a timer is enough for all of them; one for
 * each would be the dearest part of a short call.
 */
export function createSharedDeadlines (): StartDeadline {
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
  #isTimerSet = false

  constructor (timeout: number) {
    this.#timeout = timeout
    this.#head = new Place(Infinity, { expire () {} })
  }

  add (expiring: Expiring): Place {
    const place = new Place(performance.now() + this.#timeout, expiring)
    place.insertBefore(this.#head)
    if (!this.#isTimerSet) this.#setTimer(this.#timeout)
    return place
  }

  /** The timer stays when a call ends: the next one is likely to need it before it fires. */
  #setTimer (delay: number): void {
    this.#isTimerSet = true
    setTimeout(this.#onTimer, delay).unref()
  }

  readonly #onTimer = (): void => {
    this.#isTimerSet = false
    const due = performance.now() + TIMER_SLACK
    let first = this.#head.next
    for (; first !== this.#head && first.due <= due; first = this.#head.next) {
      first.clear()
      first.expiring.expire()
    }
    // The next one may be due by now; Node.js warns of a negative delay.
    if (first !== this.#head && !this.#isTimerSet) this.#setTimer(Math.max(0, first.due - performance.now()))
  }
}

/** A node of a doubly linked list; the list's head is one too. */
class Place implements Deadline {
  readonly due: number
  readonly expiring: Expiring
  #previous: Place = this
  #isIn = false
  next: Place = this

  constructor (due: number, expiring: Expiring) {
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

  unref (): void {}

  clear (): void {
    if (!this.#isIn) return
    this.#isIn = false
    this.#previous.next = this.next
    this.next.#previous = this.#previous
  }
}
