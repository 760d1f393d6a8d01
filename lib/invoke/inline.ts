import { inspect } from 'node:util'
import { FST_NETLIFY_FUNCTION_FAILED, FST_NETLIFY_HEADER_NOT_LATIN1, FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_INVALID_RESPONSE, FST_NETLIFY_INVALID_RETURN_VALUE } from '../errors.ts'
import type { ReadyFunction } from '../functions/definition.ts'
import type { FunctionRequest, FunctionResponse } from '../functions/exchange.ts'
import { fromNativeResponse, toNativeRequest } from '../http/native.ts'
import { lambdaContext } from '../lambda/context.ts'
import { bufferRequest, lambdaEvent } from '../lambda/event.ts'
import { callLambdaHandler } from '../lambda/handler.ts'
import { lambdaResponse } from '../lambda/result.ts'
import { createContext } from './context.ts'
import { runInScope, type SiteEnv } from './globals.ts'
import type { Invocation } from './invocation.ts'
import type { Invoker } from './invoker.ts'
import { sitePlatformHeaders, withPlatformHeaders } from './platform-headers.ts'
import type { SiteIdentity } from './site-identity.ts'

type Handler = (...args: never[]) => unknown

export interface InlineOptions {
  /** The handler of each function, by name. */
  readonly handlers: ReadonlyMap<string, Handler>
  readonly env: SiteEnv
  readonly identity: SiteIdentity
  /** Bytes; for the Lambda form. */
  readonly maxLambdaBody: number
  /** Messages and stack traces in the errors that go to clients. */
  readonly exposeErrors: boolean
}

const ACCEPTED: FunctionResponse = { status: 202, headers: [], body: null }

/** Runs functions in this thread. */
export function createInlineInvoker ({ handlers, env, identity, maxLambdaBody, exposeErrors }: InlineOptions): Invoker {
  const siteHeaders = sitePlatformHeaders(identity)
  return {
    async invoke (definition, given, invocation) {
      const request = withPlatformHeaders(given, siteHeaders, invocation)
      const handler = handlers.get(definition.name)
      if (handler === undefined) throw new Error(`no handler is loaded for function "${definition.name}"`)
      const run = definition.form === 'web' ? runWeb : runLambda
      const work = run(handler, definition, request, invocation)
      try {
        return await invocation.race(work)
      } catch (error) {
        // The handler may still come to an end; then nobody reads its response.
        work.then(cancel, () => {})
        throw toCoded(error, definition.name)
      }
    }
  }

  async function runWeb (handler: Handler, definition: ReadyFunction, request: FunctionRequest, invocation: Invocation): Promise<FunctionResponse> {
    const { context, jar } = createContext(request, invocation, identity)
    const nativeRequest = toNativeRequest(request, invocation.signal)
    const scope = { context, env, code: invocation }
    const returned = await runInScope(scope, () => (handler as (...args: unknown[]) => unknown)(nativeRequest, context))
    if (definition.kind !== 'request') return discard(returned)
    if (returned === undefined) return { status: 204, headers: [], body: null }
    if (!(returned instanceof Response)) throw new FST_NETLIFY_INVALID_RETURN_VALUE(definition.name, describe(returned))
    const response = withCookies(definition.name, returned, jar.setCookieValues)
    return { ...response, scope: (read) => runInScope(scope, read) }
  }

  async function runLambda (handler: Handler, definition: ReadyFunction, request: FunctionRequest, invocation: Invocation): Promise<FunctionResponse> {
    const event = lambdaEvent(await bufferRequest(request), invocation.route)
    const context = lambdaContext(definition.name, invocation.requestId, invocation.deadline)
    const result = await runInScope({ context: null, env, code: invocation }, () => callLambdaHandler(handler, event, context))
    return definition.kind !== 'request' ? ACCEPTED : lambdaResponse(result, maxLambdaBody, definition.name)
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

/** Tells whether the message has a value that the function made: for its author, not for every client. */
function showsValue (error: Error): boolean {
  return [FST_NETLIFY_INVALID_RETURN_VALUE, FST_NETLIFY_INVALID_LAMBDA_RESULT, FST_NETLIFY_HEADER_NOT_LATIN1].some((type) => error instanceof type)
}

/** An error with the stack down to where the user's code begins. */
function describeThrown (error: unknown): string {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return inspect(error)
  const lines = error.stack.split('\n')
  const own = lines.findIndex((line) => line.includes(import.meta.dirname) || line.includes('node:async_hooks'))
  return (own === -1 ? lines : lines.slice(0, own)).join('\n')
}

function withCookies (name: string, returned: Response, setCookieValues: () => string[]): FunctionResponse {
  try {
    const response = fromNativeResponse(returned)
    const cookies = setCookieValues()
    if (cookies.length === 0) return response
    return { ...response, headers: [...response.headers, ...cookies.map((value) => ['set-cookie', value] as const)] }
  } catch (error) {
    throw new FST_NETLIFY_INVALID_RESPONSE(name, (error as Error).message, { cause: error })
  }
}

function discard (returned: unknown): FunctionResponse {
  if (returned instanceof Response) cancel(returned)
  return ACCEPTED
}

function cancel ({ body }: { body: unknown }): void {
  if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => {})
}

function isCoded (error: unknown): error is Error {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return error instanceof Error && typeof code === 'string' && code.startsWith('FST_NETLIFY_')
}

/** What a function returned, short enough for a log line. */
function describe (value: unknown): string {
  const text = inspect(value, { depth: 1, maxStringLength: 80, maxArrayLength: 5, breakLength: Infinity })
  return `${value === null ? '' : `a value of type ${typeof value}: `}${text.length > 200 ? `${text.slice(0, 200)}…` : text}`
}
