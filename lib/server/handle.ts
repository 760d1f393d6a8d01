import type { EventEmitter } from 'node:events'
import { FST_NETLIFY_UNKNOWN_SITE } from '../errors.ts'
import { hasDefaultUrl } from '../functions/default-url.ts'
import type { FunctionConfig } from '../functions/config.ts'
import type { FunctionDefinition, FunctionKind, IsolationMode } from '../functions/definition.ts'
import type { EventKey, EventSlug } from '../functions/events.ts'
import type { InvocationRecord } from '../functions/invocation-record.ts'
import type { Logs } from '../logs/history.ts'
import type { JobEvent } from '../queue/attempt.ts'
import type { EventDelivery, Events } from './events.ts'
import type { Health, HealthCheck } from './health.ts'
import type { Jobs } from './jobs.ts'
import { invoke, type InvokeOptions } from './invoke.ts'
import type { BuildEvent, Reload } from './reload.ts'
import type { Schedules } from './schedules.ts'
import type { Site } from './site-version.ts'

/** One function of a site, as `app.netlifyFunctions.functions` shows it. */
export interface FunctionInfo {
  readonly name: string
  /** The paths it answers to. */
  readonly routes: readonly string[]
  /** `undefined` while it is not known, because the function failed to load. */
  readonly kind: FunctionKind | undefined
  /** Where it runs; `undefined` as above. */
  readonly isolation: IsolationMode | undefined
  /** What its `config` and netlify.toml say; `undefined` as above. */
  readonly config: FunctionConfig | undefined
  /** The events that call it. */
  readonly events: readonly EventSlug[]
  /** The cron expression it runs by, in UTC. */
  readonly schedule: string | undefined
  /** Absolute path of the entry file. */
  readonly file: string
  readonly state: FunctionDefinition['state']
  /** Why it failed to build or load. */
  readonly error: Error | undefined
}

export interface SiteEvents {
  /** An invocation is over. */
  invocation: [record: InvocationRecord]
  job: [event: JobEvent]
  /** A new version of the site is served, or could not be; see `reload`. */
  build: [event: BuildEvent]
}

/** `app.netlifyFunctions`. */
export interface NetlifyFunctions {
  /** Those that are served now. */
  readonly functions: readonly FunctionInfo[]
  /** Absolute path of the directory whose files are served, if there is one. */
  readonly published: string | undefined
  readonly jobs: Jobs
  readonly schedules: Schedules
  /** What functions have done and printed lately; the option `logs` says how much is kept. */
  readonly logs: Logs
  /** How the site does; never rejects. The option `health` has load balancers ask it. */
  health (): Promise<Health>
  /**
   * Has `health()` say that no more requests should come, and waits so that load balancers notice. Everything is
   * served on until `app.close()`, which ends the wait. All sites of the app leave together.
   * @throws FST_NETLIFY_INVALID_OPTION
   */
  drain (milliseconds: number): Promise<void>
  /**
   * Runs a function without HTTP. A background function is queued, and the response is its 202. A scheduled function
   * gets the clock's request, whatever `request` says, and the response is an empty 204 when it has ended.
   * @throws FST_NETLIFY_FUNCTION_NOT_FOUND, FST_NETLIFY_TOO_MANY_INVOCATIONS, FST_NETLIFY_REQUEST_BODY_TOO_LARGE, and what the function fails with
   */
  invoke (name: string, request?: Request): Promise<Response>
  /**
   * Builds a new version of the site from what lies on the disk now, netlify.toml and `envFile` included, and serves it
   * from one request to the next; what runs ends on the old one. Functions whose content is unchanged keep their
   * module and its state. A call while another is at work waits for a reload that begins after it.
   * @throws FST_NETLIFY_RELOAD_FAILED, and the old version is served on
   */
  reload: Reload
  /**
   * Calls the functions that have a handler of an event of Netlify's platform, or its name. The payload is the
   * one that Netlify sends: `{ payload, site }` of a deploy, `{ payload: { data } }` of a form, `{ user }`.
   * @throws FST_NETLIFY_UNKNOWN_EVENT, FST_NETLIFY_INVALID_EVENT
   */
  emit (event: EventKey | EventSlug, payload: unknown): Promise<EventDelivery[]>
  on<Event extends keyof SiteEvents> (event: Event, listener: (...args: SiteEvents[Event]) => void): void
  off<Event extends keyof SiteEvents> (event: Event, listener: (...args: SiteEvents[Event]) => void): void
  /** Another site of the same scope. @throws FST_NETLIFY_UNKNOWN_SITE */
  site (name: string): NetlifyFunctions
}

export interface HandleOptions extends InvokeOptions {
  readonly site: Site
  readonly jobs: Jobs
  readonly schedules: Schedules
  readonly logs: Logs
  readonly reload: Reload
  readonly emit: Events['emit']
  readonly health: HealthCheck
  readonly events: EventEmitter<SiteEvents>
  /** The sites of the scope, by name; filled as they are registered. */
  readonly sites: ReadonlyMap<string, NetlifyFunctions>
}

export function createHandle (options: HandleOptions): NetlifyFunctions {
  const { events, site } = options
  return {
    get functions () {
      return [...site.current.functions.values()].map(toInfo)
    },
    get published () {
      return site.current.files?.directory
    },
    jobs: options.jobs,
    schedules: options.schedules,
    logs: { list: options.logs.list, subscribe: options.logs.subscribe },
    invoke: async (name, request) => await invoke(options, site.current, name, request),
    health: options.health.check,
    drain: options.health.drain,
    reload: options.reload,
    emit: async (event, payload) => await options.emit(event, payload),
    on: (event, listener) => { events.on(event, listener as never) },
    off: (event, listener) => { events.off(event, listener as never) },
    site (name) {
      const site = options.sites.get(name)
      if (site === undefined) throw new FST_NETLIFY_UNKNOWN_SITE(name)
      return site
    }
  }
}

function toInfo (definition: FunctionDefinition): FunctionInfo {
  const { name, file, state, routes } = definition
  const kind = definition.state === 'ready' ? definition.kind : undefined
  return {
    name,
    file,
    state,
    routes: hasDefaultUrl(definition) ? [`/.netlify/functions/${name}`] : routes.map(({ pattern }) => pattern),
    kind,
    isolation: definition.state === 'ready' ? definition.isolation : undefined,
    config: definition.state === 'ready' ? definition.config : undefined,
    events: definition.state === 'ready' ? definition.events : [],
    schedule: definition.state === 'ready' ? definition.config.schedule : undefined,
    error: definition.state === 'failed' ? definition.error : undefined
  }
}
