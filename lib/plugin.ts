import { EventEmitter } from 'node:events'
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { buildFunctions, type SiteBuild } from './build/build.ts'
import { FST_NETLIFY_DUPLICATE_SITE, FST_NETLIFY_INVALID_OPTION } from './errors.ts'
import type { FunctionDefinition, ReadyFunction } from './functions/definition.ts'
import { createGeoHeader } from './invoke/geo.ts'
import { createCallEnv } from './invoke/call-env.ts'
import { containFunctionErrors } from './invoke/containment.ts'
import { createSiteEnv, installGlobals, runInScope } from './invoke/globals.ts'
import { createInlineInvoker } from './invoke/inline.ts'
import { createInvocations } from './invoke/invocation.ts'
import { createPendingWork } from './invoke/pending-work.ts'
import { shareEnv } from './invoke/process-env.ts'
import type { NetlifyFunctionsOptions, PublishOptions } from './options.ts'
import { resolveOptions, type ResolvedOptions } from './options/resolve.ts'
import { createHeaderSeal, readSealKeys } from './queue/sealed-headers.ts'
import { createBackground } from './server/background.ts'
import { createConcurrency } from './server/concurrency.ts'
import { createEvents } from './server/events.ts'
import { createForms } from './server/forms.ts'
import { createFunctionServer } from './server/functions.ts'
import { createHandle, type NetlifyFunctions, type SiteEvents } from './server/handle.ts'
import { createJobs } from './server/jobs.ts'
import { createScheduler } from './server/scheduled.ts'
import { openSiteQueue, type SiteQueueOptions } from './server/site-queue.ts'
import { serveSite, type RouteConfig } from './server/site.ts'
import { BLOBS_VARIABLE, startBlobs, type Blobs } from './site/blobs.ts'
import { listPublishedFiles, type PublishedFiles } from './site/published-files.ts'
import { readToml, type SiteToml } from './site/toml.ts'

declare module 'fastify' {
  interface FastifyInstance {
    netlifyFunctions: NetlifyFunctions
  }
  interface FastifyContextConfig extends Partial<RouteConfig> {}
}

const DEFAULT_FUNCTIONS = 'netlify/functions'
const sitesByHandle = new WeakMap<NetlifyFunctions, Map<string, NetlifyFunctions>>()

async function plugin (app: FastifyInstance, given: NetlifyFunctionsOptions): Promise<void> {
  const options = resolveOptions(given)
  const { identity, limits, background: { concurrency, retryDelays, drainTimeout, leaseDuration, secretHeaders, encryptionKey } } = options
  const sites = sitesOf(app, options.name)
  const toml = await loadToml(options)
  const directories = options.functions ?? [toml?.functions ?? resolve(toml?.base ?? options.root, DEFAULT_FUNCTIONS)]

  const env = createSiteEnv(options.env)
  const releaseEnv = shareEnv(options.env)
  app.addHook('onClose', async () => { releaseEnv() })
  installGlobals()
  const stopContaining = containFunctionErrors()
  app.addHook('onClose', async () => { stopContaining() })
  const blobs = await blobsFor(app, options)
  const loadEnv = blobs === undefined ? env : createCallEnv(env, BLOBS_VARIABLE, blobs.context)
  const build = await buildFunctions({
    root: options.root,
    directories,
    lightObjects: options.lightObjects,
    tsconfigDirectories: [...new Set([options.root, toml?.base ?? options.root])],
    overridesFor: toml?.overridesFor ?? (() => ({})),
    scope: (functionName, load) => runInScope({ context: null, env: loadEnv, code: { functionName, log: app.log } }, load)
  })
  const functions = new Map(build.functions.map(({ definition }) => [definition.name, definition]))
  logBuild(app, build)

  const pending = createPendingWork()
  const waitUntil = pending.add
  const startInvocation = createInvocations(waitUntil)
  const underWay = createConcurrency(limits.concurrency)
  const events = new EventEmitter<SiteEvents>()
  const queued = queuedFunctions(functions, options)
  const driver = await openSiteQueue({ given: options.queue, need: queueNeed(queued), file: queueFile(options), log: app.log })
  const seal = createHeaderSeal(secretHeaders, readSealKeys(encryptionKey ?? '') ?? [])
  if (queued.length > 0 && !seal.encrypts && driver.durable !== false && secretHeaders.length > 0) {
    app.log.info({ headers: secretHeaders }, 'the background queue stores these headers as they are; set NETLIFY_QUEUE_KEY to have them encrypted')
  }
  const invoker = createInlineInvoker({
    handlers: new Map(build.functions.flatMap((loaded) => 'handler' in loaded ? [[loaded.definition.name, loaded.handler]] : [])),
    eventHandlers: new Map(build.functions.flatMap((loaded) => 'handler' in loaded ? [[loaded.definition.name, loaded.eventHandlers]] : [])),
    env,
    identity,
    verifyToken: options.verifyToken,
    blobs,
    maxLambdaBody: limits.responseBody,
    exposeErrors: options.exposeErrors
  })
  const background = createBackground({
    driver,
    invoker,
    definition: (name) => functions.get(name),
    waitUntil,
    deployId: identity.deploy.id,
    places: { ...concurrency, shared: queued.length > 1 },
    retryDelays,
    leaseDuration,
    seal,
    timeoutOf,
    log: app.log,
    onEvent (event) {
      if (events.listenerCount('job') > 0) events.emit('job', { ...event, job: seal.conceal(event.job) })
    }
  })
  const scheduler = createScheduler({
    functions: functions.values(),
    background,
    driver,
    isRunning: underWay.isRunning,
    siteUrl: identity.site.url,
    log: app.log
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
    const [left] = await Promise.all([pending.drain(drainTimeout), background.close(drainTimeout)])
    if (left > 0) app.log.warn({ promises: left }, 'promises given to waitUntil that had not settled when the server closed')
    await build.close()
  })

  const platformEvents = createEvents({
    functions,
    background,
    concurrency: underWay,
    invoker,
    startInvocation,
    timeoutOf,
    maxBackgroundBody: limits.backgroundBody,
    siteUrl: identity.site.url,
    exposeErrors: options.exposeErrors,
    log: app.log
  })
  const jobs = createJobs({ driver, background, seal, hasFunction: (name) => functions.has(name) })
  const handle = createHandle({ functions, jobs, background, maxBackgroundBody: limits.backgroundBody, invoker, emit: platformEvents.emit, concurrency: underWay, siteUrl: identity.site.url, startInvocation, timeoutOf, log: app.log, events, sites })
  if (options.name !== undefined) sites.set(options.name, handle)
  if (!app.hasDecorator('netlifyFunctions')) {
    app.decorate('netlifyFunctions', handle)
    sitesByHandle.set(handle, sites)
  }

  const publish = publishOptions(options, toml)
  const unpublished = [...directories, resolve(options.root, '.netlify'), options.toml?.file, options.blobs?.directory].filter((path) => path !== undefined)
  const files = publish && await publishedFiles(app, publish, unpublished)
  const serve = createFunctionServer({
    invoker, background, concurrency: underWay, limits, timeoutOf, startInvocation, geo: createGeoHeader(options.geo), trustPlatformHeaders: options.trustPlatformHeaders, exposeErrors: options.exposeErrors
  })
  const forms = options.forms ? await createForms({ events: platformEvents, maxBytes: limits.requestBody, siteUrl: identity.site.url, log: app.log }) : undefined
  await app.register(async (scope) => {
    await serveSite(scope, {
      host: app,
      constraints: options.constraints,
      functions,
      files,
      notFoundPage: Boolean(files?.hasNotFoundPage && publish?.notFound),
      serve,
      forms
    })
  }, { prefix: options.prefix })

  function timeoutOf (definition: FunctionDefinition): number {
    if (definition.state === 'failed') return limits.timeout
    return definition.config.timeout ?? { request: limits.timeout, background: limits.backgroundTimeout, scheduled: limits.scheduledTimeout }[definition.kind]
  }
}

