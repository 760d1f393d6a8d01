import { canonicalPath } from '../functions/path.ts'

// In any case, as the app may have turned `caseSensitive` off.
/** Where functions are that have no path of their own. */
export const DEFAULT_URL: RegExp = /^\/\.netlify\/(?:functions|builders)\/([^/]*)/i

export interface SitePathOptions {
  /** URL prefix of the site, `''` at the root. */
  readonly prefix: string
  /** Fastify's router options: what its routes ignore, the site ignores too. */
  readonly caseSensitive: boolean
  readonly ignoreDuplicateSlashes: boolean
}

/** Gives the canonical path of a request target below the site's prefix; `undefined` outside it. */
export type SitePath = (target: string) => string | undefined

export function createSitePath ({ prefix, caseSensitive, ignoreDuplicateSlashes }: SitePathOptions): SitePath {
  const inCase = (text: string): string => caseSensitive ? text : text.toLowerCase()
  const start = inCase(canonicalPath(prefix))

  return function sitePath (target) {
    const canonical = canonicalPath(target)
    const path = ignoreDuplicateSlashes ? canonical.replace(/\/{2,}/g, '/') : canonical
    if (prefix === '') return path
    if (!path.startsWith(start) && inCase(path.slice(0, start.length)) !== start) return undefined
    const rest = path.slice(start.length)
    return rest === '' ? '/' : rest.startsWith('/') ? rest : undefined
  }
}
