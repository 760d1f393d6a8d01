import type { IncomingMessage } from 'node:http'
import { canonicalPath, requestSearch } from '../functions/path.ts'
import type { RouteMatch, RouteRegistration } from '../functions/route-table.ts'
import type { RedirectRequest } from '../site/redirects/request.ts'
import { spellingsOf } from '../site/redirects/rule-path.ts'
import type { FunctionCall } from './functions.ts'
import type { ImageMatch } from './images.ts'
import { DEFAULT_URL } from './site-path.ts'
import { askRules, type Rewrite, type RuleMatch } from './redirects.ts'
import type { SitePath } from './site-path.ts'
import type { Site, SiteVersion } from './site-version.ts'
import type { FileMatch, NotFoundPageMatch } from './static.ts'

/** What serves a request, if anything of the site does; it has what it needs of the version it was found in. */
export type SiteMatch =
  | { readonly kind: 'function', readonly call: FunctionCall, readonly registration: RouteRegistration | undefined }
  | FileMatch
  | { readonly kind: 'form' }
  | ImageMatch
  | { readonly kind: 'dev-server' }
  | NotFoundPageMatch
  | RuleMatch

export interface SiteRouter {
  /** Remembered per request, since the router asks for every route it tries. */
  match (request: IncomingMessage): SiteMatch | undefined
  /** Without redirect rules. @param target path and query, with the prefix */
  find (method: string, target: string): SiteMatch | undefined
  /** Decides what was undecided, now that all is known of the visitor. */
  decide (request: IncomingMessage, version: SiteVersion, visitor: RedirectRequest): SiteMatch | undefined
}

export interface SiteRouterOptions {
  readonly site: Site
  readonly sitePath: SitePath
  /** URL prefix of the site. */
  readonly prefix: string
  /** Whether the app has said that a slash at the end of a path means nothing. */
  readonly ignoresSlashes: boolean
  /** What can be told of the visitor without waiting. */
  readonly glance: (request: IncomingMessage, path: string) => RedirectRequest
  /** Whether a request to a page may be the submission of a form. */
  readonly acceptsForm: (request: IncomingMessage) => boolean
  /** Whether the host leaves it to the site to say that nothing is there. */
  readonly mayServeNotFoundPage: () => boolean
  /** Whether a dev server gets requests of this method that nothing else serves. */
  readonly mayAskDevServer: (method: string) => boolean
}

type VisitorAt = (path: string) => RedirectRequest

const PAGE = /\.html?$/
const IMAGES = /^\/\.netlify\/images\/?$/
/** Netlify's own, of which a framework knows nothing. */
const RESERVED = /^\/\.netlify(?:\/|$)/i

