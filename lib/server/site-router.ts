import type { IncomingMessage } from 'node:http'
import type { RouteMatch, RouteTable } from '../functions/route-table.ts'
import type { PublishedFiles } from '../site/published-files.ts'
import type { SitePath } from './site-path.ts'

/** What serves a request, if anything of the site does. */
export type SiteMatch =
  | { readonly kind: 'function', readonly match: RouteMatch }
  | { readonly kind: 'file', readonly file: string }
  | { readonly kind: 'form' }
  | { readonly kind: 'not-found-page' }

export interface SiteRouter {
  /** Remembered per request, since the router asks for every route it tries. */
  match (request: IncomingMessage): SiteMatch | undefined
  /** @param target path and query, with the prefix */
  find (method: string, target: string): SiteMatch | undefined
}

export interface SiteRouterOptions {
  readonly sitePath: SitePath
  readonly table: RouteTable
  readonly files: PublishedFiles | undefined
  /** Whether a request to a page may be the submission of a form. */
  readonly acceptsForm: (request: IncomingMessage) => boolean
  /** Asked when nothing else serves a request. */
  readonly servesNotFoundPage: () => boolean
}

const PAGE = /\.html?$/

/** By Netlify's order: function (a file first with `preferStatic`), then form, then file, then 404 page. */
export function createSiteRouter ({ sitePath, table, files, acceptsForm, servesNotFoundPage }: SiteRouterOptions): SiteRouter {
  const key = Symbol('match')

  function find (method: string, target: string): SiteMatch | undefined {
    const path = sitePath(target)
    if (path === undefined) return undefined
    const match = table.match(method, path)
    if (match !== undefined && !match.route.preferStatic) return { kind: 'function', match }

    const readable = method === 'GET' || method === 'HEAD'
    const file = readable ? files?.find(path) : undefined
    if (file !== undefined) return { kind: 'file', file }
    if (match !== undefined) return { kind: 'function', match }
    return readable && servesNotFoundPage() ? { kind: 'not-found-page' } : undefined
  }

  function findForm (request: IncomingMessage): SiteMatch | undefined {
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
