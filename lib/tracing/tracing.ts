import { inspect } from 'node:util'
import type { Context, Span } from '@opentelemetry/api'
import type { IsolationMode } from '../functions/definition.ts'
import type { FunctionRequest } from '../functions/exchange.ts'
import type { InvocationRecord } from '../functions/invocation-record.ts'
import type { Invocation } from '../invoke/invocation.ts'
import type { Invoker } from '../invoke/invoker.ts'
import type { Observers } from '../invoke/observers.ts'
import { tracingApi, type Api } from './api.ts'
import { beginningAttributes, endingAttributes, sendAttributes } from './attributes.ts'

type Headers = Readonly<Record<string, string>>

/** Makes spans of what a site does, while the host has an SDK of OpenTelemetry registered. */
export interface Tracing {
  /** An invoker whose calls are spans. */
  trace (invoker: Invoker): Invoker
  /** Stores a call by `store` with headers under which its job belongs to the trace of now. */
  send<T> (functionName: string, requestId: string, headers: Headers, store: (headers: Headers) => Promise<T>): Promise<T>
}

const NAME = 'fastify-netlify-functions'
/** W3C Trace Context; a job has those of its sender, not those of the client. */
const TRACE_HEADERS = ['traceparent', 'tracestate']

/** Costs nothing before the first span is made. */
export function createTracing (observers: Observers): Tracing {
  const spans = new WeakMap<Invocation, Span>()
  let isObserving = false

  return {
    trace: (invoker) => ({
      invoke (definition, request, invocation) {
        const api = tracingApi()
        if (api === undefined) return invoker.invoke(definition, request, invocation)
        const context = attempt(api, () => begin(api, request, invocation, definition.isolation))
        if (context === undefined) return invoker.invoke(definition, request, invocation)
        return api.context.with(context, () => invoker.invoke(definition, request, invocation))
      }
    }),

    async send (functionName, requestId, headers, store) {
      const api = tracingApi()
      if (api === undefined) return await store(headers)
      const sending = attempt(api, () => beginSending(api, functionName, requestId, headers))
      if (sending === undefined) return await store(headers)
      const { span, context, carrier } = sending
      try {
        return await api.context.with(context, async () => await store(withTrace(headers, carrier)))
      } catch (error) {
        fail(api, span, error)
        throw error
      } finally {
        span.end()
      }
    }
  }

  function begin (api: Api, request: FunctionRequest, invocation: Invocation, isolation: IsolationMode): Context {
    const { functionName, requestId, job } = invocation
    // What runs a job may have been woken by the request of another.
    const parent = job === undefined ? parentOf(api, request.headers) : api.propagation.extract(api.ROOT_CONTEXT, request.headers)
    const span = api.trace.getTracer(NAME).startSpan(functionName, { kind: kindOf(api, invocation, parent), attributes: beginningAttributes(functionName, requestId, job) }, parent)
    spans.set(invocation, span)
    if (!isObserving) observers.add({ ended: (record, ended) => end(record, ended) })
    isObserving = true
    const context = api.trace.setSpan(parent, span)
    if (isolation === 'thread') invocation.trace = carrierOf(api, context)
    return context
  }

  function end (record: InvocationRecord, invocation: Invocation): void {
    const span = spans.get(invocation)
    const api = tracingApi()
    if (span === undefined) return
    try {
      span.setAttributes(endingAttributes(record))
      if (record.outcome === 'failed' && api !== undefined) fail(api, span, record.error)
    } finally {
      span.end()
    }
  }
}

function beginSending (api: Api, functionName: string, requestId: string, headers: Headers): { span: Span, context: Context, carrier: Headers } {
  const parent = parentOf(api, headers)
  const span = api.trace.getTracer(NAME).startSpan(`send ${functionName}`, { kind: api.SpanKind.PRODUCER, attributes: sendAttributes(functionName, requestId) }, parent)
  const context = api.trace.setSpan(parent, span)
  return { span, context, carrier: attempt(api, () => carrierOf(api, context)) ?? {} }
}

/** The host's SDK may throw, for instance in a sampler: that costs the span, never the call. */
function attempt<T> (api: Api, make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    api.diag.error(`${NAME}: a call is not traced`, error)
    return undefined
  }
}

/** The span of now, or else that of the client. */
function parentOf (api: Api, headers: Headers): Context {
  const active = api.context.active()
  return api.trace.getSpan(active) === undefined ? api.propagation.extract(active, headers) : active
}

function kindOf ({ SpanKind, trace }: Api, { job, ip }: Invocation, parent: Context): number {
  if (job !== undefined) return SpanKind.CONSUMER
  const span = trace.getSpanContext(parent)
  // Below a span of this process, it is one step of it; else nobody has traced the request before.
  if (span === undefined) return ip === '' ? SpanKind.INTERNAL : SpanKind.SERVER
  return span.isRemote === true ? SpanKind.SERVER : SpanKind.INTERNAL
}

function carrierOf (api: Api, context: Context): Headers {
  const carrier: Record<string, string> = {}
  api.propagation.inject(context, carrier)
  return carrier
}

function withTrace (headers: Headers, carrier: Headers): Headers {
  if (Object.keys(carrier).length === 0) return headers
  return { ...Object.fromEntries(Object.entries(headers).filter(([name]) => !TRACE_HEADERS.includes(name))), ...carrier }
}

/** What the function has thrown says more than what became of it. */
function fail ({ SpanStatusCode }: Api, span: Span, error: unknown): void {
  const { name, message, stack } = describe(error)
  span.recordException({ name, message, ...(stack !== undefined && { stack }) })
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}

/** A copy: what was thrown may be anything, and may throw when it is looked at. */
function describe (error: unknown): { name: string, message: string, stack?: string | undefined } {
  try {
    const thrown = error instanceof Error && error.cause !== undefined ? error.cause : error
    if (!(thrown instanceof Error)) return { name: 'Error', message: inspect(thrown) }
    return { name: String(thrown.name), message: String(thrown.message), stack: thrown.stack === undefined ? undefined : String(thrown.stack) }
  } catch {
    return { name: 'Error', message: 'an error that throws when it is read' }
  }
}
