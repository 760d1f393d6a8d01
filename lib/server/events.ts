import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_INVALID_EVENT, FST_NETLIFY_REQUEST_BODY_TOO_LARGE, FST_NETLIFY_UNKNOWN_EVENT } from '../errors.ts'
import type { FunctionDefinition, ReadyFunction } from '../functions/definition.ts'
import { EVENT_HEADER, EVENT_NAMES, eventOfFunctionName, eventTypes, findEvent, type EventKey, type EventSlug } from '../functions/events.ts'
import type { FunctionResponse } from '../functions/exchange.ts'
import type { StartInvocation } from '../invoke/invocation.ts'
import { invokeInTime } from '../invoke/invoker.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { Background } from './background.ts'
import type { Concurrency } from './concurrency.ts'
import { brokenFunctionError } from './error-detail.ts'
import type { Site, SiteVersion } from './site-version.ts'

/** What came of an event at one of the functions that it calls. */
export type EventDelivery =
  | { readonly outcome: 'returned', readonly function: string, readonly response: Response }
  /** A background function; the job's id is for `jobs`. */
  | { readonly outcome: 'queued', readonly function: string, readonly job: string }
  | { readonly outcome: 'failed', readonly function: string, readonly error: Error }

export interface EventsOptions {
  readonly site: Site
  readonly background: Pick<Background, 'accept'>
  readonly concurrency: Concurrency
  readonly startInvocation: StartInvocation
  readonly timeoutOf: (definition: FunctionDefinition) => number
  /** Bytes of the payload for a background function. */
  readonly maxBackgroundBody: number
  readonly exposeErrors: boolean
  readonly log: FastifyBaseLogger
}

/** Whom an event comes from, as far as it is known. */
export interface EventOrigin {
  readonly url?: string
  readonly requestId?: string
  readonly ip?: string
  readonly log?: FastifyBaseLogger
}

/** Calls the functions that have to do with an event. */
export interface Events {
  /** Whether any function hears of the event. */
  has (event: EventSlug): boolean
  /**
   * Each function is called by itself, all at once; one that fails does not keep the event from the others.
   * @throws FST_NETLIFY_UNKNOWN_EVENT, FST_NETLIFY_INVALID_EVENT
   */
  emit (event: EventKey | EventSlug, payload: unknown, origin?: EventOrigin): Promise<EventDelivery[]>
}

/** The Fetch standard forbids a body with these. */
const NULL_BODY_STATUS = new Set([204, 205, 304])

export function createEvents (options: EventsOptions): Events {
  const { site, log } = options

  return {
    has: (event) => subscribers(site.current, event).length > 0,

    async emit (name, payload, origin = {}) {
      const event = findEvent(name)
      if (event === undefined) throw new FST_NETLIFY_UNKNOWN_EVENT(name, EVENT_NAMES.join(', '))
      const body = encode(event, payload)
      const version = site.current
      return await Promise.all(subscribers(version, event).map(async (definition) => await attempt(version, definition, event, body, origin)))
    }
  }

  function subscribers ({ functions }: SiteVersion, event: EventSlug): FunctionDefinition[] {
    // Of a function that could not be loaded, only the name is known.
    return [...functions.values()].filter((definition) => definition.state === 'ready' ? definition.events.includes(event) : eventOfFunctionName(definition.name) === event)
  }

  async function attempt (version: SiteVersion, definition: FunctionDefinition, event: EventSlug, body: Uint8Array<ArrayBuffer>, origin: EventOrigin): Promise<EventDelivery> {
    try {
      if (definition.state === 'failed') throw brokenFunctionError(definition, options.exposeErrors)
      return await deliver(version, definition, event, body, origin)
    } catch (error) {
      const log = origin.log ?? options.log
      log.error({ err: error, function: definition.name, event }, `function "${definition.name}" failed at an event`)
      return { outcome: 'failed', function: definition.name, error: error as Error }
    }
  }

  async function deliver ({ identity, invoker }: SiteVersion, definition: ReadyFunction, event: EventSlug, body: Uint8Array<ArrayBuffer>, origin: EventOrigin): Promise<EventDelivery> {
    const { name } = definition
    const request = {
      method: 'POST',
      url: origin.url ?? new URL(`/.netlify/functions/${name}`, URL.canParse(identity.site.url ?? '') ? identity.site.url : 'http://localhost').href,
      headers: { 'content-type': 'application/json', 'content-length': String(body.length), [EVENT_HEADER]: event },
      body
    }
    const call = { functionName: name, requestId: origin.requestId ?? createRequestId(), ip: origin.ip ?? '', params: {}, route: undefined }
    if (definition.kind === 'background') {
      if (body.length > options.maxBackgroundBody) throw new FST_NETLIFY_REQUEST_BODY_TOO_LARGE(options.maxBackgroundBody)
      return { outcome: 'queued', function: name, job: await options.background.accept({ ...call, request }) }
    }

    const leave = options.concurrency.enter(name)
    const invocation = options.startInvocation({
      ...call, log: origin.log ?? log, trigger: 'event', isolation: definition.isolation, deployId: identity.deploy.id, request
    }, options.timeoutOf(definition))
    let failure: unknown
    try {
      const response = await invokeInTime(invoker, definition, request, invocation)
      return { outcome: 'returned', function: name, response: await complete(response, invocation.signal) }
    } catch (error) {
      failure = error
      throw error
    } finally {
      invocation.end({ error: failure })
      leave()
    }
  }
}

/** As it goes over the wire, so that a handler gets the same from a queue and at once. */
function encode (event: EventSlug, payload: unknown): Uint8Array<ArrayBuffer> {
  let text: string | undefined
  try {
    text = JSON.stringify(payload)
  } catch {}
  if (text === undefined) throw new FST_NETLIFY_INVALID_EVENT(`Failed to parse event payload as JSON for "${event}"`)
  const problem = eventTypes[event].problem(JSON.parse(text))
  if (problem !== undefined) throw new FST_NETLIFY_INVALID_EVENT(`Invalid event payload for "${event}": ${problem}`)
  return new TextEncoder().encode(text)
}

/** A response whose body is there: the call ends with it, and its time limit holds for it. */
async function complete ({ status, headers, body, scope = (read) => read() }: FunctionResponse, signal: AbortSignal): Promise<Response> {
  const content = body instanceof ReadableStream ? await scope(async () => await read(body, signal)) : body
  return new Response(NULL_BODY_STATUS.has(status) ? null : content as BodyInit | null, { status, headers: headers as Array<[string, string]> })
}

async function read (body: ReadableStream<unknown>, signal: AbortSignal): Promise<Blob> {
  const chunks = await Array.fromAsync(body.pipeThrough(new TransformStream(), { signal }))
  return new Blob(chunks as BlobPart[])
}
