import Fastify from 'fastify'
import fastifyMetrics from 'fastify-metrics'
import client, { Counter, Registry } from 'prom-client'
import t from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createApp, createSite, isolation } from '../helper.ts'
import { names, parse, promtool, promtoolMissing, scrape } from './scrape.ts'

const hello = { 'netlify/functions/hello.mjs': 'export default async () => new Response("hello")' }
const HELLO = 'netlify_invocations_total{function="hello",trigger="http",status="2xx"}'

for (const [title, options] of [['the client that it brings', {}], ['prom-client', { promClient: client as never }]] as const) {
  t.test(`beside fastify-metrics with ${title}, one scrape of its default registry has everything`, async (t) => {
    const app = Fastify()
    t.teardown(async () => {
      await app.close()
      app.metrics.client.register.clear()
    })
    await app.register(fastifyMetrics.default, { endpoint: '/all', ...options })
    await app.register(netlifyFunctions, { root: await createSite(t, hello), isolation, metrics: app.metrics.client.register })
    await app.inject('/.netlify/functions/hello')
    const { text, series } = await scrape(app, '/all')
    t.equal(series.get(HELLO), 1)
    t.match(text, /^http_request_duration_seconds_count\{.*\} 1$/m)
    t.equal(new Set(names(text)).size, names(text).length)
  })
}

t.test('a registry of the host\'s gets the metrics, under another prefix too, and loses them at close', async (t) => {
  const registry = new Registry()
  const own = new Counter({ name: 'own_total', help: 'The host\'s.', registers: [registry] })
  own.inc()
  for (const prefix of [undefined, 'shop_', 'shop_']) {
    const app = await createApp(t, hello, { metrics: { registry, ...(prefix && { prefix }) } })
    await app.inject('/.netlify/functions/hello')
    t.equal(parse(await registry.metrics()).get(HELLO.replace('netlify_', prefix ?? 'netlify_')), 1)
    await app.close()
    t.same(names(await registry.metrics()), ['own_total'])
  }
})

t.test('sites that share a registry differ by the label "site"', async (t) => {
  const registry = new Registry()
  const options: NetlifyFunctionsOptions[] = [{}, { name: 'shop' }, { name: 'shop' }, {}]
  const apps = await Array.fromAsync(options, async (own) => await createApp(t, hello, { ...own, metrics: { registry } }))
  for (const app of apps) await app.inject('/.netlify/functions/hello')
  const text = await registry.metrics()
  await t.test('and promtool reads it', { skip: promtoolMissing() }, async (t) => { t.equal(promtool(['check', 'metrics'], text), '') })
  const series = [...parse(text)].filter(([name]) => name.startsWith('netlify_invocations_total')).map(([name, value]) => [/site="([^"]+)"/.exec(name)?.[1], value])
  t.same(series.sort(), [[undefined, 1], ['shop', 1], ['shop-2', 1], ['site-2', 1]].sort())
  await apps[0]!.close()
  t.notOk(parse(await registry.metrics()).has(HELLO))
})

t.test('a registry that has metrics of such a name refuses them, and keeps its own', async (t) => {
  const registry = new Registry()
  const taken = new Counter({ name: 'netlify_functions', help: 'The host\'s.', registers: [registry] })
  taken.inc()
  await t.rejects(createApp(t, hello, { metrics: registry }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /metrics\.prefix.*netlify_functions/ })
  t.same(names(await registry.metrics()), ['netlify_functions'])
})

t.test('a registry of OpenMetrics, and one that is reset, are served', async (t) => {
  const registry = new Registry()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
  const app = await createApp(t, hello, { metrics: { registry, path: '/metrics' } })
  await app.inject('/.netlify/functions/hello')
  const { text, series } = await scrape(app)
  t.equal(series.get(HELLO), 1)
  t.match(text, /# EOF\n$/)
  t.match((await app.inject('/metrics')).headers['content-type'], /^application\/openmetrics-text/)
  registry.resetMetrics()
  t.equal((await scrape(app)).series.get(HELLO), undefined)
})

t.test('the metrics of the process are there when they are asked for', async (t) => {
  const app = await createApp(t, hello, { metrics: { path: '/metrics', defaultMetrics: true } })
  t.match((await scrape(app)).text, /^process_cpu_seconds_total /m)
})
