import { Registry } from 'prom-client'
import t from 'tap'
import { resolveOptions } from '../../lib/options/resolve.ts'
import type { NetlifyFunctionsOptions } from '../../lib/options.ts'

t.test('metrics are off unless there is a path or a registry', async (t) => {
  const registry = new Registry()
  t.equal(resolveOptions({}).metrics, undefined)
  t.same(resolveOptions({ metrics: { path: '/metrics/' } }).metrics, { path: '/metrics', registry: undefined, prefix: 'netlify_', defaultMetrics: false })
  t.match(resolveOptions({ metrics: registry }).metrics, { path: undefined, prefix: 'netlify_', defaultMetrics: false })
  t.equal(resolveOptions({ metrics: registry }).metrics?.registry, registry)
  t.match(resolveOptions({ metrics: { registry, prefix: '' } }).metrics, { prefix: '' })
  t.ok(Object.isFrozen(resolveOptions({ metrics: registry }).metrics))
})

t.test('a bad value is refused with its name, the rule and the remedy', async (t) => {
  const cases: Array<[unknown, RegExp]> = [
    [true, /"?metrics"? must be an object such as/],
    [{}, /metrics"? must have a path to serve/],
    [{ path: 'metrics' }, /metrics\.path"? must start with "\/"/],
    [{ path: '/:x' }, /metrics\.path/],
    [{ path: '/' }, /metrics\.path/],
    [{ path: '/m', other: 1 }, /metrics\.other"? is not known; the keys are path, registry, prefix, defaultMetrics/],
    [{ registry: {} }, /metrics\.registry"? must be a registry of prom-client/],
    [{ path: '/m', prefix: '1_' }, /metrics\.prefix/],
    [{ path: '/m', defaultMetrics: 'yes' }, /metrics\.defaultMetrics"? must be true or false/],
    [{ registry: new Registry(), defaultMetrics: true }, /collectDefaultMetrics/]
  ]
  for (const [metrics, message] of cases) {
    t.throws(() => resolveOptions({ metrics } as NetlifyFunctionsOptions), { code: 'FST_NETLIFY_INVALID_OPTION', message })
  }
})
