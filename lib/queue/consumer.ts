import * as fastq from 'fastq'
import type { FastifyBaseLogger } from 'fastify'
import { createAttempt, type Attempt, type AttemptOptions, type JobEvent } from './attempt.ts'
import type { Claim, Job, QueueDriver } from './driver.ts'
import { createOutage } from './outage.ts'
import { within } from './within.ts'

const LEASE_DURATION = 30_000
/** How long `close` waits for the driver to take back what still runs. */
const RELEASE_TIMEOUT = 1_000

export interface ConsumerOptions {
  driver: QueueDriver
  /** Runs the function; a rejection fails the attempt. The signal aborts when the result no longer counts. */
  run: (job: Job, signal: AbortSignal) => Promise<void>
  /** Jobs run at once, at least 1. */
  concurrency: number
  /** Milliseconds before the second attempt, the third and so on, of all jobs or of each; when they are used up, the job has failed. */
  retryDelays: readonly number[] | ((job: Job) => readonly number[])
  /**
   * Milliseconds after which another process takes over the jobs of one that died.
   * @default 30_000
   */
  leaseDuration?: number
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  onEvent?: (event: JobEvent) => void
  /**
   * The clock, in epoch milliseconds.
   * @default Date.now
   */
  now?: () => number
}

/** Takes jobs from a queue and runs them. */
export interface Consumer {
  /** Jobs running now. */
  readonly running: number
  start (): void
  /**
   * Claims no more, gives running jobs `drainTimeout` milliseconds, then aborts and releases them and says which
   * they were. Never rejects and never hangs; further calls share the first one's promise.
   */
  close (drainTimeout: number): Promise<{ unfinished: string[] }>
}

/** Makes a consumer, at rest until `start()`. Close it before its driver. */
export function createConsumer (options: ConsumerOptions): Consumer {
  const { driver, run, concurrency, retryDelays, leaseDuration = LEASE_DURATION, log, onEvent, now = Date.now } = options
  const outage = createOutage(log)
  const retryDelaysOf = typeof retryDelays === 'function' ? retryDelays : () => retryDelays
  const attemptOptions: AttemptOptions = { driver, run, retryDelaysOf, leaseDuration, outage, log, emit, now }
  const active = new Set<Attempt>()
  const queue = fastq.promise(perform, concurrency)
  const stopping = new AbortController()
  let wake = (): void => {}
  let consuming: Promise<void> | undefined
  let closing: Promise<{ unfinished: string[] }> | undefined

  return {
    get running () {
      return queue.running()
    },

    start () {
      consuming ??= consume()
    },

    close (drainTimeout) {
      closing ??= drain(drainTimeout)
      return closing
    }
  }

  async function consume (): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      const limit = concurrency - queue.running() - queue.length()
      if (limit <= 0) {
        await new Promise<void>((resolve) => { wake = resolve })
        continue
      }
      const claims = await outage.survive(() => driver.claim({ limit, leaseDuration, signal }), signal)
      for (const claim of claims ?? []) await accept(claim)
    }
  }

  async function accept (claim: Claim): Promise<void> {
    if (stopping.signal.aborted) await giveBack(createAttempt(claim, attemptOptions))
    else queue.push(claim).finally(() => wake()).catch(() => {})
  }

  async function perform (claim: Claim): Promise<void> {
    const attempt = createAttempt(claim, attemptOptions)
    active.add(attempt)
    try {
      await attempt.perform()
    } catch {
      // Only the log can have thrown, over an error that cannot be read; that error stays out of this line.
      log.error({ job: claim.job.id }, 'background job ended with an error that cannot be logged')
    } finally {
      active.delete(attempt)
    }
  }

  async function drain (drainTimeout: number): Promise<{ unfinished: string[] }> {
    stopping.abort()
    wake()
    await within(drainTimeout, Promise.all([consuming, queue.drained()]))
    const unfinished = new Set([...active].map(({ job }) => job.id))
    await within(RELEASE_TIMEOUT, Promise.all([...active].map(async (attempt) => {
      if (!await giveBack(attempt)) unfinished.delete(attempt.job.id)
    })))
    return { unfinished: [...unfinished] }
  }

  async function giveBack (attempt: Attempt): Promise<boolean> {
    try {
      return await attempt.release()
    } catch (error) {
      log.warn({ err: error, job: attempt.job.id }, 'background job could not be released; it runs again when its lease ends')
      return true
    }
  }

  function emit (event: JobEvent): void {
    try {
      onEvent?.(event)
    } catch (error) {
      log.error({ err: error, job: event.job.id }, `listener of the job event "${event.type}" threw`)
    }
  }
}
