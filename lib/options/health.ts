import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { isRecord, isText } from './kinds.ts'

/** Where load balancers ask. See docs/production.md. */
export interface HealthOptions {
  /** Path of the two routes below the prefix: `<path>/live` says that the process answers, `<path>/ready` that requests should come. */
  path: string
}

/** The option `health`, checked. */
export interface ResolvedHealth {
  /** Without a slash at its end. */
  readonly path: string
}

const PATH = /^(?:\/[A-Za-z0-9\-._~]+)+$/

/** @throws FST_NETLIFY_INVALID_OPTION */
export function resolveHealth (option: unknown): ResolvedHealth | undefined {
  if (option === undefined) return undefined
  if (!isRecord(option)) throw new FST_NETLIFY_INVALID_OPTION('health', 'must be an object such as { path: \'/health\' }')
  const { path, ...others }: { path?: unknown } = option
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new FST_NETLIFY_INVALID_OPTION(`health.${unknown}`, 'is not known; the only key is path')
  if (!isText(path) || !PATH.test(path.replace(/\/$/, ''))) {
    throw new FST_NETLIFY_INVALID_OPTION('health.path', 'must start with "/" and have no parameters, for instance "/health", which serves /health/live and /health/ready')
  }
  return Object.freeze({ path: path.replace(/\/$/, '') })
}
