import fastifyOtel from '@fastify/otel'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp, createSite, isolation } from '../helper.ts'
import { collectSpans, shown } from './spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const hello = { 'netlify/functions/hello.mjs': 'export default async () => new Response("hello")' }

t.test('nothing is traced while nobody has registered an SDK', async (t) => {
  const app = await createApp(t, hello, { logs: false })
  t.equal((await app.inject('/.netlify/functions/hello')).body, 'hello')
  const { all } = collectSpans(t)
  t.same(all(), [])
})

t.test('a request is a span of the server, child of the client\'s', async (t) => {
  const { all } = collectSpans(t)
  const app = await createApp(t, hello, { deploy: { id: 'd1' } })
  const reply = await app.inject({ url: '/.netlify/functions/hello', headers: { traceparent: `00-${TRACE}-${PARENT}-01` } })
  const [span, ...others] = all()
  t.same(others, [])
  t.equal(span!.name, 'hello')
  t.same(shown(span!), { kind: 'SERVER', parent: PARENT })
  t.equal(span!.spanContext().traceId, TRACE)
  t.same(span!.attributes, {
    'faas.name': 'hello',
    'faas.invocation_id': reply.headers['x-nf-request-id'],
    'faas.trigger': 'http',
    'netlify.outcome': 'succeeded',
    'netlify.isolation': isolation,
    'netlify.deploy.id': 'd1',
    'http.request.method': 'GET',
    'http.response.status_code': 200
  })
})

t.test('below @fastify/otel, it is one step of its request', async (t) => {
  const { provider, all, named } = collectSpans(t)
  const otel = new fastifyOtel.FastifyOtelInstrumentation()
  otel.setTracerProvider(provider)
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(otel.plugin())
  await app.register(netlifyFunctions, { root: await createSite(t, hello), isolation })
  t.equal((await app.inject('/.netlify/functions/hello')).body, 'hello')
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/hello', payload: 'x' })).body, 'hello')
  const own = named('hello')
  t.equal(own.length, 2)
  for (const span of own) {
    const parent = all().find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)
    t.equal(shown(span).kind, 'INTERNAL')
    t.ok(parent, 'its parent is in the exporter')
    t.equal(parent!.instrumentationScope.name, '@fastify/otel')
    t.equal(parent!.spanContext().traceId, span.spanContext().traceId)
  }
})

t.test('what a function fails with is an event of its span', async (t) => {
  const { named } = collectSpans(t)
  const app = await createApp(t, {
    'netlify/functions/throws.mjs': 'export default async () => { throw new RangeError("too far") }',
    'netlify/functions/odd.mjs': 'export default async () => { throw { get message () { throw new Error("no") }, toString () { throw new Error("no") } } }',
    'netlify/functions/breaks.mjs': 'export default async () => new Response(new ReadableStream({ async pull (controller) { controller.enqueue(new Uint8Array(9)); await new Promise(setImmediate); controller.error(new Error("broken")) } }))'
  })
  for (const name of ['throws', 'odd', 'breaks']) await app.inject(`/.netlify/functions/${name}`).catch(() => {})
  const [span] = named('throws')
  t.match(span!.status, { code: SpanStatusCode.ERROR, message: 'too far' })
  t.match(span!.events[0]!.attributes, { 'exception.type': 'RangeError', 'exception.message': 'too far', 'exception.stacktrace': /throws\.mjs/ })
  t.match(span!.attributes, { 'error.type': 'FST_NETLIFY_FUNCTION_FAILED', 'http.response.status_code': 500, 'netlify.outcome': 'failed' })
  t.equal(named('odd')[0]!.status.code, SpanStatusCode.ERROR)
  t.equal(named('breaks')[0]!.status.code, SpanStatusCode.ERROR)
  t.equal(named('breaks')[0]!.attributes['http.response.status_code'], 200)
})

t.test('an SDK that throws costs its spans only', async (t) => {
  const { all } = collectSpans(t, { shouldSample () { throw new Error('no sample') } })
  const app = await createApp(t, {
    ...hello,
    'netlify/functions/later.mjs': 'export default async () => {}\nexport const config = { background: true }'
  }, { queue: memoryQueue(), limits: { concurrency: 1 } })
  for (let call = 0; call < 2; call++) t.equal((await app.inject('/.netlify/functions/hello')).body, 'hello', 'the place of the first is free again')
  t.equal((await app.inject('/.netlify/functions/later')).statusCode, 202)
  t.match(app.netlifyFunctions.logs.list({ function: 'hello' }), [{ record: { outcome: 'succeeded' } }, { record: { outcome: 'succeeded' } }])
  t.same(all(), [])
})

t.test('an error that throws when it is read ends its span as failed', async (t) => {
  const { named } = collectSpans(t)
  const app = await createApp(t, {
    'netlify/functions/odd.mjs': `export default async () => {
      throw Object.defineProperty(Object.assign(new Error("odd"), { code: "FST_NETLIFY_ODD" }), "cause", { get () { throw new Error("no") } })
    }`
  })
  await app.inject('/.netlify/functions/odd')
  t.match(named('odd')[0]!, { status: { code: SpanStatusCode.ERROR }, attributes: { 'netlify.outcome': 'failed', 'error.type': 'FST_NETLIFY_ODD' } })
})

t.test('spans that a function makes are children of its call', { skip: isolation === 'thread' && 'the tracer is that of this thread' }, async (t) => {
  const { named } = collectSpans(t)
  const key = Symbol.for('test.tracer')
  Object.assign(globalThis, { [key]: trace.getTracer('test') })
  const app = await createApp(t, {
    'netlify/functions/outer.mjs': 'export default async () => { await null; globalThis[Symbol.for("test.tracer")].startSpan("inner").end(); return new Response("x") }'
  })
  await app.inject('/.netlify/functions/outer')
  t.equal(shown(named('inner')[0]!).parent, named('outer')[0]!.spanContext().spanId)
})
