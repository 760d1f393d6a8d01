import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyBaseLogger } from 'fastify'
import type { InvocationRecord } from '../functions/invocation-record.ts'
import type { OutputLevel } from '../functions/output.ts'
import { installFetchObjects } from '../http/fetch-objects.ts'
import { awslambda } from '../lambda/streamify.ts'
import { installConsole } from './console.ts'
import type { Context } from './context.ts'
import { hostEnv, processEnv, type HostEnv } from './process-env.ts'

/** The environment variables of one site, under `Netlify.env`. */
export interface SiteEnv {
  get (name: string): string | undefined
  set (name: string, value: string): void
  has (name: string): boolean
  delete (name: string): void
  toObject (): Record<string, string>
}

/** Whose code runs: a function, and the log of the call or of the site. */
export interface RunningCode {
  readonly functionName: string
  /** `undefined` while the function is loaded. */
  readonly requestId?: string | undefined
  readonly job?: InvocationRecord['job']
  readonly log: FastifyBaseLogger
}

/** Takes what a function prints, in a bounded length. */
export type Print = (code: RunningCode, level: OutputLevel, text: string) => void

/** What the user's code sees while it runs, also later in what it started. */
export interface Scope {
  /** `null` outside of a call and in the Lambda form. */
  readonly context: Context | null
  readonly env: SiteEnv
  readonly code: RunningCode
  readonly print: Print
  /** Gives who is signed in, under the global `netlifyIdentityContext`. */
  readonly identityContext?: (() => unknown) | undefined
}

/** `getContext()` of @netlify/functions looks for the running call here. */
const STORE = Symbol.for('@netlify/functions/request-context-store')

/** For code that runs outside of every call. */
const siteless = createSiteEnv({}, processEnv)

/** Runs a function's code: `Netlify.env` is its site's, `Netlify.context` and `getContext()` the call's. */
export function runInScope<T> (scope: Scope, run: () => T): T {
  return scopes().run(scope, run)
}

/** As `runInScope`, for all that follows in the microtask of the caller, where nothing has to be put back. */
export function enterScope (scope: Scope): void {
  scopes().enterWith(scope)
}

/** Puts in place what functions find as globals, unless it is there. */
export function installGlobals (): void {
  installFetchObjects()
  installConsole(print, runningCode)
  installNetlifyGlobal()
  installAwsLambda()
}

/** The function whose code runs now, or started what runs now. */
export function runningCode (): RunningCode | undefined {
  return scopes().getStore()?.code
}

/** A site's own variables over those of its host. What a function sets is seen by its site only. */
export function createSiteEnv (variables: Readonly<Record<string, string>>, host: HostEnv = hostEnv): SiteEnv {
  const own = new Map<string, string | undefined>(Object.entries(variables))
  const get = (name: string): string | undefined => own.has(name) ? own.get(name) : host.get(name)
  return {
    get,
    set: (name, value) => { own.set(name, String(value)) },
    // Netlify tests for a value, so an empty variable counts as none.
    has: (name) => Boolean(get(name)),
    delete: (name) => { own.set(name, undefined) },
    toObject: () => Object.fromEntries(Object.entries({ ...host.toObject(), ...Object.fromEntries(own) }).filter((entry): entry is [string, string] => entry[1] !== undefined))
  }
}

/** Outside of every call, a text goes the way it would have gone without us. */
function print (level: OutputLevel, text: string): void {
  const scope = scopes().getStore()
  if (scope === undefined) console[level](text)
  else scope.print(scope.code, level, text)
}

function scopes (): AsyncLocalStorage<Scope> {
  const holder = globalThis as { [STORE]?: AsyncLocalStorage<Scope> }
  holder[STORE] ??= new AsyncLocalStorage<Scope>()
  return holder[STORE]
}

function installNetlifyGlobal (): void {
  if ('Netlify' in globalThis) return
  const current = (): SiteEnv => scopes().getStore()?.env ?? siteless
  const env: SiteEnv = {
    delete: (name) => current().delete(name),
    get: (name) => current().get(name),
    has: (name) => current().has(name),
    set: (name, value) => current().set(name, value),
    toObject: () => current().toObject()
  }
  const netlify = {
    get context () { return scopes().getStore()?.context ?? null },
    env
  }
  Object.defineProperty(globalThis, 'Netlify', { value: netlify, configurable: true, enumerable: true, writable: true })
  Object.defineProperty(globalThis, 'netlifyIdentityContext', { get: () => scopes().getStore()?.identityContext?.() ?? null, configurable: true })
}

/** For functions that stream in the Lambda form. Nobody else sees it: packages take it for a sign that they run on Lambda. */
function installAwsLambda (): void {
  if ('awslambda' in globalThis) return
  Object.defineProperty(globalThis, 'awslambda', {
    get: () => runningCode() === undefined ? undefined : awslambda,
    set: (value: unknown) => Object.defineProperty(globalThis, 'awslambda', { value, configurable: true, enumerable: true, writable: true }),
    configurable: true
  })
}
