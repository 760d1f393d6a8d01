import t from 'tap'
import { createAppWithPackages } from '../packages.ts'
import { collectSpans } from './spans.ts'

/** Registers an SDK in the function's thread, and tells where a span of its own belongs. */
const traced = `
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
trace.setGlobalTracerProvider(new BasicTracerProvider())
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
export default async () => {
  await null
  const span = trace.getTracer('test').startSpan('inner')
  return Response.json({ trace: span.spanContext().traceId, parent: span.parentSpanContext?.spanId })
}`

t.test('spans that a function makes in a thread are children of its call', async (t) => {
  const { named } = collectSpans(t)
  const app = await createAppWithPackages(t, { 'netlify/functions/traced.mjs': traced }, { isolation: 'thread' })
  for (const place of [0, 1]) {
    const reply = await app.inject('/.netlify/functions/traced')
    const { traceId, spanId } = named('traced')[place]!.spanContext()
    t.same(reply.json(), { trace: traceId, parent: spanId })
  }
})

t.test('a function whose propagator throws runs all the same', async (t) => {
  collectSpans(t)
  const app = await createAppWithPackages(t, {
    'netlify/functions/breaks.mjs': `${traced.replace('new W3CTraceContextPropagator()', '{ inject () {}, fields: () => [], extract () { throw new Error("no") } }').replace('Response.json(', 'new Response("ran", ')}`
  }, { isolation: 'thread' })
  for (let call = 0; call < 2; call++) t.equal((await app.inject('/.netlify/functions/breaks')).body, 'ran')
})

t.test('a thread without an SDK runs its functions all the same', async (t) => {
  const { named } = collectSpans(t)
  const app = await createAppWithPackages(t, { 'netlify/functions/plain.mjs': 'export default async () => new Response("plain")' }, { isolation: 'thread' })
  t.equal((await app.inject('/.netlify/functions/plain')).body, 'plain')
  t.equal(named('plain')[0]!.attributes['netlify.isolation'], 'thread')
})
