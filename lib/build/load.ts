import * as nodeModule from 'node:module'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { FST_NETLIFY_INVALID_CONFIG, FST_NETLIFY_INVALID_HANDLER, FST_NETLIFY_LOAD_FAILED } from '../errors.ts'
import { readFunctionConfig, routesOf, type FunctionConfig, type GivenConfig } from '../functions/config.ts'
import type { FunctionSource, ReadyFunction } from '../functions/definition.ts'
import { eventOfFunctionName, readEventHandlers, type EventSlug } from '../functions/events.ts'
import { functionKind } from '../functions/kind.ts'
import type { StoredBundle } from './cache.ts'
import { describeLoadError } from './load-error.ts'
import { keepModuleVersions } from './module-versions.ts'
import { requirePackage } from './optional-package.ts'
import { readScheduleHelper } from './schedule-helper.ts'

/** A function of the user's code; what it takes and gives depends on the form. */
export type Handler = (...args: never[]) => unknown

/** All that loading a function takes: plain data, so that a thread can do it as well. */
export interface Loadable {
  readonly source: FunctionSource
  readonly bundle: StoredBundle
  /** Of the site. */
  readonly root: string
  /** What netlify.toml says about the function. */
  readonly toml: GivenConfig
  /** Tells modules of one bundle apart whose top-level code has seen different variables; `''` for the first. */
  readonly instance: string
}

export interface LoadedFunction {
  readonly definition: ReadyFunction
  readonly handler: Handler
  readonly eventHandlers: ReadonlyMap<EventSlug, Handler>
}

/** A function that another thread has loaded. */
export interface LoadedElsewhere {
  readonly definition: ReadyFunction
  readonly loadable: Loadable
}

/** Of each CommonJS bundle, the instance that `require` has. */
const required = new Map<string, string>()

/** How often each module has failed: Node.js never tries an ES module again under the same URL. */
const failures = new Map<string, number>()

/** Top-level code that has not finished by then has failed; Fastify's `pluginTimeout` is 10,000 ms. */
const LOAD_TIMEOUT = 5_000

/**
 * Loads a bundle and finds its handler by Netlify's rules: an export named `handler` makes it a Lambda
 * function, else the default export counts. `undefined` when it has neither, so is no function.
 * A module that is loaded already keeps its state.
 *
 * @throws FST_NETLIFY_LOAD_FAILED, FST_NETLIFY_INVALID_HANDLER, FST_NETLIFY_INVALID_CONFIG, FST_NETLIFY_MISSING_PACKAGE
 */
export async function loadFunction (loadable: Loadable): Promise<LoadedFunction | undefined> {
  const { source, toml } = loadable
  const { lightObjects } = loadable.bundle
  const exported = await loadModule(loadable)
  const { name, file } = source
  const bundle = moduleKey(loadable)

  if (typeof exported.handler === 'function') {
    // Netlify ignores `config` beside a Lambda handler.
    const config = readFunctionConfig(name, { schedule: await readScheduleHelper(source) }, toml)
    const definition: ReadyFunction = { state: 'ready', name, file, bundle, generated: source.generated === true, form: 'lambda', kind: functionKind(name, config), isolation: 'inline', lightObjects: false, events: eventsOf(name), eventsOnly: false, config, routes: [] }
    return { definition, handler: exported.handler as Handler, eventHandlers: new Map() }
  }

  const entry = unwrapDefault(exported)
  if (entry === undefined) return undefined
  const handler = typeof entry === 'object' ? (entry as { fetch?: unknown } | null)?.fetch : entry
  const eventHandlers = typeof entry === 'object' && entry !== null ? readEventHandlers<Handler>(entry) : new Map<EventSlug, Handler>()
  const eventsOnly = handler === undefined && eventHandlers.size > 0
  if (typeof handler !== 'function' && !eventsOnly) throw new FST_NETLIFY_INVALID_HANDLER(name, describe(entry))
  const config = readFunctionConfig(name, exported.config ?? (entry as { config?: unknown }).config, toml)
  if (config.rateLimit !== undefined) requirePackage('rateLimit', '@fastify/rate-limit')
  if (eventsOnly) checkEventsOnly(name, config)
  const definition: ReadyFunction = {
    state: 'ready',
    name,
    file,
    bundle,
    generated: source.generated === true,
    form: 'web',
    kind: functionKind(name, config),
    // Whoever has it run elsewhere says so.
    isolation: 'inline',
    lightObjects,
    events: [...new Set([...eventsOnly ? [] : eventsOf(name), ...eventHandlers.keys()])],
    eventsOnly,
    config,
    routes: routesOf(config)
  }
  return { definition, handler: eventsOnly ? withoutFetch(name) : handler as Handler, eventHandlers }
}

