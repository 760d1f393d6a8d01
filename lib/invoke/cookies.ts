import type { FunctionRequest } from '../functions/exchange.ts'

/** See https://docs.netlify.com/build/functions/api/#cookies */
export interface CookieAttributes {
  readonly name: string
  readonly value: string
  /** A number is in milliseconds since 1970. */
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
  readonly delete: (nameOrCookie: string | Pick<CookieAttributes, 'name' | 'domain' | 'path'>) => void
  readonly get: (name: string) => string | undefined
  readonly set: (nameOrCookie: string | CookieAttributes, value?: string) => void
}

/** A token of RFC 2616, and the slash, which Netlify lets through. */
const NAME = /^[!#-'*+\-./\dA-Z^-z|~]+$/

const FORBIDDEN_IN_VALUE = /[\0-\x20",;\\\x7f]/

const BEYOND_ASCII = /[^\0-\x80]/
const FORBIDDEN_IN_PATH = /[^\x20-\x7e]|;/

const NONE: readonly string[] = []

/** What a run of a function sees and does of cookies. */
export class CookieJar {
  readonly cookies: Cookies
  #changes: CookieAttributes[] | undefined = undefined

  /** Nothing is parsed before a cookie is read. */
  constructor (request: Pick<FunctionRequest, 'headers'>) {
    this.cookies = {
      delete: (nameOrCookie) => {
        const cookie = typeof nameOrCookie === 'string' ? { name: nameOrCookie } : nameOrCookie
        this.#change({ path: '/', ...cookie, value: '', expires: new Date(0) })
      },
      get: (name) => readCookies(request.headers.cookie)[name],
      set: (nameOrCookie, value) => {
        if (typeof nameOrCookie !== 'string') this.#change(nameOrCookie)
        else if (typeof value === 'string') this.#change({ name: nameOrCookie, value })
        else throw new TypeError('You must provide the cookie value as a string to \'cookies.set\'')
      }
    }
  }

  /**
   * The `set-cookie` values that the run has asked for, in order.
   * @throws when a cookie cannot be written; that is known only here, as on Netlify
   */
  setCookieValues (): readonly string[] {
    return this.#changes === undefined ? NONE : this.#changes.filter(({ name }) => name).map(serializeCookie)
  }

  #change (cookie: CookieAttributes): void {
    (this.#changes ??= []).push(cookie)
  }
}

/** Values stay as sent; the last of several counts. */
function readCookies (header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null)
  for (const pair of header?.split(';') ?? []) {
    const [name = '', ...value] = pair.split('=')
    cookies[name.trim()] = value.join('=')
  }
  return cookies
}

function serializeCookie (cookie: CookieAttributes): string {
  const { name, value, expires, maxAge, domain, path, secure, httpOnly, sameSite, unparsed } = cookie
  const isHost = name.startsWith('__Host')
  checkCookie(cookie)

  const parts = [`${name}=${value}`]
  if (secure || isHost || name.startsWith('__Secure')) parts.push('Secure')
  if (httpOnly) parts.push('HttpOnly')
  if (Number.isInteger(maxAge)) parts.push(`Max-Age=${maxAge}`)
  if (domain && !isHost) parts.push(`Domain=${domain}`)
  if (sameSite) parts.push(`SameSite=${sameSite}`)
  if (isHost) parts.push('Path=/')
  else if (path) parts.push(`Path=${path}`)
  if (expires) parts.push(`Expires=${expiry(name, expires)}`)
  if (unparsed) parts.push(unparsed.join('; '))
  return parts.join('; ')
}

function checkCookie ({ name, value, maxAge = 0, domain, path }: CookieAttributes): void {
  if (!NAME.test(name)) throw new TypeError(`Invalid cookie name: "${name}".`)
  const forbidden = FORBIDDEN_IN_VALUE.exec(value)?.[0]
  if (forbidden !== undefined) throw new Error(`RFC2616 cookie '${name}' cannot contain character '${forbidden}'`)
  if (BEYOND_ASCII.test(value)) throw new Error(`RFC2616 cookie '${name}' can only have US-ASCII chars as value`)
  if (Number.isInteger(maxAge) && maxAge < 0) throw new Error(`Max-Age of cookie '${name}' must be 0 or more, it is ${maxAge}`)
  if (name.startsWith('__Host')) return
  if (domain && /^-|[.-]$/.test(domain)) throw new Error(`Invalid first/last char in cookie domain: ${domain}`)
  const inPath = path && FORBIDDEN_IN_PATH.exec(path)?.[0]
  if (inPath) throw new Error(`${path}: Invalid cookie path char '${inPath}'`)
}

function expiry (name: string, expires: Date | number): string {
  if (typeof expires === 'string') throw new TypeError(`"expires" of cookie '${name}' must be a Date or a number of milliseconds`)
  return new Date(expires).toUTCString()
}