/** The functions whose calls wait in the queue. */
function queuedFunctions (functions: ReadonlyMap<string, FunctionDefinition>, { schedule }: ResolvedOptions): ReadyFunction[] {
  return [...functions.values()].filter((definition) => definition.state === 'ready')
    .filter(({ kind }) => kind === 'background' || (kind === 'scheduled' && schedule))
}

function queueNeed (queued: readonly ReadyFunction[]): SiteQueueOptions['need'] {
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

async function loadToml ({ toml }: ResolvedOptions): Promise<SiteToml | undefined> {
  if (toml === undefined) return undefined
  const found = await readToml(toml.file, dirname(toml.file))
  if (found === undefined && toml.required) throw new FST_NETLIFY_INVALID_OPTION('config', `names a file that does not exist: ${toml.file}`)
  return found
}

/** Functions may use them until the end, so they close after everything that runs functions. */
async function blobsFor (app: FastifyInstance, { blobs, identity: { site, deploy } }: ResolvedOptions): Promise<Blobs | undefined> {
  if (blobs === undefined) return undefined
  const started = await startBlobs({ directory: blobs.directory, siteId: site.id, deployId: deploy.id, log: app.log })
  app.addHook('onClose', started.close)
  return started
}

function publishOptions ({ publish }: ResolvedOptions, toml: SiteToml | undefined): Required<PublishOptions> | undefined {
  if (publish !== undefined) return publish || undefined
  return toml?.publish === undefined ? undefined : { directory: toml.publish, notFound: true, dotfiles: false }
}

async function publishedFiles (app: FastifyInstance, { directory, dotfiles }: Required<PublishOptions>, except: readonly string[]): Promise<PublishedFiles | undefined> {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    app.log.warn({ directory }, 'the published directory does not exist; no files are served')
    return undefined
  }
  return await listPublishedFiles(directory, { dotfiles, except })
}

function logBuild (app: FastifyInstance, { functions, skipped, absent, bundled }: SiteBuild): void {
  for (const directory of absent) app.log.info({ directory }, 'the functions directory does not exist; it has no functions')
  for (const { name, file } of skipped) app.log.debug({ function: name, file }, 'a file without a handler is no function')
  for (const { definition } of functions) {
    if (definition.state === 'failed') app.log.error({ err: definition.error, function: definition.name, file: definition.file }, `function "${definition.name}" cannot run`)
  }
  app.log.debug({ functions: functions.length, bundled }, 'functions loaded')
}

/**
 * Serves the Netlify Functions of a site, and its static files.
 *
 * @see https://docs.netlify.com/build/functions/get-started/
 * @throws FST_NETLIFY_INVALID_OPTION, FST_NETLIFY_MISSING_PACKAGE, FST_NETLIFY_INVALID_TOML, FST_NETLIFY_DUPLICATE_SITE, FST_NETLIFY_ENV_CONFLICT
 */
export const netlifyFunctions: typeof plugin = fp(plugin, { fastify: '5.x', name: 'fastify-netlify-functions' })
