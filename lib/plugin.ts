import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createCacheDirectory } from './build/cache.ts'
import type { FunctionDefinition } from './functions/definition.ts'
import { containFunctionErrors } from './invoke/containment.ts'
import { createGeoHeader } from './invoke/geo.ts'
import { installGlobals } from './invoke/globals.ts'
import { createInvocations } from './invoke/invocation.ts'
import { createObservers } from './invoke/observers.ts'
import { createPendingWork } from './invoke/pending-work.ts'
import { createEnvShare } from './invoke/process-env.ts'
import { createThreadPool } from './invoke/threads/pool.ts'
import { createSiteLogs } from './logs/site-logs.ts'
import { startMetrics } from './metrics/metrics.ts'
import { SiteCounts } from './metrics/site-metrics.ts'
import { operate } from './operate.ts'
import type { NetlifyFunctionsOptions } from './options.ts'
import type { ResolvedOptions } from './options/resolve.ts'
import { createHeaderSeal, readSealKeys } from './queue/sealed-headers.ts'
import { createBackground } from './server/background.ts'
import { createConcurrency } from './server/concurrency.ts'
import { createEvents } from './server/events.ts'
import { createForms } from './server/forms.ts'
import { createFunctionServer, type FunctionCall } from './server/functions.ts'
import { createHandle, type NetlifyFunctions } from './server/handle.ts'
import { createHealthCheck } from './server/health.ts'
import { invoke } from './server/invoke.ts'
import { createJobs } from './server/jobs.ts'
import { createProxy } from './server/proxy.ts'
import { createRateLimits, type RateLimits } from './server/rate-limit.ts'
import { createReloader, type Prepared, type ReloadOptions } from './server/reload.ts'
import { createScheduler } from './server/scheduled.ts'
import { createSchedules } from './server/schedules.ts'
import { createSiteEvents } from './server/site-events.ts'
import { createSiteQueue, queuedFunctions, queueNeed } from './server/site-queue.ts'
import type { SiteVersion } from './server/site-version.ts'
import { serveSite, type RouteConfig } from './server/site.ts'
import { addSite, sitesOf } from './server/sites.ts'
import { createVisitors } from './server/visitors.ts'
import { createWatchPages } from './server/watch-pages.ts'
import { createWatch } from './server/watch.ts'
import { startBlobs, type Blobs } from './site/blobs.ts'
import { createImages } from './site/images.ts'
import { createTracing } from './tracing/tracing.ts'
import { logWorkingDirectory, readSettings, readVersion, type VersionParts } from './version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    netlifyFunctions: NetlifyFunctions
  }
  interface FastifyContextConfig extends Partial<RouteConfig> {}
}

