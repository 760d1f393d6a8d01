import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { requestSearch } from '../functions/path.ts'
import type { VerifyToken } from '../invoke/caller.ts'
import { readGeo, type GeoHeader } from '../invoke/geo.ts'
import { cookieValue, type RedirectRequest } from '../site/redirects/request.ts'

/** Finds out what redirect rules look at of a request. */
export interface Visitors {
  /** What can be told without waiting. */
  glance (request: IncomingMessage, path: string): RedirectRequest
  /** Everything. Never rejects. */
  look (request: FastifyRequest, glanced: RedirectRequest): Promise<RedirectRequest>
}

export interface VisitorsOptions {
  /** `undefined` where nobody knows where clients are. */
  readonly geo: GeoHeader | undefined
  readonly verifyToken: VerifyToken | undefined
  readonly trustPlatformHeaders: boolean
}

const TOKEN_COOKIE = 'nf_jwt'
const COUNTRY_COOKIE = 'nf_country'
const NO_ROLES: readonly string[] = []

export function createVisitors ({ geo, verifyToken, trustPlatformHeaders }: VisitorsOptions): Visitors {
  return {
    glance (request, path) {
      const { headers } = request
      const country = cookieValue(headers.cookie, COUNTRY_COOKIE) || platformCountry(headers['x-nf-geo'])
      return {
        path,
        search: requestSearch(request.url ?? ''),
        cookie: headers.cookie,
        acceptLanguage: headers['accept-language'],
        origin: originOf(request),
        country: country ?? (geo === undefined ? null : undefined),
        roles: verifyToken === undefined || !cookieValue(headers.cookie, TOKEN_COOKIE) ? NO_ROLES : undefined
      }
    },

    async look (request, glanced) {
      const [country, roles] = await Promise.all([
        glanced.country === undefined ? countryOf(request) : glanced.country,
        glanced.roles ?? rolesOf(request)
      ])
      return { ...glanced, origin: { scheme: request.protocol, host: request.host }, country, roles }
    }
  }

  function platformCountry (header: string | string[] | undefined): string | undefined {
    return trustPlatformHeaders ? readGeo(header?.toString()).country?.code : undefined
  }

  async function countryOf (request: FastifyRequest): Promise<string | null> {
    const code = readGeo(await geo?.(request)).country?.code
    return typeof code === 'string' ? code : null
  }

  /** A token that is not accepted has no roles, as on Netlify. */
  async function rolesOf (request: FastifyRequest): Promise<readonly string[]> {
    try {
      return readRoles(await verifyToken?.(cookieValue(request.headers.cookie, TOKEN_COOKIE) ?? ''))
    } catch (error) {
      request.log.debug({ err: error }, `the token in the cookie ${TOKEN_COOKIE} was not accepted`)
      return NO_ROLES
    }
  }
}

/** Behind a proxy, Fastify may know better what the client asked for. */
function originOf ({ headers, socket }: IncomingMessage): RedirectRequest['origin'] {
  if (headers['x-forwarded-host'] !== undefined || headers['x-forwarded-proto'] !== undefined) return undefined
  const host = headers[':authority'] ?? headers.host ?? ''
  return { scheme: (socket as { encrypted?: boolean }).encrypted ? 'https' : 'http', host: host.toString() }
}

/** `app_metadata.authorization.roles`, which is where Netlify looks. */
function readRoles (claims: unknown): readonly string[] {
  const { app_metadata: metadata } = Object(claims) as { app_metadata?: { authorization?: { roles?: unknown } } }
  const roles = metadata?.authorization?.roles
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : NO_ROLES
}
