import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FST_NETLIFY_CLIENT_LEFT, FST_NETLIFY_METHOD_NOT_SUPPORTED, FST_NETLIFY_REQUEST_BODY_TOO_LARGE } from '../errors.ts'
import type { FunctionDefinition, ReadyFunction } from '../functions/definition.ts'
import type { FunctionRequest } from '../functions/exchange.ts'
import { readBody } from '../http/body.ts'
import { onClientLeft } from '../http/client.ts'
import { functionHeaders } from '../http/headers.ts'
import { sendFunctionResponse } from '../http/reply.ts'
import { requestUrl } from '../http/url.ts'
import type { GeoHeader } from '../invoke/geo.ts'
import { startInvocation, type InvocationStart } from '../invoke/invocation.ts'
import type { Invoker } from '../invoke/invoker.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { Background } from './background.ts'
import type { Concurrency } from './concurrency.ts'
import { brokenFunctionError } from './error-detail.ts'
import { showRequestId } from './show-request-id.ts'

/** Bytes and milliseconds; `Infinity` for none. */
export interface FunctionLimits {
  readonly requestBody: number
  readonly backgroundBody: number
  readonly streamedBody: number
}

export interface FunctionServerOptions {
  readonly invoker: Invoker
  readonly background: Background
  readonly concurrency: Concurrency
  readonly limits: FunctionLimits
  readonly timeoutOf: (definition: FunctionDefinition) => number
  readonly waitUntil: InvocationStart['waitUntil']
  readonly geo: GeoHeader
  readonly trustPlatformHeaders: boolean
  readonly exposeErrors: boolean
}

/** What the URL said about a call. */
export interface FunctionCall {
  readonly definition: FunctionDefinition
  readonly params: Readonly<Record<string, string>>
  readonly route: string | undefined
}

export type FunctionServer = (call: FunctionCall, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** The Fetch standard forbids these in a `Request`. */
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK'])
/** Seconds; nobody knows when a running function ends. */
export const RETRY_AFTER = 1

/** Makes the handler behind every route of a function: request in, function run or queued, reply out. */
export function createFunctionServer (options: FunctionServerOptions): FunctionServer {
  const { invoker, background, concurrency, limits } = options

  return async function serve ({ definition, params, route }, request, reply) {
    const requestId = platformRequestId(request) ?? createRequestId()
    // What is logged of an invocation has its request id already.
    const { log } = request
    showRequestId(request, reply, requestId)
    if (definition.state === 'failed') throw brokenFunctionError(definition, options.exposeErrors)
    if (definition.form === 'web' && FORBIDDEN_METHODS.has(request.method)) throw new FST_NETLIFY_METHOD_NOT_SUPPORTED(request.method)

    const call = { functionName: definition.name, requestId, ip: request.ip, params, route }
    if (definition.kind === 'background') {
      const functionRequest = await toFunctionRequest(definition, request, reply)
      // A finite limit reads the body whole, and a background body is always limited.
      const stored = { ...functionRequest, body: functionRequest.body as Uint8Array<ArrayBuffer> | null }
      await background.accept({ ...call, request: stored })
      return reply.code(202).send()
    }
    await run(definition, { ...call, log }, request, reply)
    return reply
  }

  async function run (definition: ReadyFunction, call: Pick<InvocationStart, 'functionName' | 'requestId' | 'ip' | 'params' | 'route' | 'log'>, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // Slow uploads hold no places, yet no body is read for a call that is refused.
    enter(definition, request, reply)()
    const functionRequest = await toFunctionRequest(definition, request, reply)
    const leave = enter(definition, request, reply)
    // The time begins here: a slow upload is not the function's.
    const invocation = startInvocation({ ...call, timeout: options.timeoutOf(definition), waitUntil: options.waitUntil })
    const end = (): void => {
      invocation.end()
      leave()
    }
    try {
      onClientLeft(reply.raw, () => invocation.abort(new FST_NETLIFY_CLIENT_LEFT()))
      const response = await invoker.invoke(definition, functionRequest, invocation)
      await sendFunctionResponse(reply, response, {
        functionName: definition.name,
        maxBytes: limits.streamedBody,
        signal: invocation.signal,
        onEnd: end
      })
    } catch (error) {
      end()
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

  /** A trusted proxy may have given the request its id. */
  function platformRequestId ({ headers }: FastifyRequest): string | undefined {
    return options.trustPlatformHeaders ? headers['x-nf-request-id']?.toString() : undefined
  }

  async function toFunctionRequest (definition: ReadyFunction, request: FastifyRequest, reply: FastifyReply): Promise<FunctionRequest> {
    const headers = functionHeaders(request.headers, options.trustPlatformHeaders)
    const url = requestUrl(request.protocol, request.host, request.raw.url ?? '/')
    const limit = definition.kind === 'background' ? Math.min(limits.backgroundBody, Number.MAX_SAFE_INTEGER) : limits.requestBody
    try {
      const payload = request.body as Readable | undefined
      const body = payload === undefined ? null : await readBody(payload, headers['content-length'], limit, reply.raw)
      const geo = headers['x-nf-geo'] ?? await options.geo(request)
      return { method: request.method, url, headers: geo === undefined ? headers : { ...headers, 'x-nf-geo': geo }, body }
    } catch (error) {
      if (error instanceof FST_NETLIFY_REQUEST_BODY_TOO_LARGE) leaveBodyUnread(request, reply)
      throw error
    }
  }
}

/** What is left of the body must not be read as the next request. */
export function leaveBodyUnread ({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.httpVersionMajor === 1) reply.header('connection', 'close')
}
