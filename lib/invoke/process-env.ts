import { FST_NETLIFY_ENV_CONFLICT } from '../errors.ts'

/** Variables that sites of this process have set, and how many of them did. */
const shared = new Map<string, { readonly value: string, users: number, readonly added: boolean }>()

/** They differ from site to site by nature; `process.env` has those of the site that came first. */
const OF_ONE_SITE = new Set(['SITE_ID', 'SITE_NAME', 'URL'])

/**
 * Sets a site's variables in `process.env`, where packages look for them, unless they are there
 * already. Gives a function that takes them back.
 *
 * @throws FST_NETLIFY_ENV_CONFLICT when another site of this process has set one to something else
 */
export function shareEnv (variables: Readonly<Record<string, string>>): () => void {
  const entries = Object.entries(variables)
  const taken = ([name, value]: [string, string]): boolean => shared.has(name) && shared.get(name)?.value !== value
  const conflict = entries.find((entry) => taken(entry) && !OF_ONE_SITE.has(entry[0]))
  if (conflict !== undefined) throw new FST_NETLIFY_ENV_CONFLICT(conflict[0])

  const own = entries.filter((entry) => !taken(entry))
  for (const [name, value] of own) {
    const known = shared.get(name)
    if (known !== undefined) known.users++
    else shared.set(name, { value, users: 1, added: process.env[name] === undefined })
    process.env[name] ??= value
  }

  let released = false
  return () => {
    if (released) return
    released = true
    for (const [name] of own) release(name)
  }
}

/** A site's variables in `process.env`, which may change with its version. */
export interface EnvShare {
  /** Puts others in their place, and gives what takes that back. @throws FST_NETLIFY_ENV_CONFLICT, and nothing has changed */
  replace (variables: Readonly<Record<string, string>>): () => void
  release (): void
}

/** @throws FST_NETLIFY_ENV_CONFLICT */
export function createEnvShare (first: Readonly<Record<string, string>>): EnvShare {
  let current = first
  let release = shareEnv(current)

  function put (variables: Readonly<Record<string, string>>): void {
    release()
    release = () => {}
    release = shareEnv(variables)
    current = variables
  }

  return {
    replace (variables) {
      const previous = current
      try {
        put(variables)
      } catch (error) {
        put(previous)
        throw error
      }
      return () => put(previous)
    },
    release: () => release()
  }
}

/** The variables of the process. */
export interface HostEnv {
  get (name: string): string | undefined
  toObject (): Record<string, string | undefined>
}

export const processEnv: HostEnv = {
  get: (name) => process.env[name],
  toObject: () => ({ ...process.env })
}

/** Without those that are there only because a site shares them: another site must not see them. */
export const hostEnv: HostEnv = {
  get (name) {
    const value = process.env[name]
    return isShared(name, value) ? undefined : value
  },
  toObject: () => Object.fromEntries(Object.entries(process.env).filter(([name, value]) => !isShared(name, value)))
}

function isShared (name: string, value: string | undefined): boolean {
  const known = shared.get(name)
  return known?.added === true && known.value === value
}

function release (name: string): void {
  const known = shared.get(name)
  if (known === undefined || --known.users > 0) return
  shared.delete(name)
  if (known.added && process.env[name] === known.value) delete process.env[name]
}
