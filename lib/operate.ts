import type { FastifyInstance } from 'fastify'
import { registerDashboard } from './dashboard.ts'
import type { Metrics } from './metrics/metrics.ts'
import { serveMetrics } from './metrics/route.ts'
import type { ResolvedOptions } from './options/resolve.ts'
import type { NetlifyFunctions } from './server/handle.ts'
import { serveHealth } from './server/health.ts'

export interface OperateParts {
  readonly options: ResolvedOptions
  readonly handle: NetlifyFunctions
  readonly metrics: Metrics | undefined
}

/** Adds what shows how a site does, and lets somebody see to it. */
export async function operate (app: FastifyInstance, { options, handle, metrics }: OperateParts): Promise<void> {
  const { prefix, constraints, exposeErrors } = options
  if (options.health !== undefined) await serveHealth(app, { ...options.health, prefix, constraints, handle, exposeErrors })
  if (options.dashboard !== undefined) await registerDashboard(app, { settings: options.dashboard, handle, root: options.root, name: options.name, prefix, constraints })
  if (metrics !== undefined && options.metrics?.path !== undefined) await serveMetrics(app, { path: options.metrics.path, prefix, constraints, registry: metrics.registry, functions: handle.functions })
}
