import { FST_NETLIFY_INVALID_CONFIG } from '../errors.ts'
import { between, flag, memory, methods, oneOf, oneOfAnyCase, patterns, seconds, text, texts, type Fail, type Rule } from './config-rules.ts'
import { isCron } from './cron.ts'
import type { FunctionRoute } from './definition.ts'
import { rateLimit, type RateLimit } from './rate-limit.ts'

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
  readonly rateLimit: RateLimit | undefined
  /** Megabytes; of the threads that it runs in. */
  readonly memory: number | undefined

  // Without effect here: where and with how much Netlify runs it, and how Netlify bundles it.
  readonly vcpu: number | undefined
  readonly region: string | undefined
  /** For people to read; the function's own name is that of its file. */
  readonly name: string | undefined
  readonly generator: string | undefined
  readonly nodeBundler: string | undefined
  readonly nodeVersion: string | undefined
  readonly includedFiles: readonly string[]
  readonly externalNodeModules: readonly string[]
  readonly ignoredNodeModules: readonly string[]
}

/** The keys of a `config` that are there. */
export type GivenConfig = { readonly [Key in keyof FunctionConfig]?: NonNullable<FunctionConfig[Key]> }

const cron: Rule<string> = (value, fail) => {
  if (typeof value !== 'string' || !isCron(value)) throw fail('Must be a valid cron expression (see https://ntl.fyi/cron-syntax)')
  return value
}

const RULES: { readonly [Key in keyof FunctionConfig]: Rule<NonNullable<FunctionConfig[Key]>> } = {
  path: patterns,
  excludedPath: patterns,
  method: methods,
  preferStatic: flag,
  background: flag,
  schedule: cron,
  timeout: seconds,
  rateLimit,
  memory,
  vcpu: between(0.5, 2),
  region: oneOfAnyCase('cmh', 'dub', 'fra', 'gru', 'iad', 'lhr', 'nrt', 'pdx', 'sfo', 'sin', 'syd', 'yul'),
  name: text,
  generator: text,
  nodeBundler: oneOf('esbuild', 'esbuild_zisi', 'nft', 'zisi', 'none'),
  nodeVersion: text,
  includedFiles: texts,
  externalNodeModules: texts,
  ignoredNodeModules: texts
}

/** Checks the keys that are known and ignores the others, as Netlify does. */
export function checkConfig (config: Readonly<Record<string, unknown>>, fail: (key: string) => Fail): GivenConfig {
  const given = Object.entries(RULES).filter(([key]) => config[key] !== undefined)
  return Object.fromEntries(given.map(([key, rule]) => [key, rule(config[key], fail(key))]))
}

/**
 * Reads the `config` export of a loaded module. Unknown keys are ignored, as on Netlify; a wrong type is an error.
 *
 * @param toml what netlify.toml says about the function. The export counts more, but cannot take back `background`.
 * @throws FST_NETLIFY_INVALID_CONFIG naming the function, the key and the rule.
 */
export function readFunctionConfig (functionName: string, exported: unknown, toml: GivenConfig = {}): FunctionConfig {
  const config = exported ?? {}
  if (typeof config !== 'object' || Array.isArray(config)) throw invalid('config', 'Must be an object')
  const own = checkConfig(config as Record<string, unknown>, (key) => (rule, part) => invalid(part === undefined ? key : `${key}.${part}`, rule))
  if (own.memory !== undefined && own.vcpu !== undefined) throw invalid('vcpu', '`memory` and `vcpu` cannot both be set.')

  const merged = { ...toml, ...own }
  return Object.freeze({
    path: merged.path ?? [],
    excludedPath: merged.excludedPath ?? [],
    method: merged.method,
    preferStatic: merged.preferStatic ?? false,
    background: toml.background === true || own.background === true,
    schedule: merged.schedule,
    timeout: merged.timeout,
    rateLimit: merged.rateLimit,
    memory: merged.memory,
    vcpu: merged.vcpu,
    region: merged.region,
    name: merged.name,
    generator: merged.generator,
    nodeBundler: merged.nodeBundler,
    nodeVersion: merged.nodeVersion,
    includedFiles: merged.includedFiles ?? [],
    externalNodeModules: [...toml.externalNodeModules ?? [], ...own.externalNodeModules ?? []],
    ignoredNodeModules: [...toml.ignoredNodeModules ?? [], ...own.ignoredNodeModules ?? []]
  })

  function invalid (key: string, rule: string): Error {
    return new FST_NETLIFY_INVALID_CONFIG(functionName, key, rule)
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
