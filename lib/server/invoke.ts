import { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_FUNCTION_NOT_FOUND, FST_NETLIFY_REQUEST_BODY_TOO_LARGE } from '../errors.ts'
import { nextRun } from '../functions/cron.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { EVENT_HEADER } from '../functions/events.ts'
import type { FunctionRequest, FunctionResponse } from '../functions/exchange.ts'
import { bodyStream, peekBody, type PeekedStream } from '../http/response-body.ts'
import type { Ending, StartInvocation } from '../invoke/invocation.ts'
import { invokeInTime } from '../invoke/invoker.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { Background } from './background.ts'
import type { Concurrency } from './concurrency.ts'
import type { FunctionCall } from './functions.ts'
import { scheduledRequest } from './scheduled.ts'
import type { SiteVersion } from './site-version.ts'

export interface InvokeOptions {
  readonly background: Pick<Background, 'accept'>
  /** Bytes. */
  readonly maxBackgroundBody: number
  readonly concurrency: Concurrency
  readonly startInvocation: StartInvocation
  readonly timeoutOf: (definition: FunctionDefinition) => number
  readonly log: FastifyBaseLogger
}

/**
 * Runs a function without HTTP.
 *
 * @param version on which the call ends
 * @param match what the URL said about it
 */
export async function invoke (options: InvokeOptions, { functions, invoker, identity }: SiteVersion, name: string, request: Request | undefined, match?: Pick<FunctionCall, 'params' | 'route'>): Promise<Response> {
  const definition = functions.get(name)
  if (definition === undefined) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(name)
  if (definition.state === 'failed') throw definition.error
  const call = { functionName: name, requestId: createRequestId(), ip: '', params: match?.params ?? {}, route: match?.route }
  const { kind, config: { schedule } } = definition
  const functionRequest = schedule !== undefined && (kind === 'scheduled' || request === undefined)
    ? scheduledRequest(name, nextRun(schedule, Date.now()), identity.site.url)
    : await toFunctionRequest(request ?? new Request(`http://localhost/.netlify/functions/${name}`))
  if (kind === 'background') {
    if ((functionRequest.body?.length ?? 0) > options.maxBackgroundBody) throw new FST_NETLIFY_REQUEST_BODY_TOO_LARGE(options.maxBackgroundBody)
    await options.background.accept({ ...call, request: functionRequest })
    return new Response(null, { status: 202 })
  }
  const leave = options.concurrency.enter(name)
  const trigger = kind === 'scheduled' ? 'schedule' : 'invoke'
  const invocation = options.startInvocation({
    ...call, log: options.log, trigger, isolation: definition.isolation, deployId: identity.deploy.id, request: functionRequest
  }, options.timeoutOf(definition))
  const onAbort = (): void => invocation.abort(request?.signal.reason as Error)
  if (request?.signal.aborted) onAbort()
  request?.signal.addEventListener('abort', onAbort)
  const end = (ending: Ending): void => {
    request?.signal.removeEventListener('abort', onAbort)
    invocation.end(ending)
    leave()
  }
  try {
    const response = await invokeInTime(invoker, definition, functionRequest, invocation)
    return await toResponse(kind === 'scheduled' ? { status: 204, headers: [], body: null } : response, invocation.signal, end)
  } catch (error) {
    end({ error })
    throw error
  }
}

async function toFunctionRequest (request: Request): Promise<FunctionRequest & { body: Uint8Array<ArrayBuffer> | null }> {
  const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer())
  const { [EVENT_HEADER]: _, ...headers } = Object.fromEntries(request.headers)
  return { method: request.method, url: request.url, headers, body }
}

/** A body that is still being made is part of the call, which ends with it. */
async function toResponse ({ status, headers, body, scope }: FunctionResponse, signal: AbortSignal, end: (ending: Ending) => void): Promise<Response> {
  const peeked = body instanceof ReadableStream ? await peekBody(body, scope) : undefined
  const whole = peeked?.kind === 'stream' ? undefined : peeked?.bytes ?? body as string | Uint8Array | null
  const content = peeked?.kind === 'stream' ? openBody(peeked, signal, (bytesOut, error) => end({ status, bytesOut, error })) : whole
  const response = new Response(content as BodyInit | null, { status, headers: headers as Array<[string, string]> })
  if (whole !== undefined) end({ status, bytesOut: whole === null ? 0 : Buffer.byteLength(whole) })
  return response
}

function openBody (peeked: PeekedStream, signal: AbortSignal, end: (bytes: number, error: unknown) => void): unknown {
  let sent = 0
  let failure: unknown
  const stream = bodyStream(peeked, (bytes) => { sent += bytes }, (error) => { failure = error })
  const onAbort = (): void => { stream.destroy(signal.reason as Error) }
  signal.addEventListener('abort', onAbort)
  stream.once('close', () => {
    signal.removeEventListener('abort', onAbort)
    end(sent, failure)
  })
  return Readable.toWeb(stream)
}
