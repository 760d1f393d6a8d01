/** A parameter that the query of a request must have for a rule: any value under a name, or this very one. */
export type QueryRule =
  | { readonly kind: 'any', readonly key: string, readonly name: string }
  | { readonly kind: 'value', readonly key: string, readonly value: string }

/** The parameters of a request; the last of several counts. */
export type Query = ReadonlyMap<string, string>

/** @returns what is wrong, as text */
export function readQueryRules (query: unknown): QueryRule[] | string {
  const rules: QueryRule[] = []
  for (const [key, value] of Object.entries(Object(query) as object)) {
    // A word without `=` before the destination, which asks for nothing on Netlify.
    if (value === undefined) continue
    if (typeof value !== 'string') return `the value of the parameter "${key}" must be a string`
    rules.push(value.length > 1 && value.startsWith(':') ? { kind: 'any', key, name: value.slice(1) } : { kind: 'value', key, value: decodeFormText(value) })
  }
  return rules
}

/** @param search with its `?`, or empty */
export function parseQuery (search: string): Query {
  const query = new Map<string, string>()
  for (const pair of search.slice(1).split('&')) {
    const equals = pair.indexOf('=')
    // Rules ask for `key=value`, so a mere key is none.
    if (equals > 0) query.set(pair.slice(0, equals), decodeFormText(pair.slice(equals + 1)))
  }
  return query
}

export function hasParameters (query: Query, rules: readonly QueryRule[]): boolean {
  return rules.every((rule) => rule.kind === 'any' ? query.has(rule.key) : query.get(rule.key) === rule.value)
}

function decodeFormText (text: string): string {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
