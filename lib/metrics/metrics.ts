import type { EventEmitter } from 'node:events'
import type { ThreadPool } from '../invoke/threads/pool.ts'
import type { Observers } from '../invoke/observers.ts'
import type { JobCounts, QueueDriver } from '../queue/driver.ts'
import type { SiteEvents } from '../server/handle.ts'
import type { Site } from '../server/site-version.ts'
import { createQueueJobs } from './queue-jobs.ts'
import { createRegistry, type MetricsRegistry } from './registry.ts'
import { createSiteMetrics, type SiteCounts, type SiteMetrics } from './site-metrics.ts'

export interface MetricsParts {
  readonly settings: {
    /** `undefined` makes one. */
    readonly registry: MetricsRegistry | undefined
    readonly prefix: string
    readonly defaultMetrics: boolean
  }
  readonly name: string | undefined
  readonly site: Site
  readonly pool: Pick<ThreadPool, 'size'>
  readonly driver: Pick<QueueDriver, 'stats'>
  readonly usesQueue: () => boolean
  readonly observers: Observers
  readonly events: EventEmitter<SiteEvents>
  readonly counts: SiteCounts
  /** Milliseconds that the first version took. */
  readonly firstBuild: number
}

export interface Metrics extends Pick<SiteMetrics, 'keep' | 'close'> {
  readonly registry: MetricsRegistry
}

/**
 * Begins to count what happens in a site.
 *
 * @throws FST_NETLIFY_MISSING_PACKAGE, FST_NETLIFY_INVALID_OPTION
 */
export async function startMetrics (parts: MetricsParts): Promise<Metrics> {
  const { settings: { prefix, defaultMetrics }, name, site, pool, usesQueue, observers, events } = parts
  const registry = parts.settings.registry ?? await createRegistry(defaultMetrics)
  const askQueue = createQueueJobs(parts.driver)
  const metrics = createSiteMetrics({
    registry,
    prefix,
    name,
    functions: () => site.current.functions,
    threads: () => pool.size,
    jobs: async (): Promise<Partial<JobCounts> | undefined> => usesQueue() ? await askQueue() : {}
  }, parts.counts)
  metrics.onBuild({ outcome: 'served', duration: parts.firstBuild })
  observers.add(metrics.observer)
  events.on('job', metrics.onJob)
  events.on('build', metrics.onBuild)
  return { registry, keep: metrics.keep, close: metrics.close }
}
