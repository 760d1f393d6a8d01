import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_THREAD_LOST } from '../../errors.ts'
import type { Print } from '../globals.ts'
import type { Departure } from './departure.ts'
import { FunctionThread } from './function-thread.ts'
import type { RegisteredSite } from './site-registry.ts'
import type { Task } from './task.ts'

export interface ThreadGroupOptions {
  readonly name: string
  /** Whose variables its threads have in `process.env`. */
  readonly site: RegisteredSite
  readonly min: number
  readonly max: number
  /** Megabytes of each thread. */
  readonly memory: number
  /** Milliseconds. */
  readonly idleTimeout: number
  readonly log: FastifyBaseLogger
  readonly print: Print
  /** A thread is gone that had tasks. */
  readonly onGone: (group: ThreadGroup, thread: FunctionThread, departure: Departure) => void
}

/** Threads beyond `max` that may take the place of threads that do not answer, as a multiple of `max`. */
const SPARE = 1

/** The threads that share the tasks of one kind. */
export class ThreadGroup {
  readonly #options: ThreadGroupOptions
  readonly #threads = new Set<FunctionThread>()
  /** Threads that have not answered for a while. */
  readonly #silent = new Set<FunctionThread>()
  /** Each runs a single task, which may have ended a thread. */
  readonly #lone = new Set<FunctionThread>()
  /** Loads the functions of the next version of the site, which runs in it when it is served. */
  readonly #staging = new Set<FunctionThread>()
  readonly #waiting: Task[] = []
  #started = 0

  constructor (options: ThreadGroupOptions) {
    this.#options = options
  }

