import { FST_NETLIFY_INVALID_CONFIG } from '../errors.ts'
import { isCron } from './cron.ts'
import type { FunctionRoute } from './definition.ts'
import { compilePattern } from './pattern.ts'

/** What a function's `config` export may say, checked. See https://docs.netlify.com/build/functions/api/ */
export interface FunctionConfig {
  readonly path: readonly string[]
  readonly excludedPath: readonly string[]
  /** Upper case; `undefined` accepts every method. */
  readonly method: readonly string[] | undefined
  readonly preferStatic: boolean
  readonly background: boolean
  /** A cron expression of five fields, or an alias. */
  readonly schedule: string | undefined
  /** Milliseconds; `undefined` leaves it to the site's `limits`. */
  readonly timeout: number | undefined
}

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'DELETE', 'HEAD'])

/**
 * Reads the `config` export of a loaded module. Unknown keys are ignored, as on Netlify; a wrong type is an error.
 *
 * @throws FST_NETLIFY_INVALID_CONFIG naming the function, the key and the rule.
 */
export function readFunctionConfig (name: string, exported: unknown): FunctionConfig {
  if (exported === undefined || exported === null) return readFunctionConfig(name, {})
  if (typeof exported !== 'object') throw invalid('config', 'Must be an object')
  const config = exported as Record<string, unknown>

  return Object.freeze({
    path: patterns('path'),
    excludedPath: patterns('excludedPath'),
    method: methods(),
    preferStatic: boolean('preferStatic'),
    background: boolean('background'),
    schedule: schedule(),
    timeout: timeout()
  })

  function patterns (key: 'path' | 'excludedPath'): string[] {
    const value = config[key]
    if (value === undefined) return []
    const list = Array.isArray(value) ? value : [value]
    for (const [index, pattern] of list.entries()) {
      const where = Array.isArray(value) ? `${key}.${index}` : key
      if (typeof pattern !== 'string') throw invalid(key, 'Must be a string or array of strings')
      if (!pattern.startsWith('/')) throw invalid(where, 'Must start with a \'/\'')
      try {
        compilePattern(pattern)
      } catch (error) {
        throw invalid(where, (error as Error).message)
      }
    }
    return [...new Set(list as string[])]
  }

  function methods (): string[] | undefined {
    const value = config.method
    if (value === undefined) return undefined
    const list = (Array.isArray(value) ? value : [value]).map((method) => typeof method === 'string' ? method.toUpperCase() : '')
    const unknown = list.some((method) => !METHODS.has(method))
    if (unknown) throw invalid('method', `Must be a string or array of strings out of ${[...METHODS].join(', ')}`)
    return [...new Set(list)]
  }

  function boolean (key: 'preferStatic' | 'background'): boolean {
    const value = config[key] ?? false
    if (typeof value !== 'boolean') throw invalid(key, 'Must be true or false')
    return value
  }

  function schedule (): string | undefined {
    const value = config.schedule
    if (value === undefined) return undefined
    if (typeof value !== 'string' || !isCron(value)) throw invalid('schedule', 'Must be a valid cron expression (see https://ntl.fyi/cron-syntax)')
    return value
  }

  function timeout (): number | undefined {
    const value = config.timeout
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !(value > 0)) throw invalid('timeout', 'Must be a number of seconds greater than 0')
    return value * 1000
  }

  function invalid (key: string, rule: string): Error {
    return new FST_NETLIFY_INVALID_CONFIG(name, key, rule)
  }
}

/** The URL patterns of a function's configuration. */
export function routesOf (config: FunctionConfig): FunctionRoute[] {
  return config.path.map((pattern) => ({
    pattern,
    methods: config.method,
    excluded: config.excludedPath,
    preferStatic: config.preferStatic
  }))
}
