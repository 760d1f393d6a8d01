/** What rules look at of a request. */
export interface RedirectRequest {
  /** Below the site's prefix, as `canonicalPath` gives it. */
  readonly path: string
  /** With its `?`, or empty. */
  readonly search: string
  readonly cookie: string | undefined
  readonly acceptLanguage: string | undefined
  /** `undefined` while it is not known. */
  readonly origin: { readonly scheme: string, readonly host: string } | undefined
  /** Two letters; `null` when nobody knows, `undefined` while it is not known yet. */
  readonly country: string | null | undefined
  /** Those that a token proves; `undefined` while it has not been verified. */
  readonly roles: readonly string[] | undefined
}

/** Netlify's, for a client that names no language. */
const DEFAULT_LANGUAGE = 'en'
const TAG = /^[a-z]{1,8}(?:-[a-z0-9]{1,8})*$/
const MAX_LANGUAGES = 100

/** The value of a cookie as it was sent, without quotes. */
export function cookieValue (header: string | undefined, name: string): string | undefined {
  if (header === undefined || !header.includes(name)) return undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim().replace(/^"(.*)"$/, '$1')
  }
}

/** The language a visitor has chosen by the cookie `nf_lang`, else the first of those with the highest weight; in lower case. */
export function preferredLanguage ({ cookie, acceptLanguage }: RedirectRequest): string {
  const chosen = cookieValue(cookie, 'nf_lang')
  if (chosen) return chosen.toLowerCase()
  let best = { tag: DEFAULT_LANGUAGE, weight: 0 }
  for (const item of acceptLanguage?.toLowerCase().split(',', MAX_LANGUAGES) ?? []) {
    const [tag = '', parameter = ''] = item.split(';').map((part) => part.trim())
    const weight = parameter.startsWith('q=') ? Number(parameter.slice(2)) : 1
    if (TAG.test(tag) && weight > best.weight) best = { tag, weight }
  }
  return best.tag
}