/** Names the module that a function comes from: its bundle, and which instance of it. */
export function moduleKey ({ bundle: { path }, instance }: Loadable): string {
  return instance === '' ? path : `${path}?${instance}`
}

/** Makes stack traces show source positions, for modules loaded from now on. */
export function enableSourceMaps (): void {
  // Node.js 22.13 has only the older, wider switch.
  if (nodeModule.setSourceMapsSupport) nodeModule.setSourceMapsSupport(true, { nodeModules: false, generatedCode: false })
  else process.setSourceMapsEnabled(true)
}

/** A function that is named after an event is called for it. */
function eventsOf (name: string): EventSlug[] {
  const event = eventOfFunctionName(name)
  return event === undefined ? [] : [event]
}

/** A path and a schedule would call a handler that is not there. */
function checkEventsOnly (name: string, { path, schedule }: FunctionConfig): void {
  if (path.length > 0) throw new FST_NETLIFY_INVALID_CONFIG(name, 'path', 'Event-triggered functions must not specify a custom path. Please remove the "path" configuration, or add a "fetch" function')
  if (schedule !== undefined) throw new FST_NETLIFY_INVALID_CONFIG(name, 'schedule', 'Needs a "fetch" function beside the handlers of events')
}

/** Stands in for the handler of requests where there is none. */
function withoutFetch (name: string): Handler {
  return () => { throw new FST_NETLIFY_INVALID_HANDLER(name, 'an object without a "fetch" function') }
}

async function loadModule (loadable: Loadable): Promise<Record<string, unknown>> {
  const { source, bundle: { path, prebuilt }, root, instance } = loadable
  const key = moduleKey(loadable)
  const attempt = failures.get(key) ?? 0
  if (prebuilt) keepModuleVersions()
  try {
    const loading = path.endsWith('.cjs') ? requireModule(path, instance) : import(moduleUrl(path, instance, attempt))
    const exported: unknown = await withTimeout(loading)
    return Object(exported) as Record<string, unknown>
  } catch (error) {
    failures.set(key, attempt + 1)
    throw new FST_NETLIFY_LOAD_FAILED(source.name, await describeLoadError(error, path, source, root), { cause: error })
  }
}

/** Node.js never lets go of an ES module, so another instance of it has another URL. */
function moduleUrl (path: string, instance: string, attempt: number): string {
  const url = pathToFileURL(path)
  if (instance !== '') url.searchParams.set('instance', instance)
  if (attempt > 0) url.searchParams.set('attempt', String(attempt))
  return url.href
}

async function requireModule (path: string, instance: string): Promise<unknown> {
  const require = nodeModule.createRequire(path)
  if ((required.get(path) ?? instance) !== instance) delete require.cache[path]
  required.set(path, instance)
  return require(path)
}

async function withTimeout<T> (loading: Promise<T>): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>()
  const start = performance.eventLoopUtilization()
  let timer = setTimeout(look, LOAD_TIMEOUT)

  // While the thread is busy with other functions' modules, this one waits its turn.
  function look (): void {
    const left = LOAD_TIMEOUT - performance.eventLoopUtilization(start).idle
    if (left > 0) timer = setTimeout(look, left)
    else reject(new Error(`its top-level code has not finished after ${LOAD_TIMEOUT} ms`))
  }

  try {
    return await Promise.race([loading, expired])
  } finally {
    clearTimeout(timer)
  }
}

/** ES modules that went through CommonJS have their default export one or two levels deeper. */
function unwrapDefault (exported: Record<string, unknown>): unknown {
  let entry: unknown = exported.default
  for (let depth = 0; depth < 2 && isNamespaceLike(entry); depth++) entry = entry.default
  return entry
}

function isNamespaceLike (value: unknown): value is { default: unknown } {
  return typeof value === 'object' && value !== null && (types.isModuleNamespaceObject(value) || '__esModule' in value || !('fetch' in value)) && 'default' in value
}

function describe (value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object without a "fetch" function' : `a ${typeof value}`
}
