import { FST_NETLIFY_ENV_CONFLICT } from '../errors.ts'

/** Variables that sites of this process have set, and how many of them did. */
const shared = new Map<string, { readonly value: string, users: number, readonly added: boolean }>()

/**
 * Sets a site's variables in `process.env`, where packages look for them, unless they are there
 * already. Gives a function that takes them back.
 *
 * @throws FST_NETLIFY_ENV_CONFLICT when another site of this process has set one to something else
 */
export function shareEnv (variables: Readonly<Record<string, string>>): () => void {
  const entries = Object.entries(variables)
  const conflict = entries.find(([name, value]) => shared.has(name) && shared.get(name)?.value !== value)
  if (conflict !== undefined) throw new FST_NETLIFY_ENV_CONFLICT(conflict[0])

  for (const [name, value] of entries) {
    const known = shared.get(name)
    if (known !== undefined) known.users++
    else shared.set(name, { value, users: 1, added: process.env[name] === undefined })
    process.env[name] ??= value
  }

  let released = false
  return () => {
    if (released) return
    released = true
    for (const [name] of entries) release(name)
  }
}

function release (name: string): void {
  const known = shared.get(name)
  if (known === undefined || --known.users > 0) return
  shared.delete(name)
  if (known.added && process.env[name] === known.value) delete process.env[name]
}
