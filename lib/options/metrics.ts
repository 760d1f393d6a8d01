import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { isRegistry, type MetricsRegistry } from '../metrics/registry.ts'
import { isBoolean, isRecord } from './kinds.ts'

/** Where metrics go: a path, a registry, or both. */
export interface MetricsOptions {
  /** Path of the route below the prefix, for instance `/metrics`. Whoever reaches it reads it. */
  path?: string
  /**
   * A registry of prom-client, for instance its `register`.
   * @default one of the plugin's own
   */
  registry?: MetricsRegistry
  /**
   * What the names of all metrics begin with.
   * @default 'netlify_'
   */
  prefix?: string
  /**
   * Whether the plugin's own registry has prom-client's metrics of the process, too.
   * @default false
   */
  defaultMetrics?: boolean
}

/** The option `metrics`, checked. */
export interface ResolvedMetrics {
  /** Without a slash at its end; `undefined` serves nothing. */
  readonly path: string | undefined
  /** The host's; `undefined` makes one. */
  readonly registry: MetricsRegistry | undefined
  readonly prefix: string
  readonly defaultMetrics: boolean
}

const DEFAULT_PREFIX = 'netlify_'
const KEYS = ['path', 'registry', 'prefix', 'defaultMetrics']
const PATH = /^(?:\/[A-Za-z0-9\-._~]+)+$/
/** https://prometheus.io/docs/concepts/data_model/ without the colon, which is for rules. */
const PREFIX = /^(?:[A-Za-z_][A-Za-z0-9_]*)?$/

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolveMetrics (option: unknown): ResolvedMetrics | undefined {
  if (option === undefined) return undefined
  if (isRegistry(option)) return Object.freeze({ path: undefined, registry: option, prefix: DEFAULT_PREFIX, defaultMetrics: false })
  if (!isRecord(option)) throw new FST_NETLIFY_INVALID_OPTION('metrics', 'must be an object such as { path: \'/metrics\' }, or a registry of prom-client')
  const { path, registry, prefix = DEFAULT_PREFIX, defaultMetrics = false, ...others }: Record<string, unknown> = { ...option }
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new FST_NETLIFY_INVALID_OPTION(`metrics.${unknown}`, `is not known; the keys are ${KEYS.join(', ')}`)
  if (registry !== undefined && !isRegistry(registry)) throw new FST_NETLIFY_INVALID_OPTION('metrics.registry', 'must be a registry of prom-client, for instance its `register`')
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) throw new FST_NETLIFY_INVALID_OPTION('metrics.prefix', 'must have letters, digits and underscores only, and no digit first, for instance "shop_"')
  if (!isBoolean(defaultMetrics)) throw new FST_NETLIFY_INVALID_OPTION('metrics.defaultMetrics', 'must be true or false')
  if (defaultMetrics && registry !== undefined) throw new FST_NETLIFY_INVALID_OPTION('metrics.defaultMetrics', 'is for a registry of the plugin\'s own; call collectDefaultMetrics({ register }) for yours')
  if (path === undefined && registry === undefined) throw new FST_NETLIFY_INVALID_OPTION('metrics', 'must have a path to serve the metrics on, or a registry to put them into')
  return Object.freeze({ path: pathOf(path), registry, prefix, defaultMetrics })
}

function pathOf (path: unknown): string | undefined {
  if (path === undefined) return undefined
  const given = typeof path === 'string' ? path.replace(/\/$/, '') : ''
  if (!PATH.test(given)) throw new FST_NETLIFY_INVALID_OPTION('metrics.path', 'must start with "/" and have no parameters, for instance "/metrics"')
  return given
}
