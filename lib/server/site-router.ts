import type { IncomingMessage } from 'node:http'
import type { RouteMatch, RouteRegistration } from '../functions/route-table.ts'
import type { PublishedFiles } from '../site/published-files.ts'
import type { FunctionCall } from './functions.ts'
import type { SitePath } from './site-path.ts'
import type { Site, SiteVersion } from './site-version.ts'

/** What serves a request, if anything of the site does; it has what it needs of the version it was found in. */
export type SiteMatch =
  | { readonly kind: 'function', readonly call: FunctionCall, readonly registration: RouteRegistration | undefined }
  | { readonly kind: 'file', readonly file: string, readonly files: PublishedFiles }
  | { readonly kind: 'form' }
  | { readonly kind: 'not-found-page', readonly files: PublishedFiles }

export interface SiteRouter {
  /** Remembered per request, since the router asks for every route it tries. */
  match (request: IncomingMessage): SiteMatch | undefined
  /** @param target path and query, with the prefix */
  find (method: string, target: string): SiteMatch | undefined
}

export interface SiteRouterOptions {
  readonly site: Site
  readonly sitePath: SitePath
  /** Whether a request to a page may be the submission of a form. */
  readonly acceptsForm: (request: IncomingMessage) => boolean
  /** Whether the host leaves it to the site to say that nothing is there. */
  readonly mayServeNotFoundPage: () => boolean
}

const PAGE = /\.html?$/

/** By Netlify's order: function (a file first with `preferStatic`), then form, then file, then 404 page. */
export function createSiteRouter ({ site, sitePath, acceptsForm, mayServeNotFoundPage }: SiteRouterOptions): SiteRouter {
  const key = Symbol('match')

  function find (method: string, target: string): SiteMatch | undefined {
    const path = sitePath(target)
    if (path === undefined) return undefined
    const version = site.current
    const match = version.table.match(method, path)
    if (match !== undefined && !match.route.preferStatic) return functionMatch(version, match)

    const { files } = version
    const readable = method === 'GET' || method === 'HEAD'
    const file = readable ? files?.find(path) : undefined
    if (file !== undefined && files !== undefined) return { kind: 'file', file, files }
    if (match !== undefined) return functionMatch(version, match)
    return readable && files !== undefined && version.notFoundPage && mayServeNotFoundPage() ? { kind: 'not-found-page', files } : undefined
  }

  function findForm (request: IncomingMessage): SiteMatch | undefined {
    const { files } = site.current
    if (files === undefined || !acceptsForm(request)) return undefined
    const path = sitePath(request.url ?? '')
    if (path === undefined || path.startsWith('/.netlify/')) return undefined
    return PAGE.test(files.find(path) ?? '') ? { kind: 'form' } : undefined
  }

  return {
    find,
    match (request) {
      const remembered = request as { [key]?: SiteMatch | false }
      remembered[key] ??= find(request.method ?? '', request.url ?? '') ?? findForm(request) ?? false
      return remembered[key] || undefined
    }
  }
}

function functionMatch (version: SiteVersion, { functionName, route, params }: RouteMatch): SiteMatch | undefined {
  const definition = version.functions.get(functionName)
  if (definition === undefined) return undefined
  return { kind: 'function', call: { version, definition, params, route: route.pattern }, registration: version.registrations.get(route) }
}
