import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_CLIENT_LEFT, FST_NETLIFY_METHOD_NOT_SUPPORTED, FST_NETLIFY_REQUEST_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionDefinition, ReadyFunction } from '../functions/definition.ts'
import type { FunctionRequest } from '../functions/exchange.ts'
import { readBody } from '../http/body.ts'
import { onClientLeft } from '../http/client.ts'
import { IncomingRequest } from '../http/incoming-request.ts'
import type { GeoHeader } from '../invoke/geo.ts'
import type { Call, StartInvocation } from '../invoke/invocation.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { Background } from './background.ts'
import type { Concurrency } from './concurrency.ts'
import { brokenFunctionError } from './error-detail.ts'
import { PendingReply } from './pending-reply.ts'
import { replyError } from './reply-error.ts'
import { showRequestId } from './show-request-id.ts'
import type { SiteVersion } from './site-version.ts'

/** Bytes and milliseconds; `Infinity` for none. */
export interface FunctionLimits {
  readonly requestBody: number
  readonly backgroundBody: number
  readonly streamedBody: number
}

type Place = ReturnType<GeoHeader>
type RoutedCall = Pick<Call, 'functionName' | 'requestId' | 'ip' | 'params' | 'route' | 'log'> & { readonly target: string }

export interface FunctionServerOptions {
  readonly background: Background
  readonly concurrency: Concurrency
  readonly limits: FunctionLimits
  readonly timeoutOf: (definition: FunctionDefinition) => number
  readonly startInvocation: StartInvocation
  readonly geo: GeoHeader
  readonly trustPlatformHeaders: boolean
  readonly exposeErrors: boolean
}

/** What the URL said about a call. */
export interface FunctionCall {
  /** The one that it was found in, and runs on. */
  readonly version: SiteVersion
  readonly definition: FunctionDefinition
  readonly params: Readonly<Record<string, string>>
  readonly route: string | undefined
  /** What a rewrite has made of the target of the request: its query may be the rule's. */
  readonly target?: string
}

/**
 * Answers a request: throws what is wrong at once, sends what is wrong later. It gives no promise, since Fastify
 * would watch it and, behind it, the reply's stream, which takes longer than a short function does.
 */
export type FunctionServer = (call: FunctionCall, request: FastifyRequest, reply: FastifyReply) => void

/** The Fetch standard forbids these in a `Request`. */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK'])
/** Seconds; nobody knows when a running function ends. */
export const RETRY_AFTER = 1

/** Makes the handler behind every route of a function: request in, function run or queued, reply out. */
export function createFunctionServer (options: FunctionServerOptions): FunctionServer {
  const { background, concurrency, limits, startInvocation, trustPlatformHeaders } = options

  return function serve ({ version, definition, params, route, target }, request, reply) {
    const requestId = platformRequestId(request) ?? createRequestId()
    // What is logged of an invocation has its request id already.
    const { log } = request
    showRequestId(request, reply, requestId)
    if (definition.state === 'failed') throw brokenFunctionError(definition, options.exposeErrors)
    if (definition.form === 'web' && FORBIDDEN_METHODS.has(request.method)) throw new FST_NETLIFY_METHOD_NOT_SUPPORTED(request.method)

    const call = { functionName: definition.name, requestId, ip: request.ip, params, route, log, target: target ?? request.raw.url ?? '/' }
    if (definition.kind === 'background') {
      accept(definition, call, request, reply).catch((error: Error) => replyError(reply, error))
      return
    }
    const payload = request.body as Readable | undefined
    const geo = placeOf(request)
    if (payload === undefined && !(geo instanceof Promise)) {
      return run(version, definition, call, new IncomingRequest(request, call.target, null, trustPlatformHeaders, geo), request, reply)
    }
    // Slow uploads hold no places, yet no body is read for a call that is refused.
    check(definition, request, reply)
    complete(limits.requestBody, call.target, geo, request, reply)
      .then((functionRequest) => run(version, definition, call, functionRequest, request, reply))
      .catch((error: Error) => replyError(reply, error))
  }

  function run ({ invoker, identity }: SiteVersion, definition: ReadyFunction, call: RoutedCall, functionRequest: FunctionRequest, request: FastifyRequest, reply: FastifyReply): void {
    const leave = enter(definition, request, reply)
    // The time begins here: a slow upload is not the function's.
    const { functionName, requestId, ip, params, route, log } = call
    const invocation = startInvocation({
      functionName, requestId, ip, params, route, log, trigger: 'http', isolation: definition.isolation, deployId: identity.deploy.id, request: functionRequest, target: call.target
    }, options.timeoutOf(definition), isConnected(request))
    const pending = new PendingReply(reply, invocation, limits.streamedBody, leave)
    onClientLeft(reply.raw, () => invocation.abort(new FST_NETLIFY_CLIENT_LEFT()))
    const fail = (error: Error): void => pending.fail(error)
    invocation.onTimeout(fail)
    invoker.invoke(definition, functionRequest, invocation).then((response) => pending.send(response), fail)
  }

  async function accept (definition: ReadyFunction, call: RoutedCall, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const limit = Math.min(limits.backgroundBody, Number.MAX_SAFE_INTEGER)
    const { method, url, headers, body } = await complete(limit, call.target, placeOf(request), request, reply)
    // A finite limit reads the body whole, and a background body is always limited.
    const stored = { method, url, headers, body: body as Uint8Array<ArrayBuffer> | null }
    const { log: _log, target: _target, ...job } = call
    await background.accept({ ...job, request: stored })
    reply.code(202).send()
  }

  async function complete (limit: number, target: string, geo: Place, request: FastifyRequest, reply: FastifyReply): Promise<FunctionRequest> {
    try {
      const payload = request.body as Readable | undefined
      const body = payload === undefined ? null : await readBody(payload, request.headers['content-length'], limit, reply.raw)
      return new IncomingRequest(request, target, body, trustPlatformHeaders, await geo)
    } catch (error) {
      if (error instanceof FST_NETLIFY_REQUEST_BODY_TOO_LARGE) leaveBodyUnread(request, reply)
      throw error
    }
  }

  function enter ({ name }: ReadyFunction, request: FastifyRequest, reply: FastifyReply): () => void {
    try {
      return concurrency.enter(name)
    } catch (error) {
      reply.header('retry-after', RETRY_AFTER)
      if (request.body !== undefined) leaveBodyUnread(request, reply)
      throw error
    }
  }

  function check (definition: ReadyFunction, request: FastifyRequest, reply: FastifyReply): void {
    enter(definition, request, reply)()
  }

  /** A trusted proxy may have given the request its id. */
  function platformRequestId ({ headers }: FastifyRequest): string | undefined {
    return trustPlatformHeaders ? headers['x-nf-request-id']?.toString() : undefined
  }

  /** It may know the client's place, too. */
  function placeOf (request: FastifyRequest): Place {
    return trustPlatformHeaders && request.headers['x-nf-geo'] !== undefined ? undefined : options.geo(request)
  }
}

/** An injected request has no connection that would keep the process alive. */
function isConnected ({ raw }: FastifyRequest): boolean {
  return raw.httpVersionMajor === 2 || raw.socket instanceof Socket
}

/** What is left of the body must not be read as the next request. */
export function leaveBodyUnread ({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.httpVersionMajor === 1) reply.header('connection', 'close')
}
