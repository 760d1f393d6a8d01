import { format } from 'node:util'
import type { FunctionRequest } from '../functions/exchange.ts'
import { createCookieJar, type CookieJar, type Cookies } from './cookies.ts'
import type { Invocation } from './invocation.ts'
import type { SiteIdentity } from './site-identity.ts'

/** The second argument of a handler. See https://docs.netlify.com/build/functions/api/#netlify-specific-context-object */
export interface Context {
  readonly account: SiteIdentity['account']
  readonly cookies: Cookies
  readonly deploy: SiteIdentity['deploy']
  readonly flags: { readonly get: (name: string) => undefined, readonly evaluations: Set<string> }
  readonly geo: Readonly<Record<string, unknown>>
  readonly ip: string
  readonly json: (value: unknown) => Response
  readonly log: (...values: unknown[]) => void
  readonly next: () => never
  readonly params: Readonly<Record<string, string>>
  readonly path: string | undefined
  readonly requestId: string
  readonly rewrite: (url: string | URL) => Promise<Response>
  readonly server: { readonly region: string }
  readonly site: SiteIdentity['site']
  readonly url: URL
  readonly waitUntil: (work: unknown) => void
}

/** A plain object of own, enumerable data: frameworks spread and copy it. */
export function createContext (request: FunctionRequest, invocation: Invocation, identity: SiteIdentity): { context: Context, jar: CookieJar } {
  const { log, requestId } = invocation
  const jar = createCookieJar(request.headers.cookie)
  const context: Context = {
    account: { ...identity.account },
    cookies: jar.cookies,
    deploy: { ...identity.deploy },
    flags: { get: () => undefined, evaluations: new Set() },
    geo: {},
    ip: invocation.ip,
    json: (value) => Response.json(value),
    log: (...values) => log.info({ function: invocation.functionName, requestId }, format(...values)),
    next,
    params: { ...invocation.params },
    path: invocation.route,
    requestId,
    rewrite: async (url) => await rewrite(request.url, url),
    server: { region: identity.region },
    site: { ...identity.site },
    url: new URL(request.url),
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

/** A plain GET. A path keeps the query of the request, as on Netlify. */
async function rewrite (requestUrl: string, to: string | URL): Promise<Response> {
  if (typeof to !== 'string' || !to.startsWith('/')) return await fetch(new URL(to))
  const url = new URL(requestUrl)
  url.pathname = to
  return await fetch(url)
}