async function plugin (app: FastifyInstance, given: NetlifyFunctionsOptions): Promise<void> {
  const since = Date.now()
  const settings = await readSettings(given)
  const { options } = settings
  const { limits, background: { concurrency, retryDelays, drainTimeout, leaseDuration, secretHeaders, encryptionKey } } = options
  const { log } = app
  const sites = sitesOf(app, options.name)

  const env = createEnvShare(options.env)
  app.addHook('onClose', async () => { env.release() })
  installGlobals()
  const stopContaining = containFunctionErrors()
  app.addHook('onClose', async () => { stopContaining() })
  const observers = createObservers(log)
  const logs = await createSiteLogs({ settings: options.logs, observers, log })
  app.addHook('onClose', logs.close)
  const watch = options.watch ? createWatch({ root: options.root, except: [options.blobs?.directory].filter((path) => path !== undefined), since, refresh: async () => await reloader.refresh(), log }) : undefined
  const tracing = createTracing(observers)
  const counts = new SiteCounts()
  const pool = createThreadPool({ ...options.isolation, log, print: logs.print, onLost: (reason) => counts.threadsLost.add(reason) })
  const cacheDirectory = createCacheDirectory(options.root)
  const proxy = createProxy({ trustPlatformHeaders: options.trustPlatformHeaders })
  // Hooks of this kind run last to first, so these come after everything that runs functions.
  app.addHook('onClose', async () => {
    await Promise.all([pool.close(drainTimeout), proxy.close()])
    await cacheDirectory.close()
  })
  const parts: VersionParts = {
    log,
    cacheDirectory,
    blobs: await blobsFor(app, options),
    pool,
    firstEnv: options.env,
    memory: watch?.memory,
    print: logs.print,
    wrap: tracing.trace
  }
  const begun = performance.now()
  const first = await readVersion(settings, parts)
  const firstBuild = performance.now() - begun
  const site: { current: SiteVersion } = { current: first.version }
  first.settle()
  logWorkingDirectory(settings, first, log)
  watch?.look(first.sources)
  const pages = watch && createWatchPages({ site, root: options.root, exposeErrors: options.exposeErrors })

  const queue = createSiteQueue({ given: options.queue, file: queueFile(options), log })
  const { driver } = queue
  await queue.ensure(queueNeed(site.current, options.schedule))
  const seal = createHeaderSeal(secretHeaders, readSealKeys(encryptionKey ?? '') ?? [])
  if (queuedFunctions(site.current, options.schedule).length > 0 && !seal.encrypts && driver.durable !== false && secretHeaders.length > 0) {
    log.info({ headers: secretHeaders }, 'the background queue stores these headers as they are; set NETLIFY_QUEUE_KEY to have them encrypted')
  }

  if (site.current.redirects?.hasProxy) await proxy.ensure()

  const pending = createPendingWork()
  const startInvocation = createInvocations(pending.add, observers)
  const underWay = createConcurrency(limits.concurrency, () => counts.dropped.add('concurrency'))
  const events = createSiteEvents(observers)
  const metrics = options.metrics && await startMetrics({
    settings: options.metrics, name: options.name, site, pool, driver, usesQueue: () => queueNeed(site.current, options.schedule) !== 'nothing', observers, events, counts, firstBuild
  })
  app.addHook('onClose', async () => { metrics?.close() })
  const siteUrl = (): string | undefined => site.current.identity.site.url
  const background = createBackground({
    driver,
    site,
    waitUntil: pending.add,
    observers,
    places: {
      ...concurrency,
      get shared () { return queuedFunctions(site.current, options.schedule).length > 1 }
    },
    retryDelays,
    leaseDuration,
    seal,
    timeoutOf,
    log,
    onEvent (event) {
      if (events.listenerCount('job') > 0) events.emit('job', { ...event, job: seal.conceal(event.job) })
    },
    send: tracing.send,
    onDropped: () => counts.dropped.add('queue')
  })
  const scheduler = createScheduler({ functions: () => site.current.functions.values(), background, driver, isRunning: underWay.isRunning, siteUrl, log })
  const schedules = createSchedules({ functions: () => site.current.functions, scheduler, background, driver, openQueue: async () => await queue.ensure('schedules'), siteUrl })
  const platformEvents = createEvents({ site, background, concurrency: underWay, startInvocation, timeoutOf, maxBackgroundBody: limits.backgroundBody, exposeErrors: options.exposeErrors, log })
  const calling = { background, maxBackgroundBody: limits.backgroundBody, concurrency: underWay, startInvocation, timeoutOf, log }
  const reloader = createReloader({
    current: () => site.current,
    prepare,
    candidate: (version) => ({ functions: [...version.functions.values()], invoke: async (name, request) => await invoke(calling, version, name, request) }),
    log,
    onBuild (event) {
      pages?.onBuild(event)
      events.emit('build', event)
    }
  })

  app.addHook('onReady', async () => {
    background.start()
    await watch?.start()
  })
  app.addHook('onListen', async () => { if (options.schedule) scheduler.start() })
  const health = createHealthCheck({ app, site, runsSchedules: options.schedule, driver })
  // Jobs are no longer taken from here on, while requests under way still run and may queue calls.
  app.addHook('preClose', (done) => {
    health.close()
    scheduler.stop()
    background.drain(drainTimeout)
    done()
  })
  app.addHook('onClose', async () => {
    await watch?.close()
    const [left] = await Promise.all([pending.drain(drainTimeout), background.drain(drainTimeout), reloader.close()])
    // What has just ended may have made calls until then.
    await background.close(drainTimeout)
    if (left > 0) log.warn({ promises: left }, 'promises given to waitUntil that had not settled when the server closed')
  })

  const jobs = createJobs({ driver, background, seal, hasFunction: (name) => site.current.functions.has(name) })
  const handle = createHandle({ ...calling, site, logs, jobs, schedules, health, reload, emit: platformEvents.emit, events, sites })
  addSite(app, sites, options.name, handle)
  await operate(app, { options, handle, metrics })

  const geo = createGeoHeader(options.geo)
  const visitors = createVisitors({ geo: options.geo && geo, verifyToken: options.verifyToken, trustPlatformHeaders: options.trustPlatformHeaders })
  const serve = createFunctionServer({
    background, concurrency: underWay, limits, timeoutOf, startInvocation, geo, trustPlatformHeaders: options.trustPlatformHeaders, exposeErrors: options.exposeErrors
  })
  const forms = options.forms ? await createForms({ events: platformEvents, maxBytes: limits.requestBody, siteUrl, log }) : undefined
  const images = {
    images: createImages({
      directory: join(options.root, '.netlify', 'images-cache'),
      maxBytes: options.images.cacheSize,
      concurrency: options.images.concurrency,
      onCacheError: (error) => { log.warn({ err: error }, 'transformed images cannot be stored') }
    }),
    callFunction: async (call: FunctionCall, request: Request) => await invoke(calling, call.version, call.definition.name, request, call)
  }
  let rateLimits: RateLimits | undefined
  await app.register(async (scope) => {
    rateLimits = await createRateLimits(scope, { functions: site.current.functions.values(), site: `${scope.prefix}${options.constraints.host ?? ''}` })
    await serveSite(scope, { host: app, constraints: options.constraints, site, rateLimits, serve, forms, visitors, proxy, pages, images, devServer: options.devServer })
  }, { prefix: options.prefix })

  /** Looks at everything, whatever has been noticed of changes. */
  async function reload (given?: ReloadOptions): Promise<void> {
    watch?.memory.forget()
    await reloader.reload(given)
  }

  async function prepare (): Promise<Prepared> {
    const next = await readSettings(given)
    const discard = env.replace(next.options.env)
    try {
      const { version, settle, bundled, sources } = await readVersion(next, parts)
      watch?.look(sources)
      rateLimits?.check(version.functions.values())
      if (version.redirects?.hasProxy) await proxy.ensure()
      await queue.ensure(queueNeed(version, next.options.schedule))
      return { version, bundled, swap: () => swap(version, settle), discard }
    } catch (error) {
      discard()
      throw error
    }
  }

  function swap (version: SiteVersion, settle: () => void): void {
    site.current = version
    settle()
    logs.keep(version.functions)
    metrics?.keep()
    scheduler.update()
  }

  function timeoutOf (definition: FunctionDefinition): number {
    if (definition.state === 'failed') return limits.timeout
    return definition.config.timeout ?? { request: limits.timeout, background: limits.backgroundTimeout, scheduled: limits.scheduledTimeout }[definition.kind]
  }
}

/** Each site of a scope has a file of its own: two may have different functions of the same name. */
function queueFile ({ root, name }: ResolvedOptions): string {
  return join(root, '.netlify', name === undefined ? 'background.sqlite' : `background-${encodeURIComponent(name)}.sqlite`)
}

/** Functions may use them until the end, so they close after everything that runs functions. */
async function blobsFor (app: FastifyInstance, { blobs, identity: { site, deploy } }: ResolvedOptions): Promise<Blobs | undefined> {
  if (blobs === undefined) return undefined
  const started = await startBlobs({ directory: blobs.directory, siteId: site.id, deployId: deploy.id, log: app.log })
  app.addHook('onClose', started.close)
  return started
}

/**
 * Serves the Netlify Functions of a site, and its static files.
 *
 * @see https://docs.netlify.com/build/functions/get-started/
 * @throws FST_NETLIFY_INVALID_OPTION, FST_NETLIFY_MISSING_PACKAGE, FST_NETLIFY_INVALID_TOML, FST_NETLIFY_DUPLICATE_SITE, FST_NETLIFY_ENV_CONFLICT
 */
export const netlifyFunctions: typeof plugin = fp(plugin, { fastify: '5.x', name: 'fastify-netlify-functions' })
