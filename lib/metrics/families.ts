import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { MetricsRegistry } from './registry.ts'

export type Labels = Readonly<Record<string, string | number>>

/** One line of a scrape. */
export interface Sample {
  /** Of a histogram's part; else the metric's. */
  readonly metricName?: string
  readonly labels: Labels
  readonly value: number
}

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
}

export type MetricName = 'invocations_total' | 'invocation_duration_seconds' | 'invocations_running' | 'queue_wait_seconds' | 'queue_jobs' | 'queue_unanswered_total' |
  'jobs_retried_total' | 'jobs_failed_total' | 'dropped_total' | 'functions' | 'builds_total' | 'build_duration_seconds' | 'threads' | 'threads_lost_total'

/** Every metric, by its name after the prefix. */
export const METRICS: Readonly<Record<MetricName, MetricDefinition>> = {
  invocations_total: { type: 'counter', help: 'Invocations that are over, by what came of them.' },
  invocation_duration_seconds: { type: 'histogram', help: 'Time from the beginning of an invocation to the last byte of its reply or the end of its job.' },
  invocations_running: { type: 'gauge', help: 'Invocations under way.' },
  queue_wait_seconds: { type: 'histogram', help: 'Time from when a job was due to when an attempt of it began.' },
  queue_jobs: { type: 'gauge', help: 'Jobs that the background queue holds, by state.' },
  queue_unanswered_total: { type: 'counter', help: 'Scrapes that the background queue did not tell its jobs for.' },
  jobs_retried_total: { type: 'counter', help: 'Attempts of jobs that failed and will be repeated.' },
  jobs_failed_total: { type: 'counter', help: 'Jobs that failed for good.' },
  dropped_total: { type: 'counter', help: 'Calls that were refused without having run, by reason.' },
  functions: { type: 'gauge', help: 'Functions of the version that is served, by state.' },
  builds_total: { type: 'counter', help: 'Versions of the site that were made, the first one included, by outcome.' },
  build_duration_seconds: { type: 'histogram', help: 'Time that it took to make a version of the site.' },
  threads: { type: 'gauge', help: 'Threads that run functions.' },
  threads_lost_total: { type: 'counter', help: 'Threads that ended other than on request, and were replaced where they were needed, by reason.' }
}

/** What a site says when it is scraped. `name` is the metric's, with the prefix. */
export type Sources = Readonly<Record<MetricName, (name: string, site: Labels) => Sample[] | Promise<Sample[]>>>

interface Member {
  readonly site: Labels
  readonly sources: Sources
  reset (): void
}

/** The metrics in one registry under one prefix, and the sites that fill them. */
class Families {
  readonly members = new Map<string, Member>()
  readonly #registry: MetricsRegistry
  readonly #registered: string[] = []

  constructor (registry: MetricsRegistry, prefix: string) {
    this.#registry = registry
    for (const name of Object.keys(METRICS) as MetricName[]) this.#register(name, `${prefix}${name}`)
  }

  remove (): void {
    for (const name of this.#registered) this.#registry.removeSingleMetric(name)
  }

  /** Speaks as a metric of prom-client does, which would hash all labels again at each count. */
  #register (own: MetricName, name: string): void {
    const { members } = this
    const metric = {
      ...METRICS[own],
      // Written to by registries of OpenMetrics.
      name,
      aggregator: 'sum',
      async get (): Promise<object> {
        const all = await Promise.all([...members.values()].map(async ({ sources, site }) => await sources[own](name, site)))
        return { name: metric.name, help: metric.help, type: metric.type, aggregator: metric.aggregator, values: all.flat() }
      },
      reset (): void {
        for (const member of members.values()) member.reset()
      }
    }
    try {
      this.#registry.registerMetric(metric as never)
      this.#registered.push(name)
    } catch (error) {
      this.remove()
      throw new FST_NETLIFY_INVALID_OPTION('metrics.prefix', `must be another: the registry refuses ${name}: ${(error as Error).message}`)
    }
  }
}

/** By registry and prefix. */
const families = new WeakMap<MetricsRegistry, Map<string, Families>>()

/**
 * Has a site's samples be part of a registry, under the label `site` if it has a name or is not the only one without.
 * Gives what takes them out again.
 *
 * @throws FST_NETLIFY_INVALID_OPTION where the registry has metrics of such a name already
 */
export function attach (registry: MetricsRegistry, prefix: string, siteName: string | undefined, member: Omit<Member, 'site'>): () => void {
  const byPrefix = families.get(registry) ?? new Map<string, Families>()
  families.set(registry, byPrefix)
  const family = byPrefix.get(prefix) ?? new Families(registry, prefix)
  byPrefix.set(prefix, family)
  const { members } = family
  const name = freeName(siteName ?? '', members)
  members.set(name, { ...member, site: name === '' ? {} : { site: name } })
  return () => {
    members.delete(name)
    if (members.size > 0) return
    family.remove()
    byPrefix.delete(prefix)
  }
}

/** Sites of several scopes or apps may have the same name, or none. */
function freeName (wanted: string, members: ReadonlyMap<string, unknown>): string {
  let name = wanted
  for (let number = 2; members.has(name); number++) name = `${wanted || 'site'}-${number}`
  return name
}
