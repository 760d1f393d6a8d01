import { inspect } from 'node:util'
import { isProxy } from 'node:util/types'
import { FST_NETLIFY_FUNCTION_FAILED, FST_NETLIFY_INVALID_EVENT_RESULT, FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_INVALID_RESPONSE, FST_NETLIFY_INVALID_RETURN_VALUE } from '../errors.ts'
import type { ReadyFunction } from '../functions/definition.ts'
import { EVENT_HEADER, eventTypes, type EventSlug } from '../functions/events.ts'
import type { FunctionRequest, FunctionResponse } from '../functions/exchange.ts'
import { createLightRequest } from '../http/light-request.ts'
import { LightResponse, takeLightResponse } from '../http/light-response.ts'
import { fromNativeResponse, toNativeRequest } from '../http/native.ts'
import { lambdaContext } from '../lambda/context.ts'
import { bufferRequest, lambdaEvent } from '../lambda/event.ts'
import { callLambdaHandler } from '../lambda/handler.ts'
import { lambdaResponse } from '../lambda/result.ts'
import { BLOBS_VARIABLE, type Blobs } from '../site/blobs.ts'
import { createCallEnv } from './call-env.ts'
import { clientContext, createCallerFinder, identityContext, type Caller, type FindCaller, type VerifyToken } from './caller.ts'
import { createContext, type Context } from './context.ts'
import type { CookieJar } from './cookies.ts'
import { enterScope, runInScope, type Print, type Scope, type SiteEnv } from './globals.ts'
import type { Invocation } from './invocation.ts'
import { discardBody, type Invoker } from './invoker.ts'
import { sitePlatformHeaders, withPlatformHeaders } from './platform-headers.ts'
import type { SiteIdentity } from './site-identity.ts'

type Handler = (...args: never[]) => unknown

export interface InlineOptions {
  /** The handler of each function, by name. */
  readonly handlers: ReadonlyMap<string, Handler>
  /** The handlers of events that functions have beside it, by name and event. */
  readonly eventHandlers: ReadonlyMap<string, ReadonlyMap<string, Handler>>
  readonly env: SiteEnv
  readonly identity: SiteIdentity
  readonly verifyToken?: VerifyToken | undefined
  /** Instead of `verifyToken`, where the host's verifier is out of reach. */
  readonly findCaller?: FindCaller | undefined
  readonly blobs?: Omit<Blobs, 'close'> | undefined
  /** Bytes; for the Lambda form. */
  readonly maxLambdaBody: number
  /** Messages and stack traces in the errors that go to clients. */
  readonly exposeErrors: boolean
  readonly print: Print
}

const ACCEPTED: FunctionResponse = { status: 202, headers: [], body: null }
const NO_CONTENT: FunctionResponse = { status: 204, headers: [], body: null }

// With one argument each, whatever a function passes to `context.json`.
const json = (value: unknown): Response => Response.json(value)
const lightJson = (value: unknown): Response => LightResponse.json(value)

/** What a web function is called with, and what becomes of its cookies. */
interface WebCall {
  readonly request: Request
  readonly context: Context
  readonly jar: CookieJar
  readonly scope: Scope
}

/** Runs functions in this thread. */
export function createInlineInvoker ({ handlers, eventHandlers, env, identity, verifyToken, blobs, maxLambdaBody, exposeErrors, print, ...options }: InlineOptions): Invoker {
  const siteHeaders = sitePlatformHeaders(identity)
  const callerOf = options.findCaller ?? (verifyToken && createCallerFinder(verifyToken, identity.site.url))
  return {
    async invoke (definition, given, invocation) {
      const { name, form } = definition
      try {
        const request = withPlatformHeaders(given, siteHeaders, invocation)
        const ofEvents = eventHandlers.get(name)
        const eventHandler = ofEvents !== undefined && ofEvents.size > 0 ? ofEvents.get(request.headers[EVENT_HEADER] ?? '') : undefined
        if (eventHandler !== undefined) return await runEvent(eventHandler, definition, request, invocation)
        const handler = handlers.get(name)
        if (handler === undefined) throw new Error(`no handler is loaded for function "${name}"`)
        if (form === 'lambda') return await runLambda(handler, definition, request, invocation)
        // Each promise on the way of a small reply shows in its cost, so this one is not awaited twice.
        const finding = callerOf?.(definition, request, invocation)
        const caller = finding instanceof Promise ? await finding : finding
        const call = prepareCall(definition, request, invocation, caller)
        // In a microtask of its own, the call's scope ends by itself: running in it would cost as much again.
        await undefined
        return finishCall(definition, call, await startCall(handler, call))
      } catch (error) {
        throw toCoded(error, name)
      }
    }
  }

  function prepareCall ({ lightObjects }: ReadyFunction, request: FunctionRequest, invocation: Invocation, caller: Caller | undefined): WebCall {
    const { context, jar } = createContext(request, invocation, identity, lightObjects ? lightJson : json, print)
    return {
      request: lightObjects ? createLightRequest(request, invocation) : toNativeRequest(request, invocation.signal),
      context,
      jar,
      scope: { context, env: callEnv(blobs?.context), code: invocation, print, identityContext: identityContext(request, caller) }
    }
  }

  /** The handler of an event gets its payload and nothing else. */
  async function runEvent (handler: Handler, definition: ReadyFunction, request: FunctionRequest, invocation: Invocation): Promise<FunctionResponse> {
    const { slug, payload } = await readEvent(request)
    const event = eventTypes[slug].call(payload)
    const { context } = createContext(request, invocation, identity, json, print)
    const call = { type: 'event', handler: handler as (argument: object) => unknown }
    const returned = await runInScope({ context, env: callEnv(blobs?.context), code: invocation, print, identityContext: identityContext(request, undefined) }, () => call.handler(event.argument))
    if (definition.kind === 'background') return discard(returned)
    try {
      return event.respond(returned)
    } catch (error) {
      throw new FST_NETLIFY_INVALID_EVENT_RESULT(definition.name, slug, describe(returned), { cause: error })
    }
  }

  async function runLambda (handler: Handler, definition: ReadyFunction, request: FunctionRequest, invocation: Invocation): Promise<FunctionResponse> {
    const caller = await callerOf?.(definition, request, invocation)
    const buffered = await bufferRequest(request)
    const event = blobs === undefined
      ? lambdaEvent(buffered, invocation.route)
      : { ...lambdaEvent({ method: buffered.method, url: buffered.url, headers: { ...blobs.headers, ...buffered.headers }, body: buffered.body }, invocation.route), blobs: blobs.event }
    const context = lambdaContext(definition.name, invocation.requestId, invocation.deadline, clientContext(caller))
    // As on Netlify, the variable is there only after `connectLambda(event)`.
    const scope = { context: null, env: callEnv(undefined), code: invocation, print }
    const result = await runInScope(scope, () => callLambdaHandler(handler, event, context))
    if (definition.kind !== 'request') return ACCEPTED
    return { ...lambdaResponse(result, maxLambdaBody, definition.name), scope: (read) => runInScope(scope, read) }
  }

  function callEnv (blobsContext: string | undefined): SiteEnv {
    return blobs === undefined ? env : createCallEnv(env, BLOBS_VARIABLE, blobsContext)
  }

  function toCoded (error: unknown, name: string): Error {
    try {
      if (isCoded(error)) return exposeErrors || !showsValue(error) ? error : new FST_NETLIFY_FUNCTION_FAILED(name, '', { cause: error })
      if (error instanceof TypeError && error.message.includes('ByteString')) return new FST_NETLIFY_HEADER_NOT_LATIN1(error.message, { cause: error })
      return new FST_NETLIFY_FUNCTION_FAILED(name, exposeErrors ? `: ${describeThrown(error)}` : '', { cause: error })
    } catch {
      // What was thrown throws when it is looked at.
      return new FST_NETLIFY_FUNCTION_FAILED(name, '')
    }
  }
}

