/** See https://docs.netlify.com/build/functions/api/#cookies */
export interface CookieAttributes {
  readonly name: string
  readonly value: string
  readonly expires?: Date | number
  /** Seconds. */
  readonly maxAge?: number
  readonly domain?: string
  readonly path?: string
  readonly secure?: boolean
  readonly httpOnly?: boolean
  readonly sameSite?: 'Strict' | 'Lax' | 'None'
  readonly unparsed?: readonly string[]
}

export interface Cookies {
  readonly get: (name: string) => string | undefined
  readonly set: (nameOrCookie: string | CookieAttributes, value?: string) => void
  readonly delete: (nameOrCookie: string | Pick<CookieAttributes, 'name' | 'domain' | 'path'>) => void
}

/** The `set-cookie` values that a run of a function has asked for, in order. */
export interface CookieJar {
  readonly cookies: Cookies
  /** @throws when a cookie cannot be written */
  readonly setCookieValues: () => string[]
}

const FORBIDDEN_IN_VALUE = /[\s",;\\]/

export function createCookieJar (cookieHeader: string | undefined): CookieJar {
  const changes: CookieAttributes[] = []
  return {
    cookies: {
      get: (name) => readCookies(cookieHeader)[name],
      set (nameOrCookie, value) {
        const cookie = typeof nameOrCookie === 'string' ? { name: nameOrCookie, value } : nameOrCookie
        if (typeof cookie.value !== 'string') throw new TypeError('You must provide the cookie value as a string to \'cookies.set\'')
        changes.push(cookie as CookieAttributes)
      },
      delete (nameOrCookie) {
        const { name, domain, path = '/' } = typeof nameOrCookie === 'string' ? { name: nameOrCookie } : nameOrCookie
        changes.push({ name, value: '', path, expires: 0, ...(domain !== undefined && { domain }) })
      }
    },
    setCookieValues: () => changes.filter(({ name }) => name).map(serializeCookie)
  }
}

/** Values stay as sent; the last of several counts. */
function readCookies (header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null)
  for (const pair of header?.split(';') ?? []) {
    const [name = '', ...value] = pair.split('=')
    if (value.length > 0) cookies[name.trim()] = value.join('=')
  }
  return cookies
}

function serializeCookie (cookie: CookieAttributes): string {
  const { name, value, expires, maxAge, domain, path, secure, httpOnly, sameSite, unparsed = [] } = cookie
  if (/[\s=;,]/.test(name)) throw new Error(`Invalid cookie name "${name}".`)
  const forbidden = FORBIDDEN_IN_VALUE.exec(value)?.[0]
  if (forbidden !== undefined) throw new Error(`RFC2616 cookie '${name}' cannot contain character '${forbidden}'`)
  if (maxAge !== undefined && !(maxAge >= 0)) throw new Error(`Max-Age of cookie '${name}' must be 0 or more, it is ${maxAge}`)

  const isHost = name.startsWith('__Host')
  const parts = [`${name}=${value}`]
  if (secure || isHost || name.startsWith('__Secure')) parts.push('Secure')
  if (httpOnly) parts.push('HttpOnly')
  if (maxAge !== undefined) parts.push(`Max-Age=${maxAge}`)
  if (domain && !isHost) parts.push(`Domain=${domain}`)
  if (sameSite) parts.push(`SameSite=${sameSite}`)
  if (isHost) parts.push('Path=/')
  else if (path) parts.push(`Path=${path}`)
  if (expires !== undefined) parts.push(`Expires=${expiry(name, expires)}`)
  return [...parts, ...unparsed].join('; ')
}

function expiry (name: string, expires: Date | number): string {
  if (typeof expires === 'string') throw new TypeError(`"expires" of cookie '${name}' must be a Date or a number of milliseconds`)
  return new Date(expires).toUTCString()
}
