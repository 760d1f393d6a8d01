const ORIGIN = 'http://h'
const SCHEME_AND_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\]*/i

/** A character that the URL parser changes in a path, or a segment that it resolves (`.`, `..`, `%2e`). */
const UNSETTLED_PATH = /[^!$-;=@-[\]_a-z|~]|\/(?:\.|%2[eE]){1,2}(?:\/|$)/
/** A character that the URL parser changes in a query, or the fragment after it. */
const UNSETTLED_SEARCH = /[^!$-&(-;=?-~]/

/**
 * Returns the pathname that `new URL()` gives to a request target (`req.url`: origin-form or
 * absolute-form), and `*` for the target of `OPTIONS *`. Never throws.
 */
export function canonicalPath (target: string): string {
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  if (path.charCodeAt(0) === 47 && !UNSETTLED_PATH.test(path)) return path
  return target === '*' ? target : parseTarget(target).pathname
}

/**
 * Returns the query of a request target with its `?`, encoded as `new URL().href` shows it, without
 * the fragment; an empty string when there is none.
 */
export function requestSearch (target: string): string {
  const query = target.indexOf('?')
  if (query === -1) return ''
  const search = target.slice(query)
  if (!UNSETTLED_SEARCH.test(search) && !target.includes('#')) return search
  const url = parseTarget(target)
  url.hash = ''
  return url.href.slice(ORIGIN.length + url.pathname.length)
}

// The host of an absolute-form target may be one that `new URL()` rejects, so it is not parsed.
function parseTarget (target: string): URL {
  const rest = target.replace(SCHEME_AND_AUTHORITY, '')
  return new URL(/^[/?#\\]/.test(rest) ? ORIGIN + rest : `${ORIGIN}/${rest}`)
}
