import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { FST_NETLIFY_FUNCTION_NOT_FOUND, FST_NETLIFY_INVALID_FUNCTION_NAME } from '../errors.ts'
import type { FunctionDefinition, FunctionRoute } from '../functions/definition.ts'
import { isValidFunctionName } from '../functions/name.ts'
import { canonicalPath } from '../functions/path.ts'
import { createRouteTable, type RouteRegistration, type RouteTable } from '../functions/route-table.ts'
import { removeDefaultContentType } from '../http/reply.ts'
import type { PublishedFiles } from '../site/published-files.ts'
import { endConnectionsOnClose } from './close-connections.ts'
import { acceptRawBodies } from './content-type.ts'
import type { FunctionServer } from './functions.ts'
import { addRouteTest } from './route-constraint.ts'
import { createSiteRouter } from './site-router.ts'
import { createStaticServer } from './static.ts'

export interface SiteOptions {
  /** The scope the user registered the plugin in, whose error handler counts. */
  readonly host: FastifyInstance
  readonly constraints: Readonly<Record<string, unknown>>
  readonly functions: ReadonlyMap<string, FunctionDefinition>
  readonly files: PublishedFiles | undefined
  /** Whether `404.html` answers what nothing else serves. */
  readonly notFoundPage: boolean
  readonly serve: FunctionServer
}

/** What `request.routeOptions.config.netlifyFunctions` says in a host's hooks. */
export interface RouteConfig {
  readonly netlifyFunctions: ReadonlyArray<{ readonly name: string, readonly path: string }>
}

const DEFAULT_URL = /^\/\.netlify\/(?:functions|builders)\/([^/]*)/
const EVERYTHING = '/*'

/** Serves a site under Fastify's routes, in a scope of its own. */
export async function serveSite (app: FastifyInstance, options: SiteOptions): Promise<void> {
  const { functions, files, serve } = options
  const methods = app.supportedMethods as HTTPMethods[]
  const table = createRouteTable([...functions.values()].flatMap(({ name, routes }) => routes.map((route) => ({ functionName: name, route }))))
  const registrations = new Map<FunctionRoute, RouteRegistration>(table.registrations.map((registration) => [registration.route, registration]))
  const hostRoutes = new Set<string>()
  const router = createSiteRouter({
    prefix: app.prefix,
    table,
    files,
    servesNotFoundPage: () => options.notFoundPage && !hostRoutes.has(`GET ${EVERYTHING}`)
  })
  const staticServer = files && await createStaticServer(app, files)

  acceptRawBodies(app)
  endConnectionsOnClose(app)
  followErrorHandler(app, options.host)
  app.addHook('onSend', (_request, reply, payload, done) => {
    removeDefaultContentType(reply)
    done(null, payload)
  })
  app.addHook('onReady', async () => { findHostRoutes() })

  for (const url of ['/.netlify/functions/*', '/.netlify/builders/*']) {
    app.route({ method: methods, url, constraints: options.constraints, exposeHeadRoute: false, handler: serveByName })
  }
  for (const [url, alike] of Map.groupBy(table.registrations, ({ url }) => url)) {
    if (url !== EVERYTHING) addMatchedRoute(url, alike.map(({ functionName, route }) => ({ name: functionName, path: route.pattern })))
  }
  // Other spellings of the same paths, patterns without a fixed start, and files.
  addMatchedRoute(EVERYTHING, table.registrations.filter(({ url }) => url === EVERYTHING).map(({ functionName, route }) => ({ name: functionName, path: route.pattern })))
  logOverlaps(table)

  function addMatchedRoute (url: string, netlifyFunctions: RouteConfig['netlifyFunctions']): void {
    const names = [...new Set(netlifyFunctions.map(({ name }) => name))].join(', ')
    const test = addRouteTest(app, `${app.prefix}${url} ${names}`.trim(), (request) => {
      const found = router.match(request)
      if (found === undefined || url === EVERYTHING) return found !== undefined
      const registration = found.kind === 'function' ? registrations.get(found.match.route) : undefined
      return registration?.url === url && !(registration.matchesWholeUrl && hostRoutes.has(`${request.method} ${url}`))
    })
    const config: RouteConfig = { netlifyFunctions }
    app.route({ method: methods, url, constraints: { ...options.constraints, ...test }, config, exposeHeadRoute: false, handler: serveMatched })
  }

  async function serveMatched (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const found = router.match(request.raw)
    if (found?.kind === 'file') return staticServer!.send(reply, found.file)
    if (found?.kind === 'not-found-page') return await staticServer!.sendNotFoundPage(reply)
    const definition = found && functions.get(found.match.functionName)
    if (found === undefined || definition === undefined) {
      reply.callNotFound()
      return reply
    }
    return await serve({ definition, params: found.match.params, route: found.match.route.pattern }, request, reply)
  }

  async function serveByName (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const name = DEFAULT_URL.exec(canonicalPath(request.raw.url ?? '').slice(app.prefix.length))?.[1]
    // `/.netlify/functions/../../x` is `/x`, which Fastify's router does not know.
    if (name === undefined) return await serveMatched(request, reply)
    if (name !== '' && !isValidFunctionName(name)) throw new FST_NETLIFY_INVALID_FUNCTION_NAME()
    const definition = functions.get(name)
    if (definition === undefined || definition.routes.length > 0) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(name)
    return await serve({ definition, params: {}, route: undefined }, request, reply)
  }

  /** The router prefers our route of two with the same URL; the host's is to serve, unless ours is more specific. */
  function findHostRoutes (): void {
    for (const url of new Set([...table.registrations.map(({ url }) => url), EVERYTHING])) {
      for (const method of methods) {
        const constraints = options.constraints as never
        if (app.hasRoute({ method, url: `${app.prefix}${url}`, constraints })) hostRoutes.add(`${method} ${url}`)
      }
    }
    for (const route of hostRoutes) app.log.debug({ route }, 'a route of the app is served before the functions')
  }

  function logOverlaps (table: RouteTable): void {
    for (const { pattern, functions: [first, second] } of table.overlaps()) {
      app.log.warn({ path: pattern, functions: [first, second] }, `functions "${first}" and "${second}" have the same path ${pattern}; "${first}" serves it`)
    }
  }
}

/**
 * A scope keeps the error handler it found when it was registered. One that the host sets later counts
 * too, so it is asked for at each error; otherwise the error goes on to the one that was found.
 */
function followErrorHandler (app: FastifyInstance, host: FastifyInstance): void {
  const found = host.errorHandler
  app.setErrorHandler((error, request, reply) => {
    const { errorHandler } = host
    if (errorHandler === found) throw error
    return errorHandler.call(host, error, request, reply)
  })
}
