import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from './context.ts'

/** The environment variables of one site, under `Netlify.env`. */
export interface SiteEnv {
  get (name: string): string | undefined
  set (name: string, value: string): void
  has (name: string): boolean
  delete (name: string): void
  toObject (): Record<string, string>
}

interface Scope {
  readonly context: Context | null
  readonly env: SiteEnv
}

/** `getContext()` of @netlify/functions looks for the running call here. */
const STORE = Symbol.for('@netlify/functions/request-context-store')

const processEnv = createSiteEnv({})

/** Runs a site's code: `Netlify.env` is the site's, `Netlify.context` and `getContext()` the call's. */
export function runInScope<T> (context: Context | null, env: SiteEnv, run: () => T): T {
  installNetlifyGlobal()
  return scopes().run({ context, env }, run)
}

/** A site's own variables over those of the process. What a function sets is seen by its site only. */
export function createSiteEnv (variables: Readonly<Record<string, string>>): SiteEnv {
  const own = new Map<string, string | undefined>(Object.entries(variables))
  const get = (name: string): string | undefined => own.has(name) ? own.get(name) : process.env[name]
  return {
    get,
    set: (name, value) => { own.set(name, String(value)) },
    // Netlify tests for a value, so an empty variable counts as none.
    has: (name) => Boolean(get(name)),
    delete: (name) => { own.set(name, undefined) },
    toObject: () => Object.fromEntries(Object.entries({ ...process.env, ...Object.fromEntries(own) }).filter((entry): entry is [string, string] => entry[1] !== undefined))
  }
}

function scopes (): AsyncLocalStorage<Scope> {
  const holder = globalThis as { [STORE]?: AsyncLocalStorage<Scope> }
  holder[STORE] ??= new AsyncLocalStorage<Scope>()
  return holder[STORE]
}

function installNetlifyGlobal (): void {
  if ('Netlify' in globalThis) return
  const current = (): SiteEnv => scopes().getStore()?.env ?? processEnv
  const env: SiteEnv = {
    get: (name) => current().get(name),
    set: (name, value) => current().set(name, value),
    has: (name) => current().has(name),
    delete: (name) => current().delete(name),
    toObject: () => current().toObject()
  }
  const netlify = {
    get context () { return scopes().getStore()?.context ?? null },
    env
  }
  Object.defineProperty(globalThis, 'Netlify', { value: netlify, configurable: true, enumerable: true, writable: true })
}