function startCall (handler: Handler, { request, context, scope }: WebCall): unknown {
  // As on Netlify, `this` is an object of the runtime's, never the one that was exported.
  const call = { type: 'http', handler: handler as (...args: unknown[]) => unknown }
  enterScope(scope)
  return call.handler(request, context)
}

function finishCall ({ name, kind }: ReadyFunction, { jar, scope }: WebCall, returned: unknown): FunctionResponse {
  if (kind !== 'request') return discard(returned)
  if (returned === undefined) return NO_CONTENT
  const response = withCookies(name, takeResponse(name, returned), jar)
  if (!(response.body instanceof ReadableStream)) return response
  return { ...response, scope: (read) => runInScope(scope, read) }
}

/** Tells whether the message has a value that the function made: for its author, not for every client. */
function showsValue (error: Error): boolean {
  return [FST_NETLIFY_INVALID_EVENT_RESULT, FST_NETLIFY_INVALID_RETURN_VALUE, FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_HEADER_NOT_LATIN1].some((type) => error instanceof type)
}

/** An error with the stack down to where the user's code begins. */
function describeThrown (error: unknown): string {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return inspect(error)
  const lines = error.stack.split('\n')
  const own = lines.findIndex((line) => line.includes(import.meta.dirname) || line.includes('node:async_hooks'))
  return (own === -1 ? lines : lines.slice(0, own)).join('\n')
}

/** @param request one that a handler of its event was found for */
async function readEvent (request: FunctionRequest): Promise<{ slug: EventSlug, payload: unknown }> {
  const { headers, body } = await bufferRequest(request)
  return { slug: headers[EVENT_HEADER] as EventSlug, payload: JSON.parse(Buffer.from(body ?? []).toString()) }
}

function takeResponse (name: string, returned: unknown): FunctionResponse {
  try {
    const light = takeLightResponse(returned)
    if (light !== undefined) return light
    if (returned instanceof Response) return fromNativeResponse(returned)
  } catch (error) {
    throw new FST_NETLIFY_INVALID_RESPONSE(name, (error as Error).message, { cause: error })
  }
  throw new FST_NETLIFY_INVALID_RETURN_VALUE(name, describe(returned))
}

function withCookies (name: string, response: FunctionResponse, jar: CookieJar): FunctionResponse {
  try {
    const cookies = jar.setCookieValues()
    if (cookies.length === 0) return response
    return { ...response, headers: [...response.headers, ...cookies.map((value) => ['set-cookie', value] as const)] }
  } catch (error) {
    throw new FST_NETLIFY_INVALID_RESPONSE(name, (error as Error).message, { cause: error })
  }
}

function discard (returned: unknown): FunctionResponse {
  if (returned instanceof Response) discardBody(returned)
  return ACCEPTED
}

function isCoded (error: unknown): error is Error {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return error instanceof Error && !isProxy(error) && typeof code === 'string' && code.startsWith('FST_NETLIFY_')
}

/** What a function returned, short enough for a log line. */
function describe (value: unknown): string {
  const text = inspect(value, { depth: 1, maxStringLength: 80, maxArrayLength: 5, breakLength: Infinity })
  return `${value === null ? '' : `a value of type ${typeof value}: `}${text.length > 200 ? `${text.slice(0, 200)}…` : text}`
}
