import { oneOf, seconds, text, type Fail, type Rule } from './config-rules.ts'

/** How often a function may be called. */
export interface RateLimit {
  /** Calls in one window. */
  readonly windowLimit: number
  /** Milliseconds. */
  readonly windowSize: number
  /** Whether each address has a count of its own, or all have one together. */
  readonly aggregateBy: ReadonlyArray<'domain' | 'ip'>
  /** Path of the site that answers calls over the limit; `undefined` answers 429. */
  readonly rewriteTo: string | undefined
}

const action = oneOf('rate_limit', 'rewrite')
const algorithm = oneOf('sliding_window')
const aggregator = oneOf('domain', 'ip')
const DEFAULT_AGGREGATORS: RateLimit['aggregateBy'] = ['domain']

const aggregators: Rule<RateLimit['aggregateBy']> = (value, fail) => {
  if (!Array.isArray(value)) return [aggregator(value, fail)]
  return value.map((entry, index) => aggregator(entry, (rule) => fail(rule, index)))
}

const count: Rule<number> = (value, fail) => {
  if (!Number.isInteger(value) || (value as number) < 1) throw fail('Must be a whole number of at least 1')
  return value as number
}

const span: Rule<number> = (value, fail) => {
  const milliseconds = seconds(value, fail)
  if (milliseconds === Infinity) throw fail('Must be a finite number of seconds')
  return milliseconds
}

const path: Rule<string> = (value, fail) => {
  const given = text(value, fail)
  if (!given.startsWith('/')) throw fail('Must start with a \'/\'')
  return given
}

/** The value of `config.rateLimit`. */
export const rateLimit: Rule<RateLimit> = (value, fail) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail('Must be an object with windowLimit and windowSize')
  const given = value as Record<string, unknown>
  optional('algorithm', algorithm)
  const rewrites = optional('action', action) === 'rewrite'
  const to = optional('to', path)
  if (rewrites && to === undefined) throw fail('Must be the path that answers instead, with the action "rewrite"', 'to')
  return Object.freeze({
    windowLimit: required('windowLimit', count),
    windowSize: required('windowSize', span),
    aggregateBy: optional('aggregateBy', aggregators) ?? DEFAULT_AGGREGATORS,
    rewriteTo: rewrites ? to : undefined
  })

  function optional<Value> (key: string, rule: Rule<Value>): Value | undefined {
    return given[key] === undefined ? undefined : required(key, rule)
  }

  function required<Value> (key: string, rule: Rule<Value>): Value {
    return rule(given[key], within(key))
  }

  function within (key: string): Fail {
    return (rule, part) => fail(rule, part === undefined ? key : `${key}.${part}`)
  }
}
