import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { DashboardSettings } from '../dashboard.ts'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { VerifyToken } from '../invoke/caller.ts'
import type { GeoOption } from '../invoke/geo.ts'
import { hostEnv } from '../invoke/process-env.ts'
import type { SiteIdentity } from '../invoke/site-identity.ts'
import type { LogSettings } from '../logs/site-logs.ts'
import type { BackgroundOptions, BlobsStorage, ImageOptions, Limits, NetlifyFunctionsOptions, PublishOptions } from '../options.ts'
import type { QueueDriver } from '../queue/driver.ts'
import { readSealKeys } from '../queue/sealed-headers.ts'
import { LONGEST_TIMER } from '../queue/within.ts'
import type { ConcurrencyLimits } from '../server/concurrency.ts'
import { resolveDashboard } from './dashboard.ts'
import { DEFAULT_CONTEXT, environmentOf } from './environment.ts'
import { isBlobs, isBoolean, isCount, isEnv, isEnvFile, isGeo, isLimit, isNatural, isNumberOfThings, isQueue, isRecord, isText, isVerifyToken, QUEUE_METHODS } from './kinds.ts'
import { resolveHealth, type ResolvedHealth } from './health.ts'
import { resolveIsolation, type ResolvedIsolation } from './isolation.ts'
import { resolveLogs } from './logs.ts'
import { resolveMetrics, type ResolvedMetrics } from './metrics.ts'

export type ResolvedBackground = Readonly<Required<Omit<BackgroundOptions, 'concurrency' | 'encryptionKey'>>> & {
  readonly concurrency: ConcurrencyLimits
  readonly encryptionKey: string | undefined
}

export type ResolvedLimits = Readonly<Required<Omit<Limits, 'concurrency'>>> & { readonly concurrency: ConcurrencyLimits }

/** Options with every default filled in. Paths are absolute. */
export interface ResolvedOptions {
  readonly root: string
  readonly prefix: string
  readonly constraints: Readonly<Record<string, unknown>>
  readonly name: string | undefined
  readonly functions: readonly string[] | undefined
  readonly publish: Required<PublishOptions> | false | undefined
  readonly toml: { readonly file: string, readonly required: boolean } | undefined
  readonly env: Readonly<Record<string, string>>
  readonly identity: SiteIdentity
  readonly geo: GeoOption | undefined
  readonly limits: ResolvedLimits
  readonly background: ResolvedBackground
  readonly queue: QueueDriver | undefined
  readonly isolation: ResolvedIsolation
  readonly schedule: boolean
  readonly logs: LogSettings | false
  readonly dashboard: DashboardSettings | undefined
  readonly health: ResolvedHealth | undefined
  readonly metrics: ResolvedMetrics | undefined
  readonly blobs: Readonly<BlobsStorage> | undefined
  readonly verifyToken: VerifyToken | undefined
  readonly forms: boolean
  readonly watch: boolean
  readonly images: Readonly<Required<ImageOptions>>
  /** An origin. */
  readonly devServer: string | undefined
  readonly exposeErrors: boolean
  readonly lightObjects: boolean
  readonly trustPlatformHeaders: boolean
}

/** Every default of {@link Limits}. */
export const defaultLimits: ResolvedLimits = Object.freeze({
  timeout: 10_000,
  backgroundTimeout: 900_000,
  scheduledTimeout: 30_000,
  requestBody: 6 * 1024 * 1024,
  responseBody: 6 * 1024 * 1024,
  streamedBody: 20 * 1024 * 1024,
  backgroundBody: 256 * 1024,
  concurrency: Object.freeze({ total: Infinity, perFunction: Infinity })
})

/** Every default of {@link BackgroundOptions}. */
export const defaultBackground: ResolvedBackground = Object.freeze({
  concurrency: Object.freeze({ total: 10, perFunction: Infinity }),
  retryDelays: Object.freeze([60_000, 120_000]),
  drainTimeout: 30_000,
  leaseDuration: 30_000,
  secretHeaders: Object.freeze(['authorization', 'cookie']),
  encryptionKey: undefined
})

