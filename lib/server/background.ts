import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_QUEUE_UNAVAILABLE } from '../errors.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { startInvocation, type InvocationStart } from '../invoke/invocation.ts'
import type { Invoker } from '../invoke/invoker.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { JobEvent } from '../queue/attempt.ts'
import { createConsumer } from '../queue/consumer.ts'
import type { Job, NewJob, QueueDriver } from '../queue/driver.ts'
import { within } from '../queue/within.ts'

export interface BackgroundOptions {
  readonly driver: QueueDriver
  readonly invoker: Invoker
  readonly definition: (name: string) => FunctionDefinition | undefined
  readonly waitUntil: InvocationStart['waitUntil']
  readonly deployId: string
  readonly concurrency: number
  readonly retryDelays: readonly number[]
  /** Milliseconds. */
  readonly timeoutOf: (definition: FunctionDefinition) => number
  readonly log: FastifyBaseLogger
  readonly onEvent: (event: JobEvent) => void
}

/** A call that somebody waits to have accepted. */
export type BackgroundCall = Pick<NewJob, 'requestId' | 'ip' | 'params' | 'route' | 'request' | 'uniqueKey'> & { readonly functionName: string }

/** Accepts calls of background and scheduled functions and runs them. */
export interface Background {
  start (): void
  /** @throws FST_NETLIFY_QUEUE_UNAVAILABLE when the call is not stored */
  accept (call: BackgroundCall): Promise<string>
  /** Takes no more jobs, gives the running ones `drainTimeout` ms and logs those that did not run. */
  close (drainTimeout: number): Promise<void>
}

/** How many ids of jobs that did not run are logged. */
const LOGGED_JOBS = 1000
/** Milliseconds that a driver gets for each of its last answers, so that none holds up the server's close. */
const DRIVER_TIMEOUT = 2_000

export function createBackground (options: BackgroundOptions): Background {
  const { driver, log } = options
  const consumer = createConsumer({
    driver,
    run,
    concurrency: options.concurrency,
    retryDelays: retryDelaysOf,
    log,
    onEvent: options.onEvent
  })
  let closing: Promise<void> | undefined

  /** On Netlify, a scheduled function that fails runs again at its next time only. */
  function retryDelaysOf (job: Job): readonly number[] {
    const definition = options.definition(job.function)
    return definition?.state === 'ready' && definition.kind === 'scheduled' ? [] : options.retryDelays
  }

  async function run (job: Job, signal: AbortSignal): Promise<void> {
    const definition = options.definition(job.function)
    if (definition === undefined) throw new Error(`function "${job.function}" no longer exists`)
    if (definition.state === 'failed') throw definition.error
    const invocation = startInvocation({
      functionName: job.function,
      requestId: job.requestId,
      ip: job.ip,
      params: job.params,
      route: job.route,
      log: log.child({ jobId: job.id, attempt: job.attempt }),
      timeout: options.timeoutOf(definition),
      waitUntil: options.waitUntil
    })
    const onAbort = (): void => invocation.abort(signal.reason as Error)
    signal.addEventListener('abort', onAbort)
    try {
      await options.invoker.invoke(definition, job.request, invocation)
    } finally {
      signal.removeEventListener('abort', onAbort)
      invocation.end()
    }
  }

  async function close (drainTimeout: number): Promise<void> {
    const { unfinished } = await consumer.close(drainTimeout)
    const waiting = await within(DRIVER_TIMEOUT, driver.list({ state: 'waiting', limit: LOGGED_JOBS })) ?? []
    const jobs = [...new Set([...unfinished, ...waiting.map(({ id }) => id)])]
    if (jobs.length > 0) log.warn({ jobs }, 'background jobs that did not run before the server closed')
    if (await within(DRIVER_TIMEOUT, closeDriver()) === undefined) log.warn('the background queue did not close in time')
  }

  async function closeDriver (): Promise<true> {
    try {
      await driver.close()
    } catch (error) {
      log.warn({ err: error }, 'the background queue failed to close')
    }
    return true
  }

  return {
    start: () => consumer.start(),
    async accept ({ functionName, ...call }) {
      if (closing !== undefined) throw new FST_NETLIFY_QUEUE_UNAVAILABLE('the server is shutting down')
      return await driver.enqueue({ id: createRequestId(), function: functionName, deployId: options.deployId, ...call })
    },
    close (drainTimeout) {
      closing ??= close(drainTimeout)
      return closing
    }
  }
}
