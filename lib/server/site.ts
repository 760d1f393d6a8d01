import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods, RouteOptions } from 'fastify'
import { FST_NETLIFY_EVENT_FUNCTION, FST_NETLIFY_FUNCTION_NOT_FOUND, FST_NETLIFY_INVALID_FUNCTION_NAME, FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { eventOfFunctionName } from '../functions/events.ts'
import { isValidFunctionName } from '../functions/name.ts'
import type { RouteRegistration } from '../functions/route-table.ts'
import { ownContentType, restoreContentType } from '../http/reply-head.ts'
import { endConnectionsOnClose } from './close-connections.ts'
import { acceptRawBodies } from './content-type.ts'
import { createDevServer } from './dev-server.ts'
import type { Forms } from './forms.ts'
import type { FunctionServer } from './functions.ts'
import { createImageServer, type ImageServerOptions } from './images.ts'
import type { Proxy } from './proxy.ts'
import type { RateLimits } from './rate-limit.ts'
import { addRouteTest } from './route-constraint.ts'
import { createSitePath, DEFAULT_URL, type SitePathOptions } from './site-path.ts'
import { createSiteRouter, type SiteMatch } from './site-router.ts'
import type { Site } from './site-version.ts'
import { createStaticServer, shownError } from './static.ts'
import { guardFile } from './static/read-guard.ts'
import type { Visitors } from './visitors.ts'
import type { WatchPages } from './watch-pages.ts'

export interface SiteOptions {
  /** The scope the user registered the plugin in, whose error handler counts. */
  readonly host: FastifyInstance
  readonly constraints: Readonly<Record<string, unknown>>
  readonly site: Site
  readonly rateLimits: RateLimits
  readonly serve: FunctionServer
  readonly forms: Forms | undefined
  readonly visitors: Visitors
  readonly proxy: Proxy
  readonly images: Pick<ImageServerOptions, 'images' | 'callFunction'>
  /** Origin of the dev server that gets what nothing else serves. */
  readonly devServer: string | undefined
  /** Shows errors in the browser, where changes of files are watched. */
  readonly pages: WatchPages | undefined
}

/** What `request.routeOptions.config.netlifyFunctions` says in a host's hooks. */
export interface RouteConfig {
  readonly netlifyFunctions: ReadonlyArray<{ readonly name: string, readonly path: string }>
}

const EVERYTHING = '/*'
/** Fastify reads no body of these. */
const BODYLESS = new Set(['GET', 'HEAD', 'TRACE'])
/** The prefix without a slash behind it, which `/*` does not match. */
const PREFIX_ITSELF = ''

/** By its name alone can it be told from a host's. */
const FASTIFYS_ERROR_HANDLER = 'defaultErrorHandler'

type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => void | Promise<FastifyReply>

/** Serves a site under Fastify's routes, in a scope of its own. */
export async function serveSite (app: FastifyInstance, options: SiteOptions): Promise<void> {
  const { site } = options
  if (/[:*]/.test(app.prefix)) throw new FST_NETLIFY_INVALID_OPTION('prefix', `and the prefixes of the scopes around it must have no parameters; they are "${app.prefix}"`)
  const methods = app.supportedMethods as HTTPMethods[]
  // Routes that a later version of the site has besides are served by the last one.
  const { registrations } = site.current.table
  const defaultUrl = `${app.prefix}/.netlify/functions/`
  const hostRoutes = new Set<string>()
  const sitePath = createSitePath({ ...routerOptions(app), prefix: app.prefix })
  const router = createSiteRouter({
    site,
    sitePath,
    prefix: app.prefix,
    ignoresSlashes: (app.initialConfig.routerOptions ?? app.initialConfig).ignoreTrailingSlash === true,
    glance: options.visitors.glance,
    acceptsForm: (request) => options.forms?.accepts(request) ?? false,
    mayServeNotFoundPage: () => !hostRoutes.has(`GET ${EVERYTHING}`),
    mayAskDevServer: (method) => devServer !== undefined && !hostRoutes.has(`${method} ${EVERYTHING}`)
  })
  const staticServer = await createStaticServer(app)
  const devServer = options.devServer === undefined ? undefined : createDevServer(app, options.devServer)
  const images = createImageServer({ ...options.images, countCall: options.rateLimits.count, prefix: app.prefix, find: (target) => router.find('GET', target), askDevServer: devServer?.get })
  const serve = options.rateLimits.guard(options.serve, serveInstead)

  const bodyHooks = acceptRawBodies(app)
  const endConnection = endConnectionsOnClose(app)
  followErrorHandler(app, options)
  options.pages?.register(app, options.constraints)
  app.decorateReply(ownContentType, null)
  app.addHook('onSend', (_request, reply, payload, done) => {
    restoreContentType(reply)
    endConnection(reply, payload)
    done(null, guardFile(reply, payload))
  })
  app.addHook('onReady', async () => { findHostRoutes() })
  const answer = createAnswer(app)

  for (const url of ['/.netlify/functions/*', '/.netlify/builders/*']) {
    addRoutes({ url, constraints: options.constraints, handler: serveByName })
  }
  const byUrl = Map.groupBy(registrations, ({ url }) => url)
  // Other spellings of the same paths, patterns without a fixed start, and files.
  const catchAll = byUrl.get(EVERYTHING) ?? []
  byUrl.delete(EVERYTHING)
  for (const [url, alike] of byUrl) addMatchedRoute(url, alike, isForRegistration)
  addMatchedRoute(EVERYTHING, catchAll, (found, hasHostRoute) => found !== undefined && !(found.kind === 'form' && hasHostRoute))
  if (app.prefix !== '') addMatchedRoute(PREFIX_ITSELF, catchAll, (found, hasHostRoute) => found !== undefined && !hasHostRoute)

  function addMatchedRoute (url: string, alike: readonly RouteRegistration[], serves: (found: SiteMatch | undefined, hasHostRoute: boolean, url: string) => boolean): void {
    const names = [...new Set(alike.map(({ functionName }) => functionName))].join(', ')
    const test = addRouteTest(app, `${app.prefix}${url} ${names}`.trim(), (request) => serves(router.match(request), hasHostRoute(request.method, url), url))
    const config: RouteConfig = { netlifyFunctions: alike.map(({ functionName, route }) => ({ name: functionName, path: route.pattern })) }
    addRoutes({ url, prefixTrailingSlash: 'slash', constraints: { ...options.constraints, ...test }, config, handler: serveMatched })
  }

  function addRoutes (route: Omit<RouteOptions, 'method'>): void {
    const handler = answer(route.handler as RouteHandler)
    app.route({ ...route, handler, method: methods.filter((method) => BODYLESS.has(method)), exposeHeadRoute: false })
    app.route({ ...route, ...bodyHooks, handler, method: methods.filter((method) => !BODYLESS.has(method)), exposeHeadRoute: false })
  }

  function isForRegistration (found: SiteMatch | undefined, hasHostRoute: boolean, url: string): boolean {
    const registration = found?.kind === 'function' ? found.registration : undefined
    return registration?.url === url && !(registration.matchesWholeUrl && hasHostRoute)
  }

  function hasHostRoute (method: string | undefined, url: string): boolean {
    return hostRoutes.size > 0 && hostRoutes.has(`${method} ${url}`)
  }

  /** Gives a promise only where nothing else tells Fastify what went wrong. */
  function serveMatched (request: FastifyRequest, reply: FastifyReply): void | Promise<FastifyReply> {
    return serveFound(router.match(request.raw), request, reply)
  }

  function serveFound (found: SiteMatch | undefined, request: FastifyRequest, reply: FastifyReply): void | Promise<FastifyReply> {
    if (found?.kind === 'undecided') return decideAndServe(found, request, reply)
    if (found?.kind === 'form') return options.forms!.submit(request, reply)
    if (found?.kind === 'not-found-page') return staticServer.sendNotFoundPage(reply, found)
    if (found?.kind === 'image') return images.serve(found, request, reply)
    if (found?.kind === 'redirect') reply.code(found.status).header('location', found.location).type('text/plain; charset=utf-8').send(`Redirecting to ${found.location}`)
    else if (found?.kind === 'proxy') options.proxy.forward(found, request, reply)
    else if (found?.kind === 'file') staticServer.send(reply, found)
    else if (found?.kind === 'dev-server') devServer!.serve(request, reply)
    else if (found?.kind === 'function') serve(found.call, request, reply)
    else reply.callNotFound()
  }

  async function decideAndServe ({ version, visitor }: Extract<SiteMatch, { kind: 'undecided' }>, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const found = router.decide(request.raw, version, await options.visitors.look(request, visitor))
    return await (serveFound(found, request, reply) ?? reply)
  }

  function serveByName (request: FastifyRequest, reply: FastifyReply): void | Promise<FastifyReply> {
    const version = site.current
    const target = request.raw.url ?? ''
    const known = version.callsByName.get(nameAsWritten(target))
    if (known !== undefined) return serve(known, request, reply)
    const name = DEFAULT_URL.exec(sitePath(target) ?? '')?.[1]
    // `/.netlify/functions/../../x` is `/x`, which Fastify's router does not know.
    if (name === undefined) return serveMatched(request, reply)
    if (name !== '' && !isValidFunctionName(name)) throw new FST_NETLIFY_INVALID_FUNCTION_NAME()
    const definition = version.functions.get(name)
    if (definition === undefined || definition.routes.length > 0) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(name)
    if (eventOfFunctionName(name) !== undefined) throw new FST_NETLIFY_EVENT_FUNCTION(name)
    if (definition.state === 'ready' && definition.eventsOnly) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(name)
    if (definition.state === 'ready' && definition.kind === 'scheduled') {
      request.log.info({ function: name }, 'a scheduled function has no URL; app.netlifyFunctions.invoke() runs it')
      throw new FST_NETLIFY_FUNCTION_NOT_FOUND(name)
    }
    serve({ version, definition, params: {}, route: undefined }, request, reply)
  }

  /** The name in a URL as most clients write it; other spellings are looked at more closely. */
  function nameAsWritten (target: string): string {
    if (!target.startsWith(defaultUrl)) return ''
    const query = target.indexOf('?', defaultUrl.length)
    return target.slice(defaultUrl.length, query === -1 ? undefined : query)
  }

  /** Without a further rate limit, so that no two functions send a request to and fro. */
  function serveInstead (path: string, request: FastifyRequest, reply: FastifyReply): boolean {
    const found = router.find(request.method, `${app.prefix}${path}`)
    if (found?.kind === 'file') {
      // As by a rewrite, wherever the file is.
      staticServer.send(reply, { ...found, location: undefined })
      return true
    }
    const call = found?.kind === 'function' ? found.call : site.current.callsByName.get(DEFAULT_URL.exec(path)?.[1] ?? '')
    if (call === undefined) return false
    options.serve(call, request, reply)
    return true
  }

  /** The router prefers our route of two with the same URL; the host's is to serve, unless ours is more specific. */
  function findHostRoutes (): void {
    for (const url of new Set([...registrations.map(({ url }) => url), EVERYTHING, PREFIX_ITSELF])) {
      for (const method of methods) {
        const constraints = options.constraints as never
        if (app.hasRoute({ method, url: `${app.prefix}${url}`, constraints })) hostRoutes.add(`${method} ${url}`)
      }
    }
    for (const route of hostRoutes) app.log.debug({ route }, 'a route of the app is served before the functions')
  }
}

/**
 * Gives what makes a route's handler of one that sends its reply later and says so to nobody. A hook of the host
 * may have wrapped it in an async function, and Fastify ends the reply with that one; so it gets the reply to wait for.
 */
function createAnswer (app: FastifyInstance): (handler: RouteHandler) => RouteHandler {
  const own = new Set<unknown>()
  let isWrapped = false
  // The host's hooks have run when this one does.
  app.addHook('onRoute', ({ handler }) => { isWrapped ||= !own.has(handler) })
  return (handler) => {
    const answer: RouteHandler = (request, reply) => {
      const sent = handler(request, reply)
      return sent ?? (isWrapped ? reply as unknown as Promise<FastifyReply> : undefined)
    }
    own.add(answer)
    return answer
  }
}

/** Fastify shows these in one of two places, by where they were given. */
function routerOptions ({ initialConfig }: FastifyInstance): Pick<SitePathOptions, 'caseSensitive' | 'ignoreDuplicateSlashes'> {
  const { caseSensitive = true, ignoreDuplicateSlashes = false } = initialConfig.routerOptions ?? initialConfig
  return { caseSensitive, ignoreDuplicateSlashes }
}

/**
 * A scope keeps the error handler it found when it was registered. One that the host sets later counts
 * too, so it is asked for at each error; otherwise the error goes on to the one that was found.
 */
function followErrorHandler (app: FastifyInstance, { host, pages }: SiteOptions): void {
  const found = host.errorHandler
  app.setErrorHandler((thrown, request, reply) => {
    const { errorHandler } = host
    const error = shownError(thrown, reply) as FastifyError
    const page = pages?.answer(error, request, reply, errorHandler.name !== FASTIFYS_ERROR_HANDLER)
    if (page !== undefined) return page
    if (errorHandler === found) throw error
    return errorHandler.call(host, error, request, reply)
  })
}
