import t from 'tap'
import { readFunctionConfig } from '../../lib/functions/config.ts'

const limits = { windowLimit: 10, windowSize: 60 }
const kept = { windowLimit: 10, windowSize: 60_000, aggregateBy: ['domain'], rewriteTo: undefined }

const valid: Array<[given: object, kept: object]> = [
  [limits, kept],
  [{ ...limits, windowSize: 0.5 }, { ...kept, windowSize: 500 }],
  [{ ...limits, aggregateBy: 'ip' }, { ...kept, aggregateBy: ['ip'] }],
  [{ ...limits, aggregateBy: ['ip', 'domain'] }, { ...kept, aggregateBy: ['ip', 'domain'] }],
  [{ ...limits, action: 'rate_limit', algorithm: 'sliding_window' }, kept],
  [{ ...limits, action: 'rewrite', to: '/slow-down' }, { ...kept, rewriteTo: '/slow-down' }],
  [{ ...limits, to: '/not-used' }, kept],
  [{ ...limits, unknown: 1 }, kept]
]

for (const [given, expected] of valid) {
  t.test(`rateLimit: ${JSON.stringify(given)} is kept`, async (t) => {
    t.strictSame(readFunctionConfig('x', { rateLimit: given }).rateLimit, expected)
  })
}

const COUNT = 'Must be a whole number of at least 1'
const SECONDS = 'Must be a number of seconds greater than 0'
const AGGREGATOR = 'Invalid option: expected one of "domain"|"ip"'
const TO = 'Must be the path that answers instead, with the action "rewrite"'

const invalid: Array<[given: object, at: string, rule: string]> = [
  [{ windowSize: 60 }, 'rateLimit.windowLimit', COUNT],
  [{ ...limits, windowLimit: '10' }, 'rateLimit.windowLimit', COUNT],
  [{ ...limits, windowLimit: 0 }, 'rateLimit.windowLimit', COUNT],
  [{ ...limits, windowLimit: 1.5 }, 'rateLimit.windowLimit', COUNT],
  [{ windowLimit: 10 }, 'rateLimit.windowSize', SECONDS],
  [{ ...limits, windowSize: -1 }, 'rateLimit.windowSize', SECONDS],
  [{ ...limits, windowSize: Infinity }, 'rateLimit.windowSize', 'Must be a finite number of seconds'],
  [{ ...limits, aggregateBy: 'user' }, 'rateLimit.aggregateBy', AGGREGATOR],
  [{ ...limits, aggregateBy: ['ip', 'user'] }, 'rateLimit.aggregateBy.1', AGGREGATOR],
  [{ ...limits, action: 'block' }, 'rateLimit.action', 'Invalid option: expected one of "rate_limit"|"rewrite"'],
  [{ ...limits, algorithm: 'fixed_window' }, 'rateLimit.algorithm', 'Invalid option: expected one of "sliding_window"'],
  [{ ...limits, action: 'rewrite' }, 'rateLimit.to', TO],
  [{ ...limits, action: 'rewrite', to: 1 }, 'rateLimit.to', 'Must be a string'],
  [{ ...limits, action: 'rewrite', to: 'https://example.com/' }, 'rateLimit.to', 'Must start with a \'/\'']
]

for (const [given, at, rule] of invalid) {
  t.test(`rateLimit: ${JSON.stringify(given)} is an error on '${at}'`, async (t) => {
    t.plan(1)
    try {
      readFunctionConfig('x', { rateLimit: given })
    } catch (error) {
      t.equal((error as Error).message, `Function "x" has a configuration error on '${at}': ${rule}`)
    }
  })
}
