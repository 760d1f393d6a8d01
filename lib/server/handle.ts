import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_FUNCTION_NOT_FOUND, FST_NETLIFY_REQUEST_BODY_TOO_LARGE, FST_NETLIFY_UNKNOWN_SITE } from '../errors.ts'
import { nextRun } from '../functions/cron.ts'
import { hasDefaultUrl } from '../functions/default-url.ts'
import type { FunctionDefinition, FunctionKind } from '../functions/definition.ts'
import { EVENT_HEADER, type EventKey, type EventSlug } from '../functions/events.ts'
import type { FunctionRequest, FunctionResponse } from '../functions/exchange.ts'
import { bodyStream, peekBody, type PeekedStream } from '../http/response-body.ts'
import type { StartInvocation } from '../invoke/invocation.ts'
import { invokeInTime } from '../invoke/invoker.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { JobEvent } from '../queue/attempt.ts'
import type { Background } from './background.ts'
import type { Concurrency } from './concurrency.ts'
import type { EventDelivery, Events } from './events.ts'
import type { FunctionCall } from './functions.ts'
import type { Jobs } from './jobs.ts'
import type { BuildEvent, Reload } from './reload.ts'
import { scheduledRequest } from './scheduled.ts'
import type { Site, SiteVersion } from './site-version.ts'

/** One function of a site, as `app.netlifyFunctions.functions` shows it. */
export interface FunctionInfo {
  readonly name: string
  /** The paths it answers to. */
  readonly routes: readonly string[]
  /** `undefined` while it is not known, because the function failed to load. */
  readonly kind: FunctionKind | undefined
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
  job: [event: JobEvent]
  /** A new version of the site is served, or could not be; see `reload`. */
  build: [event: BuildEvent]
}

/** `app.netlifyFunctions`. */
export interface NetlifyFunctions {
  /** Those that are served now. */
  readonly functions: readonly FunctionInfo[]
  readonly jobs: Jobs
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

export interface HandleOptions {
  readonly site: Site
  readonly jobs: Jobs
  readonly reload: Reload
  readonly background: Background
  /** Bytes. */
  readonly maxBackgroundBody: number
  readonly concurrency: Concurrency
  readonly emit: Events['emit']
  readonly startInvocation: StartInvocation
  readonly timeoutOf: (definition: FunctionDefinition) => number
  readonly log: FastifyBaseLogger
  readonly events: EventEmitter<SiteEvents>
  /** The sites of the scope, by name; filled as they are registered. */
  readonly sites: ReadonlyMap<string, NetlifyFunctions>
}

type InvokeOptions = Pick<HandleOptions, 'background' | 'maxBackgroundBody' | 'concurrency' | 'startInvocation' | 'timeoutOf' | 'log'>

export function createHandle (options: HandleOptions): NetlifyFunctions {
  const { events, site } = options
  return {
    get functions () {
      return [...site.current.functions.values()].map(toInfo)
    },
    jobs: options.jobs,
    invoke: async (name, request) => await invoke(options, site.current, name, request),
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
    events: definition.state === 'ready' ? definition.events : [],
    schedule: definition.state === 'ready' ? definition.config.schedule : undefined,
    error: definition.state === 'failed' ? definition.error : undefined
  }
}

/**
 * @param version on which the call ends
 * @param match what the URL said about it
 */
export async function invoke (options: InvokeOptions, { functions, invoker, identity }: SiteVersion, name: string, request: Request | undefined, match?: Pick<FunctionCall, 'params' | 'route'>): Promise<Response> {
  const definition = functions.get(name)
  if (definition === undefined) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(name)
  if (definition.state === 'failed') throw definition.error
  const call = { functionName: name, requestId: createRequestId(), ip: '', params: match?.params ?? {}, route: match?.route }
  const { kind, config: { schedule } } = definition
  const functionRequest = schedule !== undefined && (kind === 'scheduled' || request === undefined)
    ? scheduledRequest(name, nextRun(schedule, Date.now()), identity.site.url)
    : await toFunctionRequest(request ?? new Request(`http://localhost/.netlify/functions/${name}`))
  if (kind === 'background') {
    if ((functionRequest.body?.length ?? 0) > options.maxBackgroundBody) throw new FST_NETLIFY_REQUEST_BODY_TOO_LARGE(options.maxBackgroundBody)
    await options.background.accept({ ...call, request: functionRequest })
    return new Response(null, { status: 202 })
  }
  const leave = options.concurrency.enter(name)
  const invocation = options.startInvocation({ ...call, log: options.log }, options.timeoutOf(definition))
  const onAbort = (): void => invocation.abort(request?.signal.reason as Error)
  if (request?.signal.aborted) onAbort()
  request?.signal.addEventListener('abort', onAbort)
  const end = (): void => {
    request?.signal.removeEventListener('abort', onAbort)
    invocation.end()
    leave()
  }
  try {
    const response = await invokeInTime(invoker, definition, functionRequest, invocation)
    return await toResponse(kind === 'scheduled' ? { status: 204, headers: [], body: null } : response, invocation.signal, end)
  } catch (error) {
    end()
    throw error
  }
}

async function toFunctionRequest (request: Request): Promise<FunctionRequest & { body: Uint8Array<ArrayBuffer> | null }> {
  const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer())
  const { [EVENT_HEADER]: _, ...headers } = Object.fromEntries(request.headers)
  return { method: request.method, url: request.url, headers, body }
}

/** A body that is still being made is part of the call, which ends with it. */
async function toResponse ({ status, headers, body, scope }: FunctionResponse, signal: AbortSignal, end: () => void): Promise<Response> {
  const peeked = body instanceof ReadableStream ? await peekBody(body, scope) : undefined
  const content = peeked?.kind === 'stream' ? openBody(peeked, signal, end) : peeked?.bytes ?? body
  const response = new Response(content as BodyInit | null, { status, headers: headers as Array<[string, string]> })
  if (peeked?.kind !== 'stream') end()
  return response
}

function openBody (peeked: PeekedStream, signal: AbortSignal, end: () => void): unknown {
  const stream = bodyStream(peeked, () => {}, () => {})
  const onAbort = (): void => { stream.destroy(signal.reason as Error) }
  signal.addEventListener('abort', onAbort)
  stream.once('close', () => {
    signal.removeEventListener('abort', onAbort)
    end()
  })
  return Readable.toWeb(stream)
}