/** Every default of {@link ImageOptions}. */
export const defaultImages: Readonly<Required<ImageOptions>> = Object.freeze({
  cacheSize: 256 * 1024 * 1024,
  // Node.js's pool has four threads, which files and names are looked up in, too.
  concurrency: Math.max(1, Math.min(3, Math.floor(availableParallelism() / 2)))
})

const OPTION_NAMES = new Set<string>([
  'root', 'prefix', 'constraints', 'name', 'functions', 'publish', 'config', 'env', 'envFile', 'site', 'deploy', 'account',
  'geo', 'limits', 'background', 'queue', 'isolation', 'schedule', 'logs', 'dashboard', 'health', 'metrics', 'blobs', 'verifyToken', 'forms', 'watch', 'images', 'devServer', 'exposeErrors', 'lightObjects', 'trustPlatformHeaders',
  // Fastify's own options of register().
  'logLevel', 'logSerializers'
] satisfies Array<keyof NetlifyFunctionsOptions | 'logLevel' | 'logSerializers'>)

// RFC 9110, 5.6.2
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Shorter ones would end while a process merely collects garbage. */
const LEAST_LEASE = 100
const KEY_VARIABLE = 'NETLIFY_QUEUE_KEY'

/**
 * Checks the options and fills in the defaults; never changes its argument.
 *
 * @throws FST_NETLIFY_INVALID_OPTION naming the option, the rule and the remedy
 */
export function resolveOptions (options: NetlifyFunctionsOptions): ResolvedOptions {
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.has(name))
  if (unknown !== undefined) throw new FST_NETLIFY_INVALID_OPTION(unknown, `is not known; the options are ${[...OPTION_NAMES].join(', ')}`)

  const root = resolve(optional(options, 'root', isText, 'must be a path') ?? '.')
  const { site, deploy, account } = options
  for (const name of ['site', 'deploy', 'account', 'constraints'] as const) optional(options, name, isRecord, 'must be an object')
  optional(options, 'env', isEnv, 'must be an object of strings')
  optional(options, 'envFile', isEnvFile, 'must be true, false, a path or a list of paths')
  const env = environmentOf(root, options)
  const background = backgroundOf(options, env)
  return Object.freeze({
    root,
    prefix: prefixOf(options),
    constraints: Object.freeze({ ...options.constraints }),
    name: optional(options, 'name', isText, 'must be a string that is not empty'),
    functions: directoriesOf(root, options),
    publish: publishOf(root, options),
    toml: tomlOf(root, options),
    env,
    identity: identityOf({ site, deploy, account }, env),
    geo: optional(options, 'geo', isGeo, 'must be \'mock\', { mock: <country code> } or a function that gives a place'),
    limits: limitsOf(options),
    background,
    queue: optional(options, 'queue', isQueue, `must be a queue driver, with the methods ${QUEUE_METHODS.join(', ')}; see docs/queue-drivers.md`),
    isolation: resolveIsolation(options.isolation),
    schedule: optional(options, 'schedule', isBoolean, 'must be true or false') ?? true,
    logs: resolveLogs(options.logs, root, background.secretHeaders),
    health: resolveHealth(options.health),
    metrics: resolveMetrics(options.metrics),
    dashboard: resolveDashboard(options.dashboard),
    blobs: blobsOf(root, options),
    verifyToken: optional(options, 'verifyToken', isVerifyToken, 'must be a function that takes a token and gives its claims'),
    forms: optional(options, 'forms', isBoolean, 'must be true or false') ?? false,
    watch: optional(options, 'watch', isBoolean, 'must be true or false') ?? false,
    images: numbers('images', options.images, { ...defaultImages }, isNumberOfThings, 'must be a whole number of at least 1'),
    devServer: devServerOf(options),
    exposeErrors: optional(options, 'exposeErrors', isBoolean, 'must be true or false') ?? process.env.NODE_ENV !== 'production',
    lightObjects: optional(options, 'lightObjects', isBoolean, 'must be true or false') ?? true,
    trustPlatformHeaders: optional(options, 'trustPlatformHeaders', isBoolean, 'must be true or false') ?? false
  })
}

