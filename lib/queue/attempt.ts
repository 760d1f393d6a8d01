import { inspect } from 'node:util'
import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_JOB_NOT_RUN } from '../errors.ts'
import type { Claim, Job, QueueDriver, Settlement } from './driver.ts'
import type { Outage } from './outage.ts'

/** Characters of an error that are stored with its job. */
const ERROR_LENGTH = 10_000

/** What happens to a job, told once the queue has stored it. */
export type JobEvent =
  | { readonly type: 'queued', readonly job: Job }
  | { readonly type: 'started', readonly job: Job }
  | { readonly type: 'succeeded', readonly job: Job }
  | { readonly type: 'retrying', readonly job: Job, readonly error: unknown, readonly runAt: number }
  | { readonly type: 'failed', readonly job: Job, readonly error: unknown }

/** How an attempt ends. */
type Ending = Exclude<JobEvent, { type: 'queued' | 'started' }>

/** What every attempt of a consumer shares. */
export interface AttemptOptions {
  readonly driver: QueueDriver
  /**
   * A rejection fails the attempt, one with FST_NETLIFY_JOB_NOT_RUN the job; the signal aborts when the result no
   * longer counts.
   */
  readonly run: (job: Job, signal: AbortSignal) => Promise<void>
  readonly retryDelaysOf: (job: Job) => readonly number[]
  readonly leaseDuration: number
  readonly outage: Outage
  readonly log: Pick<FastifyBaseLogger, 'warn' | 'error'>
  readonly emit: (event: JobEvent) => void
  readonly now: () => number
}

/** One claimed job while it runs. */
export interface Attempt {
  readonly job: Job
  /** Runs and settles the job while it holds the lease. */
  perform (): Promise<void>
  /** Fails the job without running it. Never rejects; if the queue does not answer, the job comes back. */
  refuse (error: Error): Promise<void>
  /** Aborts the job and gives it back to the queue; false when it was settled, or its lease lost, before. */
  release (): Promise<boolean>
}

/** Makes the attempt a claim stands for. */
export function createAttempt (claim: Claim, options: AttemptOptions): Attempt {
  const { driver, run, retryDelaysOf, leaseDuration, outage, log, emit, now } = options
  const { job } = claim
  const details = { job: job.id, function: job.function, attempt: job.attempt }
  const controller = new AbortController()
  const { signal } = controller
  let timer: NodeJS.Timeout | undefined
  let held = false

  return {
    job,

    async perform () {
      emit({ type: 'started', job })
      hold()
      const ending = await reachEnding()
      letGo()
      await settle(ending)
    },

    async refuse (error) {
      await settle({ type: 'failed', job, error })
    },

    async release () {
      letGo()
      controller.abort()
      return await driver.settle(claim, { outcome: 'released' })
    }
  }

  async function settle (ending: Ending): Promise<void> {
    // A settlement the queue cannot store must not keep its slot for good: when the lease ends, the job comes back.
    const settled = await outage.survive(() => driver.settle(claim, toSettlement(ending)), signal, leaseDuration)
    if (settled === true) return report(ending)
    if (signal.aborted) return
    if (settled === false) logLoss()
    else log.error(details, 'background job ended, but the queue did not store how; it will run again')
  }

  async function reachEnding (): Promise<Ending> {
    try {
      await run(job, signal)
      return { type: 'succeeded', job }
    } catch (error) {
      const delay = isRunnable(error) ? retryDelaysOf(job)[job.attempt - 1] : undefined
      return delay === undefined ? { type: 'failed', job, error } : { type: 'retrying', job, error, runAt: now() + delay }
    }
  }

  // The log comes last: it may throw over an error that cannot be read.
  function report (ending: Ending): void {
    emit(ending)
    if (ending.type === 'retrying') {
      log.warn({ ...details, err: ending.error, runAt: new Date(ending.runAt) }, 'background job failed and will be retried')
    } else if (ending.type === 'failed') {
      log.error({ ...details, err: ending.error }, 'background job failed for good')
    }
  }

  function hold (): void {
    held = true
    timer = setTimeout(extend, leaseDuration / 3)
  }

  function letGo (): void {
    held = false
    clearTimeout(timer)
  }

  async function extend (): Promise<void> {
    const extended = await outage.survive(() => driver.extend(claim, leaseDuration), signal, 0)
    if (!held) return
    if (extended !== false) return hold()
    letGo()
    logLoss()
    controller.abort()
  }

  function logLoss (): void {
    log.warn(details, 'background job lost its lease; how it ends here does not count')
  }
}

function isRunnable (error: unknown): boolean {
  try {
    return !(error instanceof FST_NETLIFY_JOB_NOT_RUN)
  } catch {
    // What was thrown throws when it is looked at.
    return true
  }
}

function toSettlement (ending: Ending): Settlement {
  switch (ending.type) {
    case 'retrying': return { outcome: 'retry', runAt: ending.runAt, error: describe(ending.error) }
    case 'failed': return { outcome: 'failed', error: describe(ending.error) }
    case 'succeeded': return { outcome: 'succeeded' }
  }
}

function describe (error: unknown): string {
  try {
    return inspect(error).slice(0, ERROR_LENGTH)
  } catch {
    return 'An error that throws when it is read'
  }
}
