import { resolve } from 'node:path'
import type { DashboardSettings } from '../dashboard.ts'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { VerifyToken } from '../invoke/caller.ts'
import type { GeoOption } from '../invoke/geo.ts'
import { hostEnv } from '../invoke/process-env.ts'
import type { SiteIdentity } from '../invoke/site-identity.ts'
import type { LogSettings } from '../logs/site-logs.ts'
import type { BlobsStorage, NetlifyFunctionsOptions } from '../options.ts'
import type { QueueDriver } from '../queue/driver.ts'
import { resolveBackground, type ResolvedBackground } from './background.ts'
import { resolveDashboard } from './dashboard.ts'
import { DEFAULT_CONTEXT, environmentOf } from './environment.ts'
import { resolveHealth, type ResolvedHealth } from './health.ts'
import { resolveImages, type ImageOptions } from './images.ts'
import { resolveIsolation, type ResolvedIsolation } from './isolation.ts'
import { isBlobs, isBoolean, isEnv, isEnvFile, isGeo, isQueue, isRecord, isText, isVerifyToken, QUEUE_METHODS } from './kinds.ts'
import { resolveLimits, type ResolvedLimits } from './limits.ts'
import { resolveLogs } from './logs.ts'
import { resolveMetrics, type ResolvedMetrics } from './metrics.ts'
import { resolvePublish, type PublishOptions } from './publish.ts'

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

const OPTION_NAMES = new Set<string>([
  'root', 'prefix', 'constraints', 'name', 'functions', 'publish', 'config', 'env', 'envFile', 'site', 'deploy', 'account',
  'geo', 'limits', 'background', 'queue', 'isolation', 'schedule', 'logs', 'dashboard', 'health', 'metrics', 'blobs', 'verifyToken', 'forms', 'watch', 'images', 'devServer', 'exposeErrors', 'lightObjects', 'trustPlatformHeaders',
  // Fastify's own options of register().
  'logLevel', 'logSerializers'
] satisfies Array<keyof NetlifyFunctionsOptions | 'logLevel' | 'logSerializers'>)

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
  const background = resolveBackground(options.background, env)
  return Object.freeze({
    root,
    prefix: prefixOf(options),
    constraints: Object.freeze({ ...options.constraints }),
    name: optional(options, 'name', isText, 'must be a string that is not empty'),
    functions: directoriesOf(root, options),
    publish: resolvePublish(options.publish, root),
    toml: tomlOf(root, options),
    env,
    identity: identityOf({ site, deploy, account }, env),
    geo: optional(options, 'geo', isGeo, 'must be \'mock\', { mock: <country code> } or a function that gives a place'),
    limits: resolveLimits(options.limits),
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
    images: resolveImages(options.images),
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

function optional<Name extends keyof NetlifyFunctionsOptions, Value extends NetlifyFunctionsOptions[Name]> (options: NetlifyFunctionsOptions, name: Name, accepts: (value: unknown) => value is Value, rule: string): Value | undefined {
  const value: unknown = options[name]
  if (value === undefined) return undefined
  if (!accepts(value)) throw new FST_NETLIFY_INVALID_OPTION(name, rule)
  return value
}