function prefixOf (options: NetlifyFunctionsOptions): string {
  const prefix = optional(options, 'prefix', (value): value is string => typeof value === 'string', 'must be a string') ?? ''
  if (prefix === '' || prefix === '/') return ''
  if (!/^\/[A-Za-z0-9\-._~/]*$/.test(prefix)) {
    throw new FST_NETLIFY_INVALID_OPTION('prefix', 'must start with "/" and have no parameters, for instance "/shop"')
  }
  return prefix.replace(/\/+$/, '')
}

function directoriesOf (root: string, options: NetlifyFunctionsOptions): readonly string[] | undefined {
  const rule = 'must be a path or a list of at least one path'
  const functions = optional(options, 'functions', (value): value is string | string[] => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)), rule)
  return functions === undefined ? undefined : Object.freeze([functions].flat().map((directory) => resolve(root, directory)))
}

function publishOf (root: string, { publish }: NetlifyFunctionsOptions): ResolvedOptions['publish'] {
  if (publish === undefined || publish === false) return publish
  const { directory, notFound = true, dotfiles = false, ...others } = typeof publish === 'string' ? { directory: publish } : Object(publish) as PublishOptions
  if (!isText(directory) || !isBoolean(notFound) || !isBoolean(dotfiles) || Object.keys(others).length > 0) {
    throw new FST_NETLIFY_INVALID_OPTION('publish', 'must be a path, false, or { directory, notFound?, dotfiles? }')
  }
  return Object.freeze({ directory: resolve(root, directory), notFound, dotfiles })
}

function blobsOf (root: string, options: NetlifyFunctionsOptions): ResolvedOptions['blobs'] {
  const blobs = optional(options, 'blobs', isBlobs, 'must be { directory }, the path of a directory for the stores')
  return blobs === undefined ? undefined : Object.freeze({ directory: resolve(root, blobs.directory) })
}

function devServerOf (options: NetlifyFunctionsOptions): string | undefined {
  const rule = 'must be the origin of a server, for instance "http://localhost:5173"'
  const given = optional(options, 'devServer', isText, rule)
  if (given === undefined) return undefined
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.href !== `${url.origin}/`) throw new FST_NETLIFY_INVALID_OPTION('devServer', rule)
  return url.origin
}

function tomlOf (root: string, options: NetlifyFunctionsOptions): ResolvedOptions['toml'] {
  const config = optional(options, 'config', (value): value is string | false => value === false || isText(value), 'must be the path of a netlify.toml, or false')
  return config === false ? undefined : Object.freeze({ file: resolve(root, config ?? 'netlify.toml'), required: config !== undefined })
}

function identityOf ({ site, deploy, account }: { [Key in 'site' | 'deploy' | 'account']: NetlifyFunctionsOptions[Key] }, env: Readonly<Record<string, string>>): SiteIdentity {
  const { SITE_ID, SITE_NAME, URL, DEPLOY_ID = '', CONTEXT = DEFAULT_CONTEXT, BRANCH = '', AWS_REGION = 'dev' } = { ...hostEnv.toObject(), ...env }
  return Object.freeze({
    site: Object.freeze({ id: SITE_ID, name: SITE_NAME, url: URL, ...site }),
    deploy: Object.freeze({ branch: BRANCH, context: CONTEXT, id: DEPLOY_ID, published: true, ...deploy }),
    account: Object.freeze({ id: '', ...account }),
    region: AWS_REGION
  })
}

function limitsOf ({ limits }: NetlifyFunctionsOptions): ResolvedLimits {
  if (limits !== undefined && !isRecord(limits)) throw new FST_NETLIFY_INVALID_OPTION('limits', 'must be an object')
  const { concurrency, ...others } = limits ?? {}
  const { concurrency: anyNumber, ...defaults } = defaultLimits
  const given: unknown = typeof concurrency === 'number' ? { total: concurrency } : concurrency
  if (given !== undefined && !isRecord(given)) throw new FST_NETLIFY_INVALID_OPTION('limits.concurrency', 'must be a number, or { total?, perFunction? }')
  return Object.freeze({
    ...numbers('limits', others, defaults, isLimit, 'must be a number greater than 0, or Infinity', Object.keys(defaultLimits)),
    concurrency: numbers('limits.concurrency', given, { ...anyNumber }, isCount, 'must be a whole number of at least 1, or Infinity')
  })
}

