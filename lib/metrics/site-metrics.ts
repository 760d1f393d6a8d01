import type { FunctionDefinition } from '../functions/definition.ts'
import type { InvocationObserver } from '../invoke/observers.ts'
import type { JobEvent } from '../queue/attempt.ts'
import type { JobCounts } from '../queue/driver.ts'
import type { BuildEvent } from '../server/reload.ts'
import { Distribution, Tally } from './distribution.ts'
import { attach, type Labels, type Sample, type Sources } from './families.ts'
import { FunctionSeries } from './function-series.ts'
import type { MetricsRegistry } from './registry.ts'

export interface SiteMetricsOptions {
  readonly registry: MetricsRegistry
  readonly prefix: string
  /** Of the site. */
  readonly name: string | undefined
  readonly functions: () => ReadonlyMap<string, Pick<FunctionDefinition, 'name' | 'state'>>
  readonly threads: () => number
  /** `undefined` if it does not answer, an empty object if the site has no use for it. */
  readonly jobs: () => Promise<Partial<JobCounts> | undefined>
}

/** Counts what happens in a site. */
export interface SiteMetrics {
  readonly observer: InvocationObserver
  onJob (event: JobEvent): void
  onBuild (event: Pick<BuildEvent, 'outcome' | 'duration'>): void
  /** Forgets functions that the site has no more. */
  keep (): void
  /** Takes the site out of the registry. Idempotent. */
  close (): void
}

/** What is counted before the site is there. */
export class SiteCounts {
  readonly dropped: Tally = new Tally('reason', ['concurrency', 'queue'])
  readonly threadsLost: Tally = new Tally('reason', ['memory', 'exit', 'held'])
}

/** Seconds. */
const BUILD_TIMES = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** No name of a function; jobs may outlive theirs. */
const GONE = '(gone)'

/** @throws FST_NETLIFY_INVALID_OPTION where the registry has such metrics already */
export function createSiteMetrics (options: SiteMetricsOptions, counts: SiteCounts): SiteMetrics {
  const { functions, threads, jobs } = options
  const builds = new Tally('outcome', ['served', 'refused'])
  let series = new Map<string, FunctionSeries>()
  let gone = new FunctionSeries()
  let buildTimes = new Distribution(BUILD_TIMES)
  let unanswered = 0

  const sources: Sources = {
    invocations_total: (_name, site) => each(site, (own, labels) => own.outcomes(labels)),
    invocation_duration_seconds: (name, site) => each(site, (own, labels) => own.durations(name, labels)),
    invocations_running: (_name, site) => each(site, ({ running }, labels) => [{ labels, value: running }]),
    queue_wait_seconds: (name, site) => each(site, ({ waits }, labels) => waits?.samples(name, labels) ?? []),
    queue_jobs: async (_name, site) => {
      const all = await jobs()
      if (all === undefined) unanswered++
      return Object.entries(all ?? {}).map(([state, value]) => ({ labels: { ...site, state }, value }))
    },
    queue_unanswered_total: async (_name, labels) => {
      await jobs()
      return [{ labels, value: unanswered }]
    },
    jobs_retried_total: (_name, site) => ofJobs(site, ({ retried }) => retried),
    jobs_failed_total: (_name, site) => ofJobs(site, ({ failed }) => failed),
    dropped_total: (_name, site) => counts.dropped.samples(site),
    functions: (_name, site) => countFunctions(site),
    builds_total: (_name, site) => builds.samples(site),
    build_duration_seconds: (name, site) => buildTimes.samples(name, site),
    threads: (_name, labels) => [{ labels, value: threads() }],
    threads_lost_total: (_name, site) => counts.threadsLost.samples(site)
  }
  const detach = attach(options.registry, options.prefix, options.name, { sources, reset })

  return {
    observer: {
      begun (invocation) {
        const own = find(invocation.functionName)
        if (own !== undefined) own.running++
      },
      ended (record) {
        const own = find(record.function)
        if (own === undefined) return
        // One that began before the function was forgotten was forgotten with it.
        if (own.running > 0) own.running--
        own.add(record)
      }
    },
    onJob (event) {
      const own = find(event.job.function) ?? gone
      if (event.type === 'started') own.addWait(Date.now() - Math.max(event.job.enqueuedAt, event.job.runAt))
      else if (event.type === 'retrying') own.retried++
      else if (event.type === 'failed') own.failed++
    },
    onBuild ({ outcome, duration }) {
      builds.add(outcome)
      buildTimes.add(duration / 1000)
    },
    keep () {
      const served = functions()
      for (const name of series.keys()) if (!served.has(name)) series.delete(name)
    },
    close: detach
  }

  /** Only functions of the site get series, whatever names are asked for. */
  function find (name: string): FunctionSeries | undefined {
    const found = series.get(name)
    if (found !== undefined || !functions().has(name)) return found
    const made = new FunctionSeries()
    series.set(name, made)
    return made
  }

  function each (site: Labels, samples: (own: FunctionSeries, labels: Labels) => Sample[]): Sample[] {
    return [...series].flatMap(([name, own]) => samples(own, { ...site, function: name }))
  }

  function ofJobs (site: Labels, count: (own: FunctionSeries) => number): Sample[] {
    return [...series, [GONE, gone] as const].flatMap(([name, own]) => own.waits === undefined && count(own) === 0 ? [] : [{ labels: { ...site, function: name }, value: count(own) }])
  }

  function countFunctions (site: Labels): Sample[] {
    const all = [...functions().values()]
    return (['ready', 'failed'] as const).map((state) => ({ labels: { ...site, state }, value: all.filter((definition) => definition.state === state).length }))
  }

  /** As the host may ask of its registry; what runs goes on running. */
  function reset (): void {
    series = new Map([...series].map(([name, { running }]) => [name, Object.assign(new FunctionSeries(), { running })]))
    gone = new FunctionSeries()
    buildTimes = new Distribution(BUILD_TIMES)
    unanswered = 0
    for (const tally of [builds, counts.dropped, counts.threadsLost]) tally.reset()
  }
}