/** By Netlify's order: function (a file first with `preferStatic`), then redirect rule, then form, then file, then dev server, then 404 page. */
export function createSiteRouter ({ site, sitePath, prefix, ignoresSlashes, glance, acceptsForm, mayServeNotFoundPage, mayAskDevServer }: SiteRouterOptions): SiteRouter {
  const key = Symbol('match')

  function find (version: SiteVersion, method: string, target: string, visitorAt?: VisitorAt): SiteMatch | undefined {
    const path = sitePath(target)
    if (path === undefined) return undefined
    if (path.startsWith('/.netlify/i') && IMAGES.test(path)) return { kind: 'image', search: searchOf(target), version }
    const match = version.table.match(method, path)
    if (match !== undefined && !match.route.preferStatic) return functionMatch(version, match)

    const { files } = version
    const file = findFile(version, method, path)
    if (match !== undefined && file === undefined) return findFrameworkRule(version, match, path, visitorAt) ?? functionMatch(version, match)
    const ruled = visitorAt === undefined ? undefined : findRuled(version, method, target, path, visitorAt)
    if (ruled !== undefined) return ruled.kind === 'nothing' ? findNotFoundPage(version, method, path) ?? ruled : ruled
    if (file === undefined || files === undefined) return findLast(version, method, path)
    return { kind: 'file', file, files, headerRules: version.headerRules, path, location: !ignoresSlashes && files.isMisplaced(path) ? otherPlace(target) : undefined }
  }

  /** Frameworks write rules for what their function, which is for every path, does not know: what leads away comes before it. */
  function findFrameworkRule (version: SiteVersion, { functionName }: RouteMatch, path: string, visitorAt: VisitorAt | undefined): SiteMatch | undefined {
    const definition = version.functions.get(functionName)
    if (visitorAt === undefined || version.redirects === undefined || definition?.state !== 'ready' || !definition.generated || RESERVED.test(path)) return undefined
    const ruled = askRules(version, visitorAt(path), false, prefix)
    if (ruled === undefined || ruled.kind === 'rewrite' || ruled.kind === 'nothing') return undefined
    return ruled.kind === 'redirect' && leadsToNoPage(version, ruled.location) ? undefined : ruled
  }

  /** Astro's rules for pages that it renders on demand name the file that they would have if they were not. */
  function leadsToNoPage ({ files }: SiteVersion, location: string): boolean {
    const path = location.startsWith('/') ? sitePath(location) : undefined
    return path?.endsWith('/index.html') === true && files?.find(path) === undefined
  }

  function findRuled (version: SiteVersion, method: string, target: string, path: string, visitorAt: VisitorAt): SiteMatch | undefined {
    if (version.redirects === undefined || !path.startsWith('/') || RESERVED.test(path)) return undefined
    const hasFile = version.files?.find(path) !== undefined
    // A file is found however its letters are written, so rules must be that guard it.
    const ruled = (hasFile ? spellingsOf(path) : [path]).map((spelling) => askRules(version, visitorAt(spelling), hasFile, prefix)).find((found) => found !== undefined)
    if (ruled?.kind !== 'rewrite') return ruled
    // A file that the rule has replaced is not served instead.
    return findRewritten(version, method, target, ruled) ?? (hasFile ? { kind: 'nothing' } : undefined)
  }

  /** A rewrite is followed once: what it leads to is no matter of rules. */
  function findRewritten (version: SiteVersion, method: string, target: string, { destination: { path, search }, status, force }: Rewrite): SiteMatch | undefined {
    const { files } = version
    // A function sees the path that was asked for.
    const rewritten = pathOf(target) + search
    if (IMAGES.test(path)) return { kind: 'image', search, version }
    const named = version.callsByName.get(DEFAULT_URL.exec(path)?.[1] ?? '')
    if (named !== undefined) return { kind: 'function', call: { ...named, target: rewritten }, registration: undefined }
    const file = findFile(version, method, path)
    const match = version.table.match(method, path)
    const definition = match !== undefined && !(match.route.preferStatic && file !== undefined) ? version.functions.get(match.functionName) : undefined
    // As on Netlify it has no parameters, which come from a path that fits its pattern.
    if (definition !== undefined) return { kind: 'function', call: { version, definition, params: {}, route: undefined, target: rewritten }, registration: undefined }
    if (file === undefined || files === undefined || (!force && mayAskDevServer(method))) return undefined
    return { kind: 'file', file, files, headerRules: version.headerRules, path: sitePath(target) ?? path, status }
  }

  /** What is left when there is nothing under a path. */
  function findLast (version: SiteVersion, method: string, path: string): SiteMatch | undefined {
    if (mayAskDevServer(method) && path.startsWith('/') && !RESERVED.test(path)) return { kind: 'dev-server' }
    return findNotFoundPage(version, method, path)
  }

  function findNotFoundPage ({ files, notFoundPage, headerRules }: SiteVersion, method: string, path: string): SiteMatch | undefined {
    return isReading(method) && files !== undefined && notFoundPage && mayServeNotFoundPage() ? { kind: 'not-found-page', files, headerRules, path } : undefined
  }

  function findForm (request: IncomingMessage): SiteMatch | undefined {
    const { files } = site.current
    if (files === undefined || !acceptsForm(request)) return undefined
    const path = sitePath(request.url ?? '')
    if (path === undefined || path.startsWith('/.netlify/')) return undefined
    return PAGE.test(files.find(path) ?? '') ? { kind: 'form' } : undefined
  }

  function findAny (version: SiteVersion, request: IncomingMessage, visitorAt: VisitorAt): SiteMatch | undefined {
    const found = find(version, request.method ?? '', request.url ?? '', visitorAt)
    return found === undefined || found.kind === 'dev-server' ? findForm(request) ?? found : found
  }

  return {
    find: (method, target) => find(site.current, method, target),
    decide: (request, version, visitor) => findAny(version, request, (path) => ({ ...visitor, path })),
    match (request) {
      const remembered = request as { [key]?: SiteMatch | false }
      remembered[key] ??= findAny(site.current, request, (path) => glance(request, path)) ?? false
      return remembered[key] || undefined
    }
  }
}

function findFile ({ files }: SiteVersion, method: string, path: string): string | undefined {
  return isReading(method) ? files?.find(path) : undefined
}

/** The same with a slash at its end, or without it. Two slashes at the start would be the name of another host. */
function otherPlace (target: string): string {
  const path = canonicalPath(target).replace(/^\/{2,}/, '/')
  return (path.endsWith('/') ? path.slice(0, -1) : `${path}/`) + requestSearch(target)
}

function isReading (method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function searchOf (target: string): string {
  return target.slice(pathOf(target).length)
}

function pathOf (target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

function functionMatch (version: SiteVersion, { functionName, route, params }: RouteMatch): SiteMatch | undefined {
  const definition = version.functions.get(functionName)
  if (definition === undefined) return undefined
  return { kind: 'function', call: { version, definition, params, route: route.pattern }, registration: version.registrations.get(route) }
}
