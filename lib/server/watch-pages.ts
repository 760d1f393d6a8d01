import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { drawErrorPage, errorPageHeaders, type ErrorReport } from './error-page.ts'
import { reportError } from './error-report.ts'
import { createLiveReload } from './live-reload.ts'
import type { BuildEvent } from './reload.ts'
import type { Site } from './site-version.ts'

/** Shows whoever works on a site in the browser what is wrong with it. */
export interface WatchPages {
  /** Adds the route of the events to the scope of the site. */
  register (scope: FastifyInstance, constraints: Readonly<Record<string, unknown>>): void
  /**
   * Answers a browser that goes to a page with one about the error; `undefined` for other clients and errors.
   *
   * @param hasHandler whether the host has an error handler of its own, to which all is left but functions that cannot run
   */
  answer (error: Error, request: FastifyRequest, reply: FastifyReply, hasHandler: boolean): Promise<FastifyReply> | undefined
  /** Has every such page load itself again. */
  onBuild (event: BuildEvent): void
}

export interface WatchPagesOptions {
  readonly site: Site
  readonly root: string
  /** Without it nobody sees source code. */
  readonly exposeErrors: boolean
}

/** Also the page that shows everything that is wrong. */
const PATH = '/.netlify/watch'
/** What our errors about a function begin with; a name has nothing else in it. */
const FUNCTION_NAME = /^Function "([\w-]+)"/
const LEAST_STATUS = 500
const NOT_SHOWN: ErrorReport = { title: 'Errors are not shown here', message: 'The option exposeErrors is off; the log of the server has them.', places: [], stack: '' }

export function createWatchPages ({ site, root, exposeErrors }: WatchPagesOptions): WatchPages {
  const live = createLiveReload()
  let events = PATH
  /** Why the last version was refused. */
  let refused: Error | undefined

  return {
    register (scope, constraints) {
      events = `${scope.prefix}${PATH}`
      scope.addHook('preClose', (done) => {
        live.close()
        done()
      })
      scope.get(PATH, { constraints, exposeHeadRoute: false }, async (request, reply) => {
        if (!isNavigation(request)) return live.connect(reply)
        return await show(exposeErrors ? reportAll() : [NOT_SHOWN], request, reply)
      })
    },
    answer (error, request, reply, hasHandler) {
      if (hasHandler && !isOfBrokenFunction(error)) return undefined
      const { code, statusCode = LEAST_STATUS } = error as { code?: string, statusCode?: number }
      const name = FUNCTION_NAME.exec(error.message)?.[1]
      if (!exposeErrors || statusCode < LEAST_STATUS || code?.startsWith('FST_NETLIFY_') !== true || name === undefined || !isNavigation(request)) return undefined
      request.log.error({ err: error }, error.message)
      return show(reportOne(error, name), request, reply.code(statusCode))
    },
    onBuild ({ error }) {
      refused = error
      live.announce()
    }
  }

  function isOfBrokenFunction (error: Error): boolean {
    return [...site.current.functions.values()].some((definition) => definition.state === 'failed' && definition.error === error)
  }

  async function reportOne (error: Error, name: string): Promise<ErrorReport[]> {
    return [...await reportRefusal(), await reportError(error, site.current.functions.get(name), root)]
  }

  async function reportAll (): Promise<ErrorReport[]> {
    const failed = [...site.current.functions.values()].filter((definition) => definition.state === 'failed')
    const reports = await Promise.all(failed.map(async (definition) => await reportError(definition.error, definition, root)))
    return [...await reportRefusal(), ...reports]
  }

  async function reportRefusal (): Promise<ErrorReport[]> {
    return refused === undefined ? [] : [await reportError(refused, undefined, root)]
  }

  async function show (reporting: Promise<ErrorReport[]> | ErrorReport[], { method }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // Of what is reported: a newer version has the page load itself again.
    const { version } = live
    const reports = await reporting
    const nonce = randomBytes(16).toString('base64')
    const reloads = method === 'GET' || method === 'HEAD'
    return await reply.headers(errorPageHeaders(nonce)).send(drawErrorPage({ reports, nonce, events, version, reloads }))
  }
}

/** Scripts ask for data, and say so. */
function isNavigation ({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode']
  return (headers.accept ?? '').includes('text/html') && (mode === undefined || mode === 'navigate')
}
