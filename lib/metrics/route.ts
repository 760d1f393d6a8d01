import type { FastifyInstance } from 'fastify'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { MetricsRegistry } from './registry.ts'

export interface MetricsRoute {
  readonly path: string
  readonly prefix: string
  readonly constraints: Readonly<Record<string, unknown>>
  readonly registry: MetricsRegistry
  readonly functions: ReadonlyArray<{ readonly name: string, readonly routes: readonly string[] }>
}

/**
 * Has Prometheus read the metrics of a registry.
 *
 * @throws FST_NETLIFY_INVALID_OPTION where the app or a function has such a route
 */
export async function serveMetrics (app: FastifyInstance, { path, prefix, constraints, registry, functions }: MetricsRoute): Promise<void> {
  const taker = functions.find(({ routes }) => routes.includes(path))
  if (taker !== undefined) throw new FST_NETLIFY_INVALID_OPTION('metrics.path', `must be another: function "${taker.name}" has the path ${path}`)
  await app.register(async (scope) => {
    if (scope.hasRoute({ method: 'GET', url: `${scope.prefix}${path}`, constraints: constraints as never })) {
      throw new FST_NETLIFY_INVALID_OPTION('metrics.path', `must be another: the app has a route GET ${scope.prefix}${path} already`)
    }
    // A scrape is no request that anybody wants to read of, or that a rate limit should refuse.
    const config = { rateLimit: false } as const
    scope.get(path, { constraints, config, logLevel: 'warn', exposeHeadRoute: true }, async (_request, reply) => {
      const text = await registry.metrics()
      return await reply.header('content-type', registry.contentType).header('cache-control', 'no-store').send(text)
    })
  }, { prefix })
}
