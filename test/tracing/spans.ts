import { context, propagation, SpanKind, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan, type Sampler } from '@opentelemetry/sdk-trace-base'

/** Registers an SDK of OpenTelemetry that keeps its spans, until the test is over. */
export function collectSpans (t: { teardown (tidy: () => unknown): void }, sampler?: Pick<Sampler, 'shouldSample'>): { provider: BasicTracerProvider, all: () => ReadableSpan[], named: (name: string) => ReadableSpan[] } {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)], ...(sampler && { sampler }) })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  t.teardown(() => {
    trace.disable()
    context.disable()
    propagation.disable()
  })
  return {
    provider,
    all: () => exporter.getFinishedSpans(),
    named: (name) => exporter.getFinishedSpans().filter((span) => span.name === name)
  }
}

/** What a test says of a span. */
export function shown ({ kind, parentSpanContext }: ReadableSpan): { kind: string | undefined, parent: string | undefined } {
  return { kind: SpanKind[kind], parent: parentSpanContext?.spanId }
}
