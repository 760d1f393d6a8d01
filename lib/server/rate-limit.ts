import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_INVALID_CONFIG, FST_NETLIFY_RATE_LIMITED } from '../errors.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import type { RateLimit } from '../functions/rate-limit.ts'
import { createRequestId } from '../invoke/request-id.ts'
import { leaveBodyUnread, type FunctionCall, type FunctionServer } from './functions.ts'
import { replyError } from './reply-error.ts'
import { showRequestId } from './show-request-id.ts'

export interface RateLimitOptions {
  /** The functions of the first version. */
  readonly functions: Iterable<FunctionDefinition>
  /** Tells this site from others of the app, in a store they share. */
  readonly site: string
}

/** Answers a request with what the site has under another path; false if that is nothing. */
export type ServeInstead = (path: string, request: FastifyRequest, reply: FastifyReply) => boolean

/** Holds clients to the `rateLimit` of functions. */
export interface RateLimits {
  /**
   * Whether functions may have one: Fastify takes the package that counts only at boot.
   * @throws FST_NETLIFY_INVALID_CONFIG for a function that has the first one
   */
  check (functions: Iterable<FunctionDefinition>): void
  /** Lets `serve` answer the calls within the limit. */
  guard (serve: FunctionServer, serveInstead: ServeInstead): FunctionServer
  /** Counts a call that the site makes itself for a client. @throws FST_NETLIFY_RATE_LIMITED */
  count: CountCall
}

export type CountCall = (call: FunctionCall, request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** Counts a call of one function, and gives the error for one too many. */
type Limiter = (request: FastifyRequest, reply: FastifyReply) => Promise<Error | undefined>

/** @fastify/rate-limit is loaded only if there is a function with a limit. */
export async function createRateLimits (app: FastifyInstance, { functions, site }: RateLimitOptions): Promise<RateLimits> {
  if ([...functions].every((definition) => limitOf(definition) === undefined)) return { check: checkNone, guard: (serve) => serve, async count () {} }

  const { default: rateLimit, normalizeIP } = await import('@fastify/rate-limit')
  // Where the app has it already, its store and its `allowList` are for functions too.
  const hasOwnStore = !app.hasDecorator('createRateLimit')
  if (hasOwnStore) await app.register(rateLimit, { global: false })
  /** By function and rule, so that a version with the same rule goes on counting. */
  const limiters = new Map<string, Limiter>()

  return { check () {}, guard, count }

  function guard (serve: FunctionServer, serveInstead: ServeInstead): FunctionServer {
    return (call, request, reply) => {
      const limit = limitOf(call.definition)
      if (limit === undefined) return serve(call, request, reply)
      serveWithinLimit(limit, call, request, reply, serve, serveInstead).catch((error: Error) => replyError(reply, error))
    }
  }

  async function count ({ definition }: FunctionCall, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const limit = limitOf(definition)
    const error = limit && await limiterOf(definition.name, limit)(request, reply)
    if (error !== undefined) throw error
  }

  async function serveWithinLimit (limit: RateLimit, call: FunctionCall, request: FastifyRequest, reply: FastifyReply, serve: FunctionServer, serveInstead: ServeInstead): Promise<void> {
    const error = await limiterOf(call.definition.name, limit)(request, reply)
    if (error === undefined) return serve(call, request, reply)
    if (limit.rewriteTo !== undefined && serveInstead(limit.rewriteTo, request, reply)) return
    if (request.body !== undefined) leaveBodyUnread(request, reply)
    showRequestId(request, reply, createRequestId())
    throw error
  }

  function limiterOf (name: string, limit: RateLimit): Limiter {
    const key = `${name} ${JSON.stringify(limit)}`
    let limiter = limiters.get(key)
    if (limiter === undefined) {
      limiter = createLimiter(name, limit)
      limiters.set(key, limiter)
    }
    return limiter
  }

  function createLimiter (name: string, { windowLimit, windowSize, aggregateBy }: RateLimit): Limiter {
    const byAddress = aggregateBy.includes('ip')
    const rule = {
      max: windowLimit,
      timeWindow: windowSize,
      // Without an address where the app listens on a Unix socket.
      keyGenerator: ({ ip }: { ip?: string }) => `netlify ${site} ${name} ${byAddress && ip ? normalizeIP(ip) : ''}`,
      // The app may have chosen otherwise for its own routes.
      ban: -1,
      continueExceeding: false,
      exponentialBackoff: false
    }
    const count = hasOwnStore ? oneByOne(app.createRateLimit(rule)) : app.createRateLimit(rule)
    return async (request, reply) => {
      const result = await count(request)
      if (result.isAllowed) return undefined
      const { max, remaining, ttlInSeconds, isExceeded } = result
      reply.headers({ 'x-ratelimit-limit': max, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': ttlInSeconds })
      if (!isExceeded) return undefined
      reply.header('retry-after', ttlInSeconds)
      return new FST_NETLIFY_RATE_LIMITED(name, ttlInSeconds)
    }
  }
}

function limitOf (definition: FunctionDefinition): RateLimit | undefined {
  return definition.state === 'ready' ? definition.config.rateLimit : undefined
}

function checkNone (functions: Iterable<FunctionDefinition>): void {
  const first = [...functions].find((definition) => limitOf(definition) !== undefined)
  if (first !== undefined) throw new FST_NETLIFY_INVALID_CONFIG(first.name, 'rateLimit', 'the first rate limit of a site takes a restart of the server')
}

/**
 * Lets calls wait for each other. The store in memory gives away its counter itself, which further calls of
 * the same moment (pipelined ones, say) would change before it is read.
 */
function oneByOne<Value, Result> (run: (value: Value) => Promise<Result>): (value: Value) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return async (value) => {
    const next = last.then(async () => await run(value))
    last = next.catch(() => {})
    return await next
  }
}