  get all (): FunctionThread[] { return [...this.#threads, ...this.#staging, ...this.#lone] }

  /** Whether it has to be looked after: something runs, or there are threads that may end. */
  get needsWatch (): boolean {
    return this.#threads.size > this.#options.min || this.#silent.size > 0 || this.all.some(({ load, hasExpired, isRetiring }) => load > 0 || hasExpired || isRetiring)
  }

  /** Hands a task to the thread that has least to do. */
  run (task: Task): void {
    const thread = this.#stagingOf(task) ?? this.#choose(this.#usable())
    if (thread === undefined || !thread.begin(task)) task.fail(this.#unavailable(task, 'there are too many calls'))
  }

  /** Has a function loaded by a thread that has it already, and so keeps its state, or aside from those that run. */
  load (task: Task): void {
    const knowing = this.#usable().find(({ bundles }) => bundles.has(task.bundle))
    const thread = knowing ?? [...this.#staging].find(({ isRetiring }) => !isRetiring) ?? this.#start(this.#staging)
    if (thread === undefined || !thread.begin(task)) task.fail(this.#unavailable(task, 'no thread can be started'))
  }

  /** Runs a task in a thread of its own, where it harms nobody. */
  runAlone (task: Task): void {
    if (this.#lone.size >= this.#options.max) {
      this.#waiting.push(task)
      return
    }
    const thread = this.#start(this.#lone)
    if (thread === undefined) return task.fail(this.#unavailable(task, 'no thread can be started'))
    thread.begin(task)
    thread.isRetiring = true
  }

  /** Has a thread that does not answer get no tasks, and gives those that it has not begun to others. */
  setSilent (thread: FunctionThread): void {
    if (!this.#threads.has(thread)) return
    this.#silent.add(thread)
    for (const task of thread.takeBack(Infinity)) this.run(task)
  }

  setAnswering (thread: FunctionThread): void {
    this.#silent.delete(thread)
  }

  /** Gives threads that have nothing to do what others have not begun. */
  balance (): void {
    const usable = this.#usable().filter(({ isUp }) => isUp)
    const idle = usable.filter(({ load }) => load === 0)
    for (const thread of idle) {
      const busiest = mostLoaded([...this.#threads].filter((other) => !other.isRetiring))
      if (busiest === undefined || busiest.load < 2) return
      for (const task of busiest.takeBack(Math.floor(busiest.load / 2))) thread.begin(task)
    }
  }

  /** Ends threads that nobody needs. */
  shrink (now: number): void {
    const { min, idleTimeout } = this.#options
    for (const thread of this.#threads) if (thread.isRetiring && isUnused(thread)) this.#end(thread)
    // Those that are on their way out, or do not answer, are none of the ones that are kept ready.
    const usable = this.#usable()
    let spare = usable.length - min
    for (const thread of usable) {
      if (spare <= 0) break
      if (!isUnused(thread) || now - thread.idleSince < idleTimeout) continue
      spare--
      this.#end(thread)
    }
    for (const thread of this.#lone) if (thread.load === 0) this.#end(thread)
  }

  /** Lets threads come to their end that have loaded something else than these bundles, or all of them. */
  retire (keeps: ReadonlySet<string> | undefined): void {
    for (const thread of this.#staging) this.#threads.add(thread)
    this.#staging.clear()
    for (const thread of this.#threads) {
      if (keeps === undefined || [...thread.bundles].some((bundle) => !keeps.has(bundle))) thread.isRetiring = true
    }
    this.shrink(performance.now())
  }

  /** Ends all of them; what they run is lost. */
  end (): void {
    for (const task of this.#waiting.splice(0)) task.fail(this.#unavailable(task, 'the server is shutting down'))
    for (const thread of this.all) this.#end(thread)
  }

  #usable (): FunctionThread[] {
    return [...this.#threads].filter((thread) => !thread.isRetiring && !this.#silent.has(thread))
  }

  /** The function may be known only to the version that is not served yet. */
  #stagingOf ({ bundle }: Task): FunctionThread | undefined {
    if (this.#staging.size === 0 || [...this.#threads].some(({ bundles }) => bundles.has(bundle))) return undefined
    return [...this.#staging].find(({ bundles }) => bundles.has(bundle))
  }

  #choose (usable: readonly FunctionThread[]): FunctionThread | undefined {
    const least = leastLoaded(usable)
    const { max } = this.#options
    const isAllBusy = least === undefined || least.load > 0
    const count = [...this.#threads].filter(({ isRetiring }) => !isRetiring).length
    const mayStart = isAllBusy && usable.length < max && count < max * (1 + SPARE)
    const started = mayStart ? this.#start(this.#threads) : undefined
    // A thread takes its time to start; it gets what is not begun by then.
    return least ?? started ?? leastLoaded([...this.#threads])
  }

  #start (into: Set<FunctionThread>): FunctionThread | undefined {
    const { name, site, memory, log, print, onGone } = this.#options
    try {
      const thread: FunctionThread = new FunctionThread({
        name: `${name} ${++this.#started}`,
        site,
        memory,
        log,
        print,
        onUp: () => this.balance(),
        onOver: () => this.#onOver(thread),
        onGone: (departure) => {
          this.#remove(thread)
          onGone(this, thread, departure)
        }
      })
      into.add(thread)
      return thread
    } catch (error) {
      log.error({ err: error }, 'a thread for functions cannot be started')
      return undefined
    }
  }

  #onOver (thread: FunctionThread): void {
    if (thread.isRetiring && thread.load === 0) this.#end(thread)
  }

  #end (thread: FunctionThread): void {
    this.#remove(thread)
    thread.end({ reason: 'asked', how: 'the server has no use for it any more', by: undefined })
  }

  #remove (thread: FunctionThread): void {
    this.#threads.delete(thread)
    this.#staging.delete(thread)
    this.#silent.delete(thread)
    if (!this.#lone.delete(thread)) return
    let next = this.#waiting.shift()
    while (next?.isExpired) next = this.#waiting.shift()
    if (next !== undefined) this.runAlone(next)
  }

  #unavailable ({ functionName }: Task, reason: string): Error {
    return new FST_NETLIFY_THREAD_LOST(functionName, reason)
  }
}

function isUnused ({ load, isUp }: FunctionThread): boolean {
  return load === 0 && isUp
}

function leastLoaded (threads: readonly FunctionThread[]): FunctionThread | undefined {
  return threads.reduce<FunctionThread | undefined>((best, thread) => best === undefined || thread.load < best.load ? thread : best, undefined)
}

function mostLoaded (threads: readonly FunctionThread[]): FunctionThread | undefined {
  return threads.reduce<FunctionThread | undefined>((best, thread) => best === undefined || thread.load > best.load ? thread : best, undefined)
}
