import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createCacheDirectory } from './build/cache.ts'
import { FST_NETLIFY_DUPLICATE_SITE } from './errors.ts'
import type { FunctionDefinition, ReadyFunction } from './functions/definition.ts'
import { containFunctionErrors } from './invoke/containment.ts'
import { createGeoHeader } from './invoke/geo.ts'
import { installGlobals } from './invoke/globals.ts'
import { createInvocations } from './invoke/invocation.ts'
import { createPendingWork } from './invoke/pending-work.ts'
import { createEnvShare } from './invoke/process-env.ts'
import type { NetlifyFunctionsOptions } from './options.ts'
import { resolveOptions, type ResolvedOptions } from './options/resolve.ts'
import { createHeaderSeal, readSealKeys } from './queue/sealed-headers.ts'
import { createBackground } from './server/background.ts'
import { createConcurrency } from './server/concurrency.ts'
import { createEvents } from './server/events.ts'
import { createForms } from './server/forms.ts'
import { createFunctionServer } from './server/functions.ts'
import { createHandle, invoke, type NetlifyFunctions, type SiteEvents } from './server/handle.ts'
import { createJobs } from './server/jobs.ts'
import { createRateLimits, type RateLimits } from './server/rate-limit.ts'
import { createReloader, type Prepared } from './server/reload.ts'
import { createScheduler } from './server/scheduled.ts'
import { createSiteQueue, type QueueNeed } from './server/site-queue.ts'
import type { SiteVersion } from './server/site-version.ts'
import { serveSite, type RouteConfig } from './server/site.ts'
import { startBlobs, type Blobs } from './site/blobs.ts'
import { readVersion, type VersionParts } from './version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    netlifyFunctions: NetlifyFunctions
  }
  interface FastifyContextConfig extends Partial<RouteConfig> {}
}

const sitesByHandle = new WeakMap<NetlifyFunctions, Map<string, NetlifyFunctions>>()

