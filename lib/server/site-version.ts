import type { FastifyBaseLogger } from 'fastify'
import { hasDefaultUrl } from '../functions/default-url.ts'
import type { FunctionDefinition, FunctionRoute } from '../functions/definition.ts'
import { createRouteTable, type RouteRegistration, type RouteTable } from '../functions/route-table.ts'
import type { Invoker } from '../invoke/invoker.ts'
import type { SiteIdentity } from '../invoke/site-identity.ts'
import type { HeaderRules } from '../site/header-rules/table.ts'
import type { RemotePatterns } from '../site/images/remote-patterns.ts'
import type { PublishedFiles } from '../site/published-files.ts'
import type { Redirects } from '../site/redirects/table.ts'
import type { FunctionCall } from './functions.ts'

/** What a version of a site is made of. */
export interface SiteContents {
  readonly functions: ReadonlyMap<string, FunctionDefinition>
  /** Runs the functions of this version. */
  readonly invoker: Invoker
  readonly identity: SiteIdentity
  readonly files: PublishedFiles | undefined
  /** Whether `404.html` answers what nothing else serves. */
  readonly notFoundPage: boolean
  /** The images of other servers that may be transformed. */
  readonly remoteImages: RemotePatterns
  readonly redirects: Redirects | undefined
  /** What the responses with published files have besides. */
  readonly headerRules: HeaderRules | undefined
  /** The value of one of the site's variables. */
  readonly variable: (name: string) => string | undefined
}

/**
 * One version of a site. It never changes: `reload()` makes another one beside it and puts that in its place in one
 * step, while calls that have begun end on the version they began with.
 */
export interface SiteVersion extends SiteContents {
  readonly table: RouteTable
  /** Where Fastify's router would look for each route. */
  readonly registrations: ReadonlyMap<FunctionRoute, RouteRegistration>
  /** What a request for `/.netlify/functions/<name>` calls. */
  readonly callsByName: ReadonlyMap<string, FunctionCall>
}

/** A site that is served, and the version of it that new requests get. */
export interface Site {
  readonly current: SiteVersion
}

/** @throws TypeError for a pattern that `URLPattern` rejects */
export function createSiteVersion (contents: SiteContents): SiteVersion {
  const { functions } = contents
  const table = createRouteTable([...functions.values()].flatMap(({ name, routes }) => routes.map((route) => ({ functionName: name, route }))))
  const callsByName = new Map<string, FunctionCall>()
  const version: SiteVersion = {
    ...contents,
    table,
    registrations: new Map(table.registrations.map((registration) => [registration.route, registration])),
    callsByName
  }
  for (const definition of functions.values()) {
    if (hasDefaultUrl(definition)) callsByName.set(definition.name, { version, definition, params: {}, route: undefined })
  }
  return version
}

export function logOverlaps ({ table }: SiteVersion, log: FastifyBaseLogger): void {
  for (const { pattern, functions: [first, second] } of table.overlaps()) {
    log.warn({ path: pattern, functions: [first, second] }, `functions "${first}" and "${second}" have the same path ${pattern}; "${first}" serves it`)
  }
}
