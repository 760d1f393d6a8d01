import { createHmac } from 'node:crypto'
import { dirname } from 'node:path'
import { RedirectsHandler } from '@netlify/redirects'
import { canonicalPath, requestSearch } from '../../../lib/functions/path.ts'
import { uniformPath } from '../../../lib/site/redirects/rule-path.ts'
import { cookieValue } from '../../../lib/site/redirects/request.ts'
import { readRedirects } from '../../../lib/site/redirects.ts'

export interface RedirectRequest {
  readonly origin: string
  /** Path and query. */
  readonly target: string
  readonly language: string | undefined
  readonly cookies: readonly string[]
  readonly country: string
  /** Those of the token that the request has. */
  readonly roles: readonly string[] | undefined
}

/** What a matcher says about a request, in a form that can be compared. */
export interface Verdict {
  readonly kind: 'none' | 'denied' | 'redirect' | 'rewrite' | 'proxy'
  readonly status?: number
  readonly force?: boolean
  /** Absolute. */
  readonly target?: string
  readonly query?: ReadonlyArray<readonly [string, string]>
}

export type Matcher = (request: RedirectRequest) => Promise<Verdict>

const SECRET = 'secret'

/** Netlify's own matcher, for the rules in a file `_redirects`. */
export function createOracle (file: string): Matcher {
  const handlers = new Map<string, RedirectsHandler>()
  return async ({ origin, target, language, cookies, country, roles }) => {
    if (!handlers.has(country)) handlers.set(country, new RedirectsHandler({ configRedirects: [], geoCountry: country, jwtRoleClaim: 'app_metadata.authorization.roles', jwtSecret: SECRET, projectDir: dirname(file), publicDir: dirname(file) }))
    const cookie = [...cookies, ...(roles === undefined ? [] : [`nf_jwt=${token(roles)}`])].join('; ')
    const headers = { cookie, ...(language === undefined ? {} : { 'accept-language': language }) }
    try {
      const match = await handlers.get(country)!.match(new Request(origin + target, { headers }))
      if (match === undefined) return { kind: 'none' }
      const { statusCode: status, force, external, redirect } = match
      return { kind: redirect ? 'redirect' : external ? 'proxy' : 'rewrite', status, force, ...comparable(match.target) }
    } catch (error) {
      // It makes a URL of an empty text where a role is missing.
      if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL') return { kind: 'denied' }
      throw error
    }
  }
}

/** The matcher of this package. */
export async function createOurs (file: string): Promise<Matcher> {
  const redirects = await readRedirects({ file, first: [], toml: [], warn () {} })
  return async ({ origin, target, language, cookies, country, roles = [] }) => {
    const { protocol, host } = new URL(origin)
    const cookie = cookies.join('; ')
    const outcome = redirects?.match({
      path: canonicalPath(target),
      search: requestSearch(target),
      cookie,
      acceptLanguage: language,
      origin: { scheme: protocol.slice(0, -1), host },
      country: cookieValue(cookie, 'nf_country') ?? country,
      roles
    })
    if (outcome === undefined) return { kind: 'none' }
    if (outcome.kind === 'denied') return { kind: 'denied' }
    if (outcome.kind === 'undecided') throw new Error('everything is known')
    const { kind, status, force, destination } = outcome
    return { kind, status, force, ...comparable(new URL((destination.origin || origin) + destination.path + destination.search + destination.hash)) }
  }
}

function comparable ({ origin, pathname, searchParams, hash }: URL): Pick<Verdict, 'target' | 'query'> {
  return { target: origin + uniformPath(pathname) + hash, query: [...searchParams] }
}

function token (roles: readonly string[]): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ app_metadata: { authorization: { roles } }, exp: 4e9 })}`
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`
}