async function plugin (app: FastifyInstance, given: NetlifyFunctionsOptions): Promise<void> {
  const options = resolveOptions(given)
  const { limits, background: { concurrency, retryDelays, drainTimeout, leaseDuration, secretHeaders, encryptionKey } } = options
  const { log } = app
  const sites = sitesOf(app, options.name)

  const env = createEnvShare(options.env)
  app.addHook('onClose', async () => { env.release() })
  installGlobals()
  const stopContaining = containFunctionErrors()
  app.addHook('onClose', async () => { stopContaining() })
  const parts: VersionParts = {
    log,
    cacheDirectory: createCacheDirectory(options.root),
    blobs: await blobsFor(app, options),
    firstEnv: options.env
  }
  const site: { current: SiteVersion } = { current: (await readVersion(options, parts)).version }

  const queue = createSiteQueue({ given: options.queue, file: queueFile(options), log })
  const { driver } = queue
  await queue.ensure(queueNeed(site.current, options))
  const seal = createHeaderSeal(secretHeaders, readSealKeys(encryptionKey ?? '') ?? [])
  if (queuedFunctions(site.current, options).length > 0 && !seal.encrypts && driver.durable !== false && secretHeaders.length > 0) {
    log.info({ headers: secretHeaders }, 'the background queue stores these headers as they are; set NETLIFY_QUEUE_KEY to have them encrypted')
  }

  const pending = createPendingWork()
  const startInvocation = createInvocations(pending.add)
  const underWay = createConcurrency(limits.concurrency)
  const events = new EventEmitter<SiteEvents>()
  const siteUrl = (): string | undefined => site.current.identity.site.url
  const background = createBackground({
    driver,
    site,
    waitUntil: pending.add,
    places: {
      ...concurrency,
      get shared () { return queuedFunctions(site.current, options).length > 1 }
    },
    retryDelays,
    leaseDuration,
    seal,
    timeoutOf,
    log,
    onEvent (event) {
      if (events.listenerCount('job') > 0) events.emit('job', { ...event, job: seal.conceal(event.job) })
    }
  })
  const scheduler = createScheduler({ functions: () => site.current.functions.values(), background, driver, isRunning: underWay.isRunning, siteUrl, log })
  const platformEvents = createEvents({ site, background, concurrency: underWay, startInvocation, timeoutOf, maxBackgroundBody: limits.backgroundBody, exposeErrors: options.exposeErrors, log })
  const calling = { background, maxBackgroundBody: limits.backgroundBody, concurrency: underWay, startInvocation, timeoutOf, log }
  const reloader = createReloader({
    current: () => site.current,
    prepare,
    candidate: (version) => ({ functions: [...version.functions.values()], invoke: async (name, request) => await invoke(calling, version, name, request) }),
    log,
    onBuild: (event) => { events.emit('build', event) }
  })

  app.addHook('onReady', async () => { background.start() })
  app.addHook('onListen', async () => { if (options.schedule) scheduler.start() })
  // Jobs are no longer taken from here on, while requests under way still run.
  app.addHook('preClose', (done) => {
    scheduler.stop()
    background.close(drainTimeout)
    done()
  })
  app.addHook('onClose', async () => {
    const [left] = await Promise.all([pending.drain(drainTimeout), background.close(drainTimeout), reloader.close()])
    if (left > 0) log.warn({ promises: left }, 'promises given to waitUntil that had not settled when the server closed')
    await parts.cacheDirectory.close()
  })

  const jobs = createJobs({ driver, background, seal, hasFunction: (name) => site.current.functions.has(name) })
  const handle = createHandle({ ...calling, site, jobs, reload: reloader.reload, emit: platformEvents.emit, events, sites })
  if (options.name !== undefined) sites.set(options.name, handle)
  if (!app.hasDecorator('netlifyFunctions')) {
    app.decorate('netlifyFunctions', handle)
    sitesByHandle.set(handle, sites)
  }

  const serve = createFunctionServer({
    background, concurrency: underWay, limits, timeoutOf, startInvocation, geo: createGeoHeader(options.geo), trustPlatformHeaders: options.trustPlatformHeaders, exposeErrors: options.exposeErrors
  })
  const forms = options.forms ? await createForms({ events: platformEvents, maxBytes: limits.requestBody, siteUrl, log }) : undefined
  let rateLimits: RateLimits | undefined
  await app.register(async (scope) => {
    rateLimits = await createRateLimits(scope, { functions: site.current.functions.values(), site: `${scope.prefix}${options.constraints.host ?? ''}` })
    await serveSite(scope, { host: app, constraints: options.constraints, site, rateLimits, serve, forms })
  }, { prefix: options.prefix })

  async function prepare (): Promise<Prepared> {
    const next = resolveOptions(given)
    const discard = env.replace(next.env)
    try {
      const { version, bundled } = await readVersion(next, parts)
      rateLimits?.check(version.functions.values())
      await queue.ensure(queueNeed(version, next))
      return { version, bundled, swap: () => swap(version), discard }
    } catch (error) {
      discard()
      throw error
    }
  }

  function swap (version: SiteVersion): void {
    site.current = version
    scheduler.update()
  }

  function timeoutOf (definition: FunctionDefinition): number {
    if (definition.state === 'failed') return limits.timeout
    return definition.config.timeout ?? { request: limits.timeout, background: limits.backgroundTimeout, scheduled: limits.scheduledTimeout }[definition.kind]
  }
}

/** The functions whose calls wait in the queue. */
function queuedFunctions ({ functions }: SiteVersion, { schedule }: ResolvedOptions): ReadyFunction[] {
  return [...functions.values()].filter((definition) => definition.state === 'ready')
    .filter(({ kind }) => kind === 'background' || (kind === 'scheduled' && schedule))
}

function queueNeed (version: SiteVersion, options: ResolvedOptions): QueueNeed {
  const queued = queuedFunctions(version, options)
  if (queued.length === 0) return 'nothing'
  return queued.some(({ kind }) => kind === 'background') ? 'calls' : 'schedules'
}

/** Each site of a scope has a file of its own: two may have different functions of the same name. */
function queueFile ({ root, name }: ResolvedOptions): string {
  return join(root, '.netlify', name === undefined ? 'background.sqlite' : `background-${encodeURIComponent(name)}.sqlite`)
}

/** The sites of this scope, by name. */
function sitesOf (app: FastifyInstance, name: string | undefined): Map<string, NetlifyFunctions> {
  const sites = (app.hasDecorator('netlifyFunctions') && sitesByHandle.get(app.netlifyFunctions)) || new Map<string, NetlifyFunctions>()
  if (name === undefined && app.hasDecorator('netlifyFunctions')) {
    throw new FST_NETLIFY_DUPLICATE_SITE('A site is registered in this scope already; give this one the option "name"')
  }
  if (name !== undefined && sites.has(name)) {
    throw new FST_NETLIFY_DUPLICATE_SITE(`A site named "${name}" is registered in this scope already; give this one another "name"`)
  }
  return sites
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
