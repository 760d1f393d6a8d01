import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_JOB_NOT_RUN } from '../errors.ts'
import { createAttempt, type Attempt, type AttemptOptions, type JobEvent } from './attempt.ts'
import type { Claim, Job, QueueDriver } from './driver.ts'
import { createOutage } from './outage.ts'
import { Places, type Offer, type PlacesOptions } from './places.ts'
import { createStrangers } from './strangers.ts'
import { within } from './within.ts'

/** How long `close` waits for the driver to take back what still runs. */
const RELEASE_TIMEOUT = 1_000
/** Between the claims of a driver that answers with nothing, against its contract. */
const EMPTY_PAUSE = 100
/** A claim that leaves functions out may have to search their backlog, so it gets this long, and is not repeated sooner than that. */
const SEARCH_TIME = 50
const SEARCH_PAUSE = 500

export interface ConsumerOptions {
  driver: QueueDriver
  /** Runs the function; a rejection fails the attempt. The signal aborts when the result no longer counts. */
  run: (job: Job, signal: AbortSignal) => Promise<void>
  /** Whether `run` has the function; jobs of others are left to other processes, then failed. */
  knows: (functionName: string) => boolean
  places: PlacesOptions
  /** Milliseconds before the second attempt of a job, the third and so on; when they are used up, it has failed. */
  retryDelaysOf: (job: Job) => readonly number[]
  /** Milliseconds after which another process takes over the jobs of one that died. */
  leaseDuration: number
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  /** Must not throw. */
  emit: (event: JobEvent) => void
  /**
   * The clock, in epoch milliseconds.
   * @default Date.now
   */
  now?: () => number
}

/** What a process does not run for the time being. */
export interface Paused {
  readonly all: boolean
  readonly functions: readonly string[]
}

/** Takes jobs from a queue and runs them. */
export interface Consumer {
  /** Jobs running now. */
  readonly running: number
  readonly paused: Paused
  start (): void
  /** Begins no more jobs, of a function or at all; those that run go on. */
  pause (functionName?: string): void
  /** Takes a pause back: that of a function or, without a name, every one. */
  resume (functionName?: string): void
  /**
   * Claims no more, gives running jobs `drainTimeout` milliseconds, then aborts and releases them and says which
   * they were. Never rejects and never hangs; further calls share the first one's promise.
   */
  close (drainTimeout: number): Promise<{ unfinished: string[] }>
}

