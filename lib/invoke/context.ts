import { format } from 'node:util'
import type { FunctionRequest } from '../functions/exchange.ts'
import { boundOutput } from '../functions/output.ts'
import { CookieJar, type Cookies } from './cookies.ts'
import { createFlags, type Flags } from './flags.ts'
import { readGeo, type Geo } from './geo.ts'
import type { Print } from './globals.ts'
import type { Invocation } from './invocation.ts'
import { createLazyUrl } from './lazy-url.ts'
import type { SiteIdentity } from './site-identity.ts'

/** The second argument of a handler. See https://docs.netlify.com/build/functions/api/#netlify-specific-context-object */
export interface Context {
  readonly account: SiteIdentity['account']
  readonly cookies: Cookies
  readonly deploy: SiteIdentity['deploy']
  readonly flags: Flags
  /** The pattern of `config.path` that matched. */
  readonly path: string | undefined
  readonly geo: Geo
  readonly ip: string
  readonly json: (value: unknown) => Response
  readonly log: (...values: unknown[]) => void
  readonly next: () => never
  readonly params: Readonly<Record<string, string>>
  readonly requestId: string
  readonly rewrite: (url: string | URL) => Promise<Response>
  readonly server: { readonly region: string }
  readonly site: SiteIdentity['site']
  readonly url: URL
  readonly waitUntil: (work: unknown) => void
}

/**
 * A plain object of own, enumerable data, in Netlify's order: frameworks spread and copy it.
 *
 * @param request with the headers of the platform, whose word counts as on Netlify
 * @param json makes the kind of `Response` that the function has
 * @param print takes what it logs
 */
export function createContext (request: FunctionRequest, invocation: Invocation, identity: SiteIdentity, json: Context['json'], print: Print): { context: Context, jar: CookieJar } {
  const { requestId } = invocation
  const told = request.platformHeaders ?? request.headers
  const jar = new CookieJar(request)
  const context: Context = {
    account: { id: told['x-nf-account-id'] ?? identity.account.id },
    cookies: jar.cookies,
    deploy: deployOf(told, identity),
    flags: createFlags(),
    path: invocation.route,
    geo: readGeo(told['x-nf-geo']),
    ip: told['x-nf-client-connection-ip'] ?? invocation.ip,
    json,
    log: (...values) => print(invocation, 'info', boundOutput(format(...values))),
    next,
    params: { ...invocation.params },
    requestId,
    rewrite: (to) => fetch(rewriteUrl(request.url, to)),
    server: { region: identity.region },
    site: { ...identity.site },
    url: createLazyUrl(request),
    waitUntil
  }
  return { context, jar }

  function waitUntil (...args: unknown[]): void {
    if (args.length === 0) throw new TypeError('waitUntil: At least 1 argument required, but only 0 passed')
    invocation.waitUntil(Promise.resolve(args[0]))
  }
}

function next (): never {
  throw new Error('`context.next` is not implemented for serverless functions')
}

function deployOf (told: FunctionRequest['headers'], { deploy }: SiteIdentity): Context['deploy'] {
  const published = told['x-nf-deploy-published']
  return {
    branch: told['x-nf-branch'] ?? deploy.branch,
    context: told['x-nf-deploy-context'] ?? deploy.context,
    id: told['x-nf-deploy-id'] ?? deploy.id,
    published: published === undefined ? deploy.published : published === '1',
    skewProtectionToken: deploy.skewProtectionToken
  }
}

/** A path keeps the query of the request, as on Netlify. @throws TypeError for any other URL that is not absolute */
function rewriteUrl (requestUrl: string, to: string | URL): URL {
  if (to instanceof URL) return to
  if (!to.startsWith('/')) return new URL(to)
  const url = new URL(requestUrl)
  url.pathname = to
  return url
}
