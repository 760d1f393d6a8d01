import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_JOB_NOT_RUN, FST_NETLIFY_QUEUE_UNAVAILABLE } from '../errors.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { EVENT_HEADER } from '../functions/events.ts'
import type { Trigger } from '../functions/invocation-record.ts'
import { createInvocations, type WaitUntil } from '../invoke/invocation.ts'
import { invokeInTime } from '../invoke/invoker.ts'
import type { Observers } from '../invoke/observers.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { JobEvent } from '../queue/attempt.ts'
import { createConsumer, type Consumer } from '../queue/consumer.ts'
import type { Job, NewJob, QueueDriver } from '../queue/driver.ts'
import type { PlacesOptions } from '../queue/places.ts'
import type { HeaderSeal } from '../queue/sealed-headers.ts'
import { createJobEvents } from './job-events.ts'
import { closeQueue } from './site-queue.ts'
import type { Site } from './site-version.ts'

export interface BackgroundOptions {
  readonly driver: QueueDriver
  readonly site: Site
  readonly waitUntil: WaitUntil
  readonly observers: Observers
  readonly places: PlacesOptions
  readonly retryDelays: readonly number[]
  /** Milliseconds. */
  readonly leaseDuration: number
  readonly seal: HeaderSeal
  /** Milliseconds. */
  readonly timeoutOf: (definition: FunctionDefinition) => number
  readonly log: FastifyBaseLogger
  readonly onEvent: (event: JobEvent) => void
  /** Stores a call with the headers that it is to have. */
  readonly send: <T>(functionName: string, requestId: string, headers: Job['request']['headers'], store: (headers: Job['request']['headers']) => Promise<T>) => Promise<T>
  /** A call was not stored. */
  readonly onDropped?: () => void
}

/** A call that somebody waits to have accepted. */
export type BackgroundCall = Pick<NewJob, 'requestId' | 'ip' | 'params' | 'route' | 'request' | 'uniqueKey'> & { readonly functionName: string }

/** Accepts calls of background and scheduled functions and runs them. */
export interface Background extends Pick<Consumer, 'start' | 'pause' | 'resume' | 'paused'> {
  /** @throws FST_NETLIFY_QUEUE_UNAVAILABLE when the call is not stored */
  accept (call: BackgroundCall): Promise<string>
  /** Takes no more jobs and gives the running ones so many ms. Calls are accepted on if a later process can run them. */
  drain (timeout: number): Promise<void>
  /** Closes the queue, when it is drained, and logs what becomes of the jobs that have not run. */
  close (timeout: number): Promise<void>
}

export function createBackground (options: BackgroundOptions): Background {
  const { driver, site, seal, log } = options
  const events = createJobEvents(options.onEvent, log)
  const consumer = createConsumer({
    driver,
    run,
    knows: (name) => site.current.functions.has(name),
    places: options.places,
    retryDelaysOf,
    leaseDuration: options.leaseDuration,
    log,
    emit: events.emit
  })
  const startInvocation = createInvocations((work, invocation) => {
    pendingWork.get(invocation)?.push(work)
    options.waitUntil(work, invocation)
  }, options.observers)
  /** What running jobs have given to `waitUntil`. */
  const pendingWork = new WeakMap<object, Array<Promise<unknown>>>()
  let isDraining = false
  let isClosed = false

  return {
    get paused () {
      return consumer.paused
    },
    start: consumer.start,
    pause: consumer.pause,
    resume: consumer.resume,
    async accept ({ functionName, ...call }) {
      try {
        return await store(functionName, call)
      } catch (error) {
        options.onDropped?.()
        throw error
      }
    },
    async drain (timeout) {
      isDraining = true
      await consumer.close(timeout)
    },
    async close (timeout) {
      const { unfinished } = await consumer.close(timeout)
      isClosed = true
      await closeQueue(driver, unfinished, log)
    }
  }

  async function store (functionName: string, call: Omit<BackgroundCall, 'functionName'>): Promise<string> {
    if (isClosed || (isDraining && driver.durable === false)) throw new FST_NETLIFY_QUEUE_UNAVAILABLE('the server is shutting down')
    return await options.send(functionName, call.requestId, call.request.headers, async (headers) => {
      const request = { ...call.request, headers }
      const job = seal.seal({ id: createRequestId(), function: functionName, deployId: site.current.identity.deploy.id, ...call, request })
      return await events.enqueued(job, () => driver.enqueue(job))
    })
  }

  /** On Netlify, a scheduled function that fails runs again at its next time only. */
  function retryDelaysOf (job: Job): readonly number[] {
    const definition = site.current.functions.get(job.function)
    return definition?.state === 'ready' && definition.kind === 'scheduled' ? [] : options.retryDelays
  }

  async function run (job: Job, signal: AbortSignal): Promise<void> {
    const { functions, invoker } = site.current
    const found = functions.get(job.function)
    if (found === undefined) throw new FST_NETLIFY_JOB_NOT_RUN(job.id, `there is no function "${job.function}" any more`)
    if (found.state === 'failed') throw found.error
    // Since the call was accepted, a deploy may have made it a function that clients wait for.
    const definition = found.kind === 'request' ? { ...found, kind: 'background' as const } : found
    const request = { ...job.request, headers: { ...deployHeader(job), ...seal.open(job) } }
    const call = {
      functionName: job.function,
      requestId: job.requestId,
      ip: job.ip,
      params: job.params,
      route: job.route,
      log: log.child({ jobId: job.id, attempt: job.attempt }),
      trigger: triggerOf(request.headers),
      isolation: definition.isolation,
      deployId: job.deployId,
      request,
      job: { id: job.id, attempt: job.attempt }
    }
    const invocation = startInvocation(call, options.timeoutOf(definition))
    const pending: Array<Promise<unknown>> = []
    pendingWork.set(invocation, pending)
    const onAbort = (): void => invocation.abort(signal.reason as Error)
    signal.addEventListener('abort', onAbort)
    let failure: unknown
    try {
      await invokeInTime(invoker, definition, request, invocation)
    } catch (error) {
      failure = error
      throw error
    } finally {
      // As on Netlify, the call has not ended before this work has; the time limit holds for both.
      while (pending.length > 0) await Promise.allSettled(pending.splice(0))
      signal.removeEventListener('abort', onAbort)
      invocation.end({ error: failure })
    }
    invocation.throwIfAborted()
  }
}

/** A job keeps the deploy that its call was accepted under, as the code that runs it may be a later one. */
function deployHeader ({ deployId }: Job): Record<string, string> {
  return deployId === '' ? {} : { 'x-nf-deploy-id': deployId }
}

function triggerOf (headers: Job['request']['headers']): Trigger {
  if (headers['x-nf-event'] === 'schedule') return 'schedule'
  return EVENT_HEADER in headers ? 'event' : 'background'
}