/** Makes a consumer, at rest until `start()`. Close it before its driver. */
export function createConsumer (options: ConsumerOptions): Consumer {
  const { driver, run, knows, retryDelaysOf, leaseDuration, log, emit, now = Date.now } = options
  const outage = createOutage(log)
  const attemptOptions: AttemptOptions = { driver, run, retryDelaysOf, leaseDuration, outage, log, emit, now }
  const places = new Places(options.places)
  const strangers = createStrangers({ driver, outage, patience: leaseDuration, now, onChange })
  const active = new Map<Attempt, Promise<void>>()
  const stopping = new AbortController()
  const pausedFunctions = new Set<string>()
  let allPaused = false
  let wake = (): void => {}
  let waiting: { readonly except: readonly string[], readonly controller: AbortController, readonly begun: number, timer?: NodeJS.Timeout } | undefined
  /** The last search that found nothing. */
  let fruitless: { readonly except: readonly string[], readonly until: number } | undefined
  let consuming: Promise<void> | undefined
  let closing: Promise<{ unfinished: string[] }> | undefined

  return {
    get running () {
      return active.size
    },

    get paused () {
      return { all: allPaused, functions: [...pausedFunctions] }
    },

    start () {
      consuming ??= consume()
    },

    pause (functionName) {
      if (functionName === undefined) allPaused = true
      else pausedFunctions.add(functionName)
      waiting?.controller.abort()
    },

    resume (functionName) {
      if (functionName === undefined) {
        allPaused = false
        pausedFunctions.clear()
      } else {
        pausedFunctions.delete(functionName)
      }
      onChange()
    },

    close (drainTimeout) {
      closing ??= drain(drainTimeout)
      return closing
    }
  }

  async function consume (): Promise<void> {
    while (!stopping.signal.aborted) {
      const offer = nextOffer()
      const pause = offer === undefined ? Infinity : pauseBefore(offer)
      if (offer !== undefined && pause <= 0) await claim(offer)
      else await woken(pause)
    }
  }

  /** Until there is a change, or the time has passed. */
  async function woken (milliseconds: number): Promise<void> {
    await within(milliseconds, new Promise<void>((resolve) => { wake = resolve }))
  }

  function pauseBefore ({ except }: Offer): number {
    return fruitless !== undefined && leavesOut(except, fruitless.except) ? fruitless.until - performance.now() : 0
  }

  function nextOffer (): Offer | undefined {
    const offer = allPaused ? undefined : places.offer()
    return offer && { ...offer, except: [...new Set([...offer.except, ...pausedFunctions, ...strangers.names])] }
  }

  async function claim (offer: Offer): Promise<void> {
    const controller = new AbortController()
    const { signal } = controller
    const { except } = offer
    waiting = { except, controller, begun: performance.now() }
    const claims = await outage.survive(() => driver.claim({ ...offer, leaseDuration, signal }), signal) ?? []
    clearTimeout(waiting.timer)
    waiting = undefined
    if (claims.length > 0) {
      if (fruitless !== undefined && leavesOut(except, fruitless.except)) fruitless = undefined
    } else if (!signal.aborted) {
      await sleep(EMPTY_PAUSE, undefined, { signal: stopping.signal }).catch(() => {})
    } else if (except.length > 0) {
      fruitless = { except, until: performance.now() + SEARCH_PAUSE }
    }
    const own = new Set(claims.map(({ job }) => job.id))
    // At once: while the queue is slow to take one back, the leases of the others run.
    await Promise.all(claims.map((claim) => accept(claim, own)))
  }

  async function accept (claim: Claim, own: ReadonlySet<string>): Promise<void> {
    const { job } = claim
    const attempt = createAttempt(claim, attemptOptions)
    if (stopping.signal.aborted || allPaused || pausedFunctions.has(job.function)) {
      await giveBack(attempt)
      return
    }
    if (!knows(job.function)) {
      if (await strangers.leaves(job, own, stopping.signal)) await giveBack(attempt)
      else await attempt.refuse(new FST_NETLIFY_JOB_NOT_RUN(job.id, `there is no function "${job.function}" any more`))
      return
    }
    const attempts = retryDelaysOf(job).length + 1
    if (job.attempt > attempts) {
      await attempt.refuse(new FST_NETLIFY_JOB_NOT_RUN(job.id, `its process ended, or lost its lease, before it had ended; that was attempt ${attempts} of ${attempts}`))
      return
    }
    places.take(job.function)
    active.set(attempt, perform(attempt))
  }

  async function perform (attempt: Attempt): Promise<void> {
    try {
      await attempt.perform()
    } catch {
      // Only the log can have thrown, over an error that cannot be read; that error stays out of this line.
      log.error({ job: attempt.job.id }, 'background job ended with an error that cannot be logged')
    } finally {
      active.delete(attempt)
      places.leave(attempt.job.function)
      onChange()
    }
  }

  /** A claim that waits is made anew when a function that it leaves out may have jobs again. */
  function onChange (): void {
    wake()
    const except = nextOffer()?.except
    if (except === undefined || waiting === undefined || leavesOut(except, waiting.except)) return
    const { controller, begun } = waiting
    waiting.timer ??= setTimeout(() => controller.abort(), Math.max(0, begun + SEARCH_TIME - performance.now()))
  }

  async function drain (drainTimeout: number): Promise<{ unfinished: string[] }> {
    stopping.abort()
    waiting?.controller.abort()
    wake()
    strangers.close()
    await within(drainTimeout, finish())
    const unfinished = new Set([...active.keys()].map(({ job }) => job.id))
    await within(RELEASE_TIMEOUT, Promise.all([...active.keys()].map(async (attempt) => {
      if (!await giveBack(attempt)) unfinished.delete(attempt.job.id)
    })))
    return { unfinished: [...unfinished] }
  }

  async function finish (): Promise<void> {
    await consuming
    await Promise.all(active.values())
  }

  /** False when the job was settled, or its lease lost, before. */
  async function giveBack (attempt: Attempt): Promise<boolean> {
    try {
      return await attempt.release()
    } catch (error) {
      log.warn({ err: error, job: attempt.job.id }, 'background job could not be released; it runs again when its lease ends')
      return true
    }
  }
}

function leavesOut (except: readonly string[], names: readonly string[]): boolean {
  return names.every((name) => except.includes(name))
}