function backgroundOf (options: NetlifyFunctionsOptions, env: Readonly<Record<string, string>>): ResolvedBackground {
  const given: BackgroundOptions = optional(options, 'background', isRecord, 'must be an object') ?? {}
  const { concurrency, retryDelays = defaultBackground.retryDelays, secretHeaders = defaultBackground.secretHeaders, encryptionKey, ...times } = given
  const { drainTimeout, leaseDuration } = defaultBackground
  const counts: unknown = typeof concurrency === 'number' ? { total: concurrency } : concurrency
  if (counts !== undefined && !isRecord(counts)) throw new FST_NETLIFY_INVALID_OPTION('background.concurrency', 'must be a number, or { total?, perFunction? }')
  if (!Array.isArray(retryDelays) || !retryDelays.every(isNatural)) {
    throw new FST_NETLIFY_INVALID_OPTION('background.retryDelays', 'must be a list of whole numbers, milliseconds, for instance [60_000, 120_000]')
  }
  if (!Array.isArray(secretHeaders) || !secretHeaders.every((name) => isText(name) && HEADER_NAME.test(name))) {
    throw new FST_NETLIFY_INVALID_OPTION('background.secretHeaders', 'must be a list of names of headers, for instance [\'authorization\', \'cookie\']')
  }
  const resolved = {
    ...numbers('background', times, { drainTimeout, leaseDuration }, isNatural, 'must be a whole number of at least 0', Object.keys(defaultBackground)),
    concurrency: numbers('background.concurrency', counts, { ...defaultBackground.concurrency }, isCount, 'must be a whole number of at least 1'),
    retryDelays: Object.freeze([...retryDelays]),
    secretHeaders: Object.freeze(secretHeaders.map((name: string) => name.toLowerCase())),
    encryptionKey: encryptionKeyOf(encryptionKey, env)
  }
  if (resolved.concurrency.total === Infinity) throw new FST_NETLIFY_INVALID_OPTION('background.concurrency.total', 'must be a whole number; each of these jobs runs in this process')
  if (resolved.leaseDuration < LEAST_LEASE || resolved.leaseDuration > LONGEST_TIMER) {
    throw new FST_NETLIFY_INVALID_OPTION('background.leaseDuration', `must be at least ${LEAST_LEASE} ms and at most ${LONGEST_TIMER}`)
  }
  return Object.freeze(resolved)
}

function encryptionKeyOf (given: unknown, env: Readonly<Record<string, string>>): string | undefined {
  const key = given === undefined ? { ...hostEnv.toObject(), ...env }[KEY_VARIABLE] : given
  if (key === undefined || (given === undefined && key === '')) return undefined
  if (isText(key) && readSealKeys(key) !== undefined) return key
  const rule = 'must be 32 bytes in hex or base64, as `openssl rand -hex 32` writes them; several are separated by commas'
  throw new FST_NETLIFY_INVALID_OPTION('background.encryptionKey', given === undefined ? `is taken from the variable ${KEY_VARIABLE}, which ${rule}` : rule)
}

/** Checks a group of numbers and adds the defaults. */
function numbers<Group extends Record<string, number>> (group: string, values: unknown, defaults: Readonly<Group>, accepts: (value: unknown) => boolean, rule: string, keys = Object.keys(defaults)): Readonly<Group> {
  if (values !== undefined && !isRecord(values)) throw new FST_NETLIFY_INVALID_OPTION(group, 'must be an object')
  const given = Object.entries(values ?? {}).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    if (!Object.hasOwn(defaults, name)) throw new FST_NETLIFY_INVALID_OPTION(`${group}.${name}`, `is not known; the keys are ${keys.join(', ')}`)
    if (!accepts(value)) throw new FST_NETLIFY_INVALID_OPTION(`${group}.${name}`, rule)
  }
  return Object.freeze({ ...defaults, ...Object.fromEntries(given) })
}

function optional<Name extends keyof NetlifyFunctionsOptions, Value extends NetlifyFunctionsOptions[Name]> (options: NetlifyFunctionsOptions, name: Name, accepts: (value: unknown) => value is Value, rule: string): Value | undefined {
  const value: unknown = options[name]
  if (value === undefined) return undefined
  if (!accepts(value)) throw new FST_NETLIFY_INVALID_OPTION(name, rule)
  return value
}
