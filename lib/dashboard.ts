import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { createGuard, type DashboardAuth } from './dashboard/access.ts'
import { createActionHandler } from './dashboard/actions.ts'
import { loadAssets } from './dashboard/assets.ts'
import { drawError } from './dashboard/error-page.ts'
import { createForgeryCheck } from './dashboard/forgery.ts'
import { drawDocument } from './dashboard/layout.ts'
import { createLiveLog } from './dashboard/live-log.ts'
import { refuseOtherAddresses } from './dashboard/loopback.ts'
import { createNotices } from './dashboard/notices.ts'
import type { Page } from './dashboard/page.ts'
import { createPages } from './dashboard/pages.ts'
import { setSecurityHeaders } from './dashboard/security-headers.ts'
import { createStatistics } from './dashboard/statistics.ts'
import { FST_NETLIFY_DASHBOARD_NO_PAGE } from './errors.ts'
import type { NetlifyFunctions } from './server/handle.ts'

export type { DashboardAuth, DashboardCredentials } from './dashboard/access.ts'

/** The option `dashboard` with every default filled in. */
export interface DashboardSettings {
  readonly path: string
  /** `undefined` shows it to requests from this machine only. */
  readonly auth: DashboardAuth | undefined
}

export interface DashboardParts {
  readonly settings: DashboardSettings
  readonly handle: NetlifyFunctions
  /** Of the site. */
  readonly root: string
  readonly name: string | undefined
  /** Where the site lives; the dashboard lives below it. */
  readonly prefix: string
  readonly constraints: Readonly<Record<string, unknown>>
}

/** Bytes of a form. */
const LARGEST_FORM = 64 * 1024
const FORM = 'application/x-www-form-urlencoded'
const FOREVER = 'public, max-age=31536000, immutable'

/** Serves the dashboard of a site in a scope of its own. */
export async function registerDashboard (app: FastifyInstance, options: DashboardParts): Promise<void> {
  const { settings: { path, auth }, handle, root, name, prefix, constraints } = options
  if (auth === undefined) app.addHook('onReady', async () => { refuseOtherAddresses(app, path) })

  const statistics = createStatistics(handle)
  const { pages, actions } = createPages({ handle, statistics, root })
  const guard = createGuard(auth)
  const assets = loadAssets()
  const forgery = createForgeryCheck()
  const notices = createNotices()
  const liveLog = createLiveLog(handle.logs)

  await app.register(async (scope) => {
    const base = scope.prefix
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: LARGEST_FORM }, async (_request: FastifyRequest, body: string) => body)
    scope.setErrorHandler((error, request, reply) => drawError(error, request, reply, base, assets.style))
    scope.addHook('onRequest', async (request, reply) => {
      setSecurityHeaders(reply)
      await guard(request, reply)
    })
    scope.addHook('preClose', (done) => {
      liveLog.close()
      done()
    })

    for (const page of pages) addRoute('GET', page.path || '/', async (request, reply) => await show(page, request, reply))
    for (const { path, run } of actions) addRoute('POST', path, createActionHandler({ run, base, forgery, notices }))
    addRoute('GET', '/assets/:hash/:file', async (request, reply) => {
      const { hash = '', file = '' } = textsOf(request.params)
      const asset = assets.get(hash, file)
      if (asset === undefined) throw new FST_NETLIFY_DASHBOARD_NO_PAGE()
      return reply.header('cache-control', FOREVER).type(asset.type).send(asset.content)
    })
    addRoute('GET', '/events', async (request, reply) => {
      liveLog.watch(request, reply, textsOf(request.query))
      return reply
    })
    addRoute('GET', '/*', async () => { throw new FST_NETLIFY_DASHBOARD_NO_PAGE() })

    async function show ({ path, render }: Page, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const query = textsOf(request.query)
      const notice = notices.get(query['notice'])
      const { title, status = 200, body, refresh } = await render({ params: textsOf(request.params), query, base, csrfToken: forgery.token(), notice })
      return reply.code(status).type('text/html; charset=utf-8').send(drawDocument({ base, assets, path, title, site: name, notice, refresh, body }))
    }

    function addRoute (method: 'GET' | 'POST', url: string, handler: RouteOptions['handler']): void {
      // Swagger leaves out what is hidden.
      const schema: object = { hide: true }
      scope.route({ method, url, handler, schema, constraints: { ...constraints }, prefixTrailingSlash: 'both', exposeHeadRoute: false })
    }
  }, { prefix: `${prefix}${path}`, logLevel: 'warn' })
}

/** What a query or a path says once: hosts may have parsers of their own. */
function textsOf (values: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(Object(values) as object).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
