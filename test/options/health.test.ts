import t from 'tap'
import { resolveOptions } from '../../lib/options/resolve.ts'
import type { NetlifyFunctionsOptions } from '../../lib/options.ts'

t.test('health is off unless it has a path, whose last slash does not count', async (t) => {
  t.equal(resolveOptions({}).health, undefined)
  t.same(resolveOptions({ health: { path: '/health' } }).health, { path: '/health' })
  t.same(resolveOptions({ health: { path: '/.well-known/health/' } }).health, { path: '/.well-known/health' })
  t.ok(Object.isFrozen(resolveOptions({ health: { path: '/health' } }).health))
})

t.test('a bad health is refused by its name', async (t) => {
  for (const health of [true, '/health', null, [], 5]) {
    t.throws(() => resolveOptions({ health } as unknown as NetlifyFunctionsOptions), { code: 'FST_NETLIFY_INVALID_OPTION', message: /^Option "health" must be an object such as/ }, JSON.stringify(health))
  }
  for (const path of [undefined, '', '/', 5, 'health', '/:health', '/*', '/a b', '//health', '/health?x', '/a//']) {
    t.throws(() => resolveOptions({ health: { path } } as NetlifyFunctionsOptions), { code: 'FST_NETLIFY_INVALID_OPTION', message: /^Option "health\.path" must start with "\/"/ }, JSON.stringify(path))
  }
  t.throws(() => resolveOptions({ health: { path: '/health', delay: 5 } } as NetlifyFunctionsOptions), { message: 'Option "health.delay" is not known; the only key is path' })
})
