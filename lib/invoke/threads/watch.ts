import { findHolder } from './find-holder.ts'
import type { FunctionThread } from './function-thread.ts'
import { HeapGuard } from './heap-guard.ts'
import type { Culprit } from './messages.ts'
import type { Task } from './task.ts'
import type { ThreadGroup } from './thread-group.ts'

/** Milliseconds between two looks at threads that have tasks. */
const INTERVAL = 100
/** Milliseconds after which a thread that does not answer gets no more tasks. */
const SILENCE = 100
/** Milliseconds after which a thread is ended that a call holds whose time is over. */
const PATIENCE = 250
/** Milliseconds after which calls that may run twice are run elsewhere too. */
const TOO_LONG = 500
/** Milliseconds after which a thread is looked into again: other code may hold it by now. */
const LOOK_AGAIN = 500
/** Milliseconds after which it counts as unknown who holds a thread, as others are being looked into. */
const UNKNOWN = 2_000
/** Milliseconds for top-level code, and for code that a call has left behind; those for a thread to start. */
const STRAY_TIMEOUT = 5_000
const START_TIMEOUT = 30_000

export interface WatchOptions {
  readonly groups: () => Iterable<ThreadGroup>
  /** A thread is held by code whose time is over, as far as it is known whose it is. */
  readonly onStuck: (thread: FunctionThread, holder: Culprit | undefined) => void
}

/** A look into a thread that does not answer. */
interface Look {
  readonly begun: number
  /** From when on it counts: a thread that was halted needs time to answer. */
  countsFrom: number
  holder: Culprit | undefined
}

/** Looks after threads while they have tasks: none is left alone with one that does not answer. */
export class Watch {
  readonly #options: WatchOptions
  /** Threads that are being looked into, and who held those that were. */
  readonly #looks = new WeakMap<FunctionThread, Look>()
  readonly #heaps = new HeapGuard()
  #timer: NodeJS.Timeout | undefined = undefined

  constructor (options: WatchOptions) {
    this.#options = options
  }

  /** Goes on until there is nothing to do; whoever waits for a task keeps the process alive. */
  start (): void {
    this.#timer ??= setInterval(() => this.#look(), INTERVAL).unref()
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look (): void {
    const now = performance.now()
    let isNeeded = false
    for (const group of this.#options.groups()) {
      for (const thread of group.all) this.#lookAt(group, thread, now)
      group.balance()
      group.shrink(now)
      isNeeded ||= group.needsWatch
    }
    if (!isNeeded) this.stop()
  }

  #lookAt (group: ThreadGroup, thread: FunctionThread, now: number): void {
    thread.sortOut()
    const silence = thread.heartbeat.silence(now)
    this.#heaps.lookAt(thread, silence >= SILENCE, now)
    if (thread.load > 0 || thread.hasExpired) thread.heartbeat.ping(now)
    if (!thread.isUp) {
      if (silence > START_TIMEOUT) this.#options.onStuck(thread, undefined)
      return
    }
    if (silence < SILENCE) {
      group.setAnswering(thread)
      this.#looks.delete(thread)
      return
    }
    group.setSilent(thread)
    if (silence >= PATIENCE && (thread.hasExpired || silence >= TOO_LONG)) this.#findOut(group, thread, silence, now)
  }

  #findOut (group: ThreadGroup, thread: FunctionThread, silence: number, now: number): void {
    const look = this.#looks.get(thread) ?? this.#lookInto(thread, now)
    const task = look.holder && thread.taskOf(look.holder)
    const isFoundOut = now >= look.countsFrom || silence >= UNKNOWN
    if (isFoundOut && isOverdue(thread, look.holder, task, silence)) return this.#options.onStuck(thread, look.holder)
    if (silence >= (task === undefined ? UNKNOWN : TOO_LONG)) {
      for (const other of thread.abandon((other) => other !== task && other.canRunTwice)) {
        other.losses++
        // Among those of which nothing is known is the one that holds the thread.
        if (task === undefined) group.runAlone(other)
        else group.run(other)
      }
    }
    if (now >= look.countsFrom && now - look.begun >= LOOK_AGAIN) this.#lookInto(thread, now)
  }

  #lookInto (thread: FunctionThread, begun: number): Look {
    const { holder } = thread
    const look: Look = { begun, countsFrom: holder === undefined ? Infinity : begun, holder }
    this.#looks.set(thread, look)
    if (holder === undefined) {
      findHolder(thread.id, false).then((holder) => Object.assign(look, { holder, countsFrom: performance.now() + PATIENCE }))
    }
    return look
  }
}

function isOverdue (thread: FunctionThread, holder: Culprit | undefined, task: Task | undefined, silence: number): boolean {
  if (task?.type === 'call') return task.isExpired
  if (thread.hasExpired && task === undefined) return true
  const isStray = task !== undefined || holder?.functionName !== undefined || thread.isLoading
  return isStray && silence >= STRAY_TIMEOUT
}
