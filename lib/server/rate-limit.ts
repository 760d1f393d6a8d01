import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_RATE_LIMITED } from '../errors.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import type { RateLimit } from '../functions/rate-limit.ts'
import { createRequestId } from '../invoke/request-id.ts'
import { leaveBodyUnread, type FunctionCall, type FunctionServer } from './functions.ts'
import { replyError } from './reply-error.ts'
import { showRequestId } from './show-request-id.ts'

export interface RateLimitOptions {
  readonly functions: Iterable<FunctionDefinition>
  /** Tells this site from others of the app, in a store they share. */
  readonly site: string
  /** Answers a request with what the site has under another path; false if that is nothing. */
  readonly serveInstead: (path: string, request: FastifyRequest, reply: FastifyReply) => boolean
}

/** Counts a call of one function, and gives the error for one too many. */
type Limiter = (request: FastifyRequest, reply: FastifyReply) => Promise<Error | undefined>

/**
 * Counts the calls of functions that have a `rateLimit`, and lets `serve` answer those within the limit.
 * @fastify/rate-limit is loaded only if there is such a function.
 */
export async function limitRates (app: FastifyInstance, serve: FunctionServer, { functions, site, serveInstead }: RateLimitOptions): Promise<FunctionServer> {
  const limits = new Map<string, RateLimit>()
  for (const definition of functions) {
    if (definition.state === 'ready' && definition.config.rateLimit !== undefined) limits.set(definition.name, definition.config.rateLimit)
  }
  if (limits.size === 0) return serve

  const { default: rateLimit, normalizeIP } = await import('@fastify/rate-limit')
  // Where the app has it already, its store and its `allowList` are for functions too.
  const hasOwnStore = !app.hasDecorator('createRateLimit')
  if (hasOwnStore) await app.register(rateLimit, { global: false })
  const limiters = new Map(Array.from(limits, ([name, limit]) => [name, createLimiter(name, limit)]))

  return function serveIfAllowed (call, request, reply) {
    const limiter = limiters.get(call.definition.name)
    if (limiter === undefined) return serve(call, request, reply)
    serveWithinLimit(limiter, call, request, reply).catch((error: Error) => replyError(reply, error))
  }

  async function serveWithinLimit (limiter: Limiter, call: FunctionCall, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { name } = call.definition
    const error = await limiter(request, reply)
    if (error === undefined) return serve(call, request, reply)
    const path = limits.get(name)?.rewriteTo
    if (path !== undefined && serveInstead(path, request, reply)) return
    if (request.body !== undefined) leaveBodyUnread(request, reply)
    showRequestId(request, reply, createRequestId())
    throw error
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
