// RFC 9110, 5.6.2.
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
/** Code names few headers, but may make names up. */
const MOST_NAMES = 500

/** A look-up costs a third of a check. */
const known = new Map<string, string>()

/** Gives a header name in lower case; `undefined` for what is none. */
export function headerName (given: string): string | undefined {
  const name = known.get(given)
  return name ?? (TOKEN.test(given) ? remember(given, given.toLowerCase()) : undefined)
}

function remember (given: string, name: string): string {
  if (known.size < MOST_NAMES) known.set(given, name)
  return name
}
