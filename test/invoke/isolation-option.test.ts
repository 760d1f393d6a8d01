import { availableParallelism } from 'node:os'
import t from 'tap'
import { FST_NETLIFY_INVALID_OPTION } from '../../lib/errors.ts'
import { createIsolation } from '../../lib/invoke/isolation.ts'
import { resolveIsolation } from '../../lib/options/isolation.ts'

const defaults = { request: 'inline', background: 'thread', scheduled: 'thread', functions: {}, threads: { min: 1, max: availableParallelism() }, memory: 1024, idleTimeout: 60_000 }

t.test('defaults, and what a value changes of them', async (t) => {
  t.same(resolveIsolation(undefined), defaults)
  t.same(resolveIsolation({}), defaults)
  t.same(resolveIsolation('thread'), { ...defaults, request: 'thread' })
  t.same(resolveIsolation('inline'), { ...defaults, background: 'inline', scheduled: 'inline' })
  t.same(resolveIsolation({ request: 'thread', threads: 3, memory: 64, idleTimeout: 0 }), { ...defaults, request: 'thread', threads: { min: 1, max: 3 }, memory: 64, idleTimeout: 0 })
  t.same(resolveIsolation({ threads: { min: 0 } }).threads, { min: 0, max: availableParallelism() })
  t.same(resolveIsolation({ threads: { min: 64 } }).threads, { min: 64, max: 64 })
  const given = Object.freeze({ functions: Object.freeze({ 'a*': 'thread' }) })
  t.same(resolveIsolation(given).functions, given.functions)
  t.ok(Object.isFrozen(resolveIsolation(given)))
})

t.test('a bad value is an error that names the key and the rule', async (t) => {
  const bad: Array<[value: unknown, message: string]> = [
    ['threads', 'Option "isolation" must be \'inline\''],
    [1, 'Option "isolation" must be \'inline\''],
    [null, 'Option "isolation" must be \'inline\''],
    [{ requests: 'inline' }, 'Option "isolation.requests" is not known; the keys are request,'],
    [{ request: 'worker' }, 'Option "isolation.request" must be \'inline\' or \'thread\''],
    [{ functions: [] }, 'Option "isolation.functions" must be an object'],
    [{ functions: { 'a*': true } }, 'Option "isolation.functions[\'a*\']" must be \'inline\' or \'thread\''],
    [{ threads: 0 }, 'Option "isolation.threads.max" must be a whole number of threads, at least 1'],
    [{ threads: 1.5 }, 'Option "isolation.threads.max"'],
    [{ threads: '2' }, 'Option "isolation.threads" must be a number, or'],
    [{ threads: { min: 3, max: 2 } }, 'Option "isolation.threads.min" must not be greater than max, which is 2'],
    [{ threads: { most: 2 } }, 'Option "isolation.threads.most" is not known'],
    [{ memory: 63 }, 'Option "isolation.memory" must be a whole number of megabytes, at least 64'],
    [{ idleTimeout: -1 }, 'Option "isolation.idleTimeout"']
  ]
  for (const [value, message] of bad) {
    t.throws(() => resolveIsolation(value), { code: 'FST_NETLIFY_INVALID_OPTION', message: new RegExp(`^${message.replace(/[^\w ]/g, '\\$&')}`) }, message)
  }
  t.throws(() => resolveIsolation(1), FST_NETLIFY_INVALID_OPTION)
})

t.test('the first glob that fits counts, then the kind', async (t) => {
  const isolation = createIsolation({ request: 'inline', background: 'thread', scheduled: 'thread', functions: { 'report-*': 'thread', 'report-small': 'inline', tiny: 'inline' } })
  t.equal(isolation('report-small', 'request'), 'thread')
  t.equal(isolation('tiny', 'background'), 'inline')
  t.equal(isolation('other', 'request'), 'inline')
  t.equal(isolation('other', 'scheduled'), 'thread')
})
