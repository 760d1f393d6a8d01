import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { FST_NETLIFY_INVALID_OPTION, FST_NETLIFY_QUEUE_UNAVAILABLE } from '../errors.ts'
import type { QueueDriver } from '../queue/driver.ts'
import { LONGEST_TIMER } from '../queue/within.ts'
import { queueNeed } from './site-queue.ts'
import type { Site } from './site-version.ts'

/** How a site does. */
export interface Health {
  /** Whether requests should be sent here: functions and queue are in order, and the server is not about to close. */
  readonly ready: boolean
  /** Whether the process answers; it always does, where this can be asked. */
  readonly live: boolean
  readonly checks: {
    /** `ok` unless there are functions and none of them can run; one that is broken takes no others off the load balancer. */
    readonly functions: { readonly ok: boolean, readonly failed: readonly string[] }
    /** `ok` if it answers within a second, or the site has no use for it. */
    readonly queue: { readonly ok: boolean, readonly error?: string }
    /** Whether `drain()` or `app.close()` has been called. */
    readonly closing: boolean
  }
}

/** Tells how a site does, and has it say goodbye. */
export interface HealthCheck {
  /** Never rejects. */
  check (): Promise<Health>
  /** @throws FST_NETLIFY_INVALID_OPTION */
  drain (milliseconds: number): Promise<void>
  /** Is called when the app begins to close. */
  close (): void
}

export interface HealthCheckOptions {
  readonly app: FastifyInstance
  readonly site: Site
  readonly runsSchedules: boolean
  readonly driver: Pick<QueueDriver, 'stats'>
}

export interface HealthRoutes {
  readonly path: string
  readonly prefix: string
  readonly constraints: Readonly<Record<string, unknown>>
  readonly handle: { readonly functions: ReadonlyArray<{ readonly name: string, readonly routes: readonly string[] }>, health (): Promise<Health> }
  /** Whether names of functions and messages are shown. */
  readonly exposeErrors: boolean
}

/** Milliseconds that the queue has to answer. */
const TIMEOUT = 1_000
/** Milliseconds for which its last answer counts. */
const FRESH = 1_000
/** Milliseconds after which a call without an answer is taken for lost, and another one is made. */
const PATIENCE = 10_000

/** The servers that are to get no more requests: all sites of an app leave together. */
const draining = new WeakSet<object>()

export function createHealthCheck ({ app: { server }, site, runsSchedules, driver }: HealthCheckOptions): HealthCheck {
  const askQueue = createQueueCheck(driver)
  const closed = new AbortController()

  return {
    async check () {
      const queue = queueNeed(site.current, runsSchedules) === 'nothing' ? { ok: true } : await askQueue()
      const definitions = [...site.current.functions.values()]
      const failed = definitions.filter(({ state }) => state === 'failed').map(({ name }) => name)
      const functions = { ok: failed.length === 0 || failed.length < definitions.length, failed }
      const closing = closed.signal.aborted || draining.has(server)
      return { ready: functions.ok && queue.ok && !closing, live: true, checks: { functions, queue, closing } }
    },
    async drain (milliseconds) {
      if (!Number.isFinite(milliseconds) || milliseconds < 0 || milliseconds > LONGEST_TIMER) throw new FST_NETLIFY_INVALID_OPTION('milliseconds', `of drain() must be a number from 0 to ${LONGEST_TIMER}, for instance 5_000`)
      draining.add(server)
      await sleep(milliseconds, undefined, { signal: closed.signal }).catch(() => {})
    },
    close () {
      closed.abort()
    }
  }
}

/**
 * Adds `<path>/live` and `<path>/ready`.
 *
 * @throws FST_NETLIFY_INVALID_OPTION where the app or a function has such a route
 */
export async function serveHealth (app: FastifyInstance, { path, prefix, constraints, handle, exposeErrors }: HealthRoutes): Promise<void> {
  await app.register(async (scope) => {
    addRoute(scope, 'live', async () => ({ ok: true, body: { live: true } }))
    addRoute(scope, 'ready', async () => {
      const health = await handle.health()
      return { ok: health.ready, body: exposeErrors ? health : withoutDetails(health) }
    })
  }, { prefix })

  function addRoute (scope: FastifyInstance, name: string, probe: () => Promise<{ ok: boolean, body: object }>): void {
    const url = `${path}/${name}`
    const taker = handle.functions.find(({ routes }) => routes.includes(url))
    if (taker !== undefined) throw new FST_NETLIFY_INVALID_OPTION('health.path', `must be another: function "${taker.name}" has the path ${url}`)
    if (scope.hasRoute({ method: 'GET', url: `${scope.prefix}${url}`, constraints: constraints as never })) {
      throw new FST_NETLIFY_INVALID_OPTION('health.path', `must be another: the app has a route GET ${scope.prefix}${url} already`)
    }
    // A load balancer asks often, from one address.
    const config = { rateLimit: false } as const
    scope.get(url, { constraints, config, logLevel: 'warn', exposeHeadRoute: true }, async (_request, reply) => {
      const { ok, body } = await probe()
      return await reply.code(ok ? 200 : 503).header('cache-control', 'no-store').send(body)
    })
  }
}

/** What everybody may know: clients see no names of functions and no messages. */
function withoutDetails ({ ready, live, checks: { functions, queue, closing } }: Health): object {
  return { ready, live, checks: { functions: { ok: functions.ok }, queue: { ok: queue.ok }, closing } }
}

/** Probes that come together, or shortly after each other, share one question. */
function createQueueCheck (driver: Pick<QueueDriver, 'stats'>): () => Promise<Health['checks']['queue']> {
  let last: { readonly at: number, readonly result: Promise<Health['checks']['queue']> } | undefined
  /** The call that has no answer yet, so that calls do not heap up before a queue that is silent. */
  let pending: { readonly since: number, readonly answer: Promise<unknown> } | undefined

  return async () => {
    const now = performance.now()
    if (last === undefined || now - last.at >= FRESH) {
      const current = { at: now, result: ask(now).finally(() => { current.at = performance.now() }) }
      // Until there is an answer it counts for all who ask.
      last = current
    }
    return await last.result
  }

  async function ask (now: number): Promise<Health['checks']['queue']> {
    const silence = Promise.withResolvers<never>()
    const timer = setTimeout(() => silence.reject(new FST_NETLIFY_QUEUE_UNAVAILABLE(`it does not answer within ${TIMEOUT} ms`)), TIMEOUT)
    try {
      await Promise.race([answer(now), silence.promise])
      return { ok: true }
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) }
    } finally {
      clearTimeout(timer)
    }
  }

  async function answer (now: number): Promise<unknown> {
    if (pending === undefined || now - pending.since > PATIENCE) {
      const call = { since: now, answer: (async () => await driver.stats())() }
      pending = call
      const settled = (): void => { if (pending === call) pending = undefined }
      call.answer.then(settled, settled)
    }
    return await pending.answer
  }
}
