import Fastify, { type FastifyInstance, type FastifyServerOptions, type LightMyRequestResponse } from 'fastify'
import { netlifyFunctions, type BuildEvent, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createSite, writeFiles, type SiteFiles } from '../helper.ts'

export interface WatchedSite {
  readonly app: FastifyInstance
  readonly root: string
  readonly origin: string
  /** Writes files and waits for the build that it leads to. */
  save (files: SiteFiles, isIt?: (event: BuildEvent) => boolean): Promise<BuildEvent>
  /** Changes something and waits for the build that it leads to. */
  after (change: () => Promise<unknown>, isIt?: (event: BuildEvent) => boolean): Promise<BuildEvent>
  /** What a function of the site answers. */
  ask (path: string): Promise<string>
  /** What a browser gets that goes to a page. */
  visit (path: string): Promise<LightMyRequestResponse>
}

/** Serves a site on a socket, and watches its files. */
export async function watchSite (t: { teardown (tidy: () => unknown): void }, files: SiteFiles, { port = 0, ...options }: NetlifyFunctionsOptions & { port?: number } = {}, serverOptions: FastifyServerOptions = {}, prepare: (app: FastifyInstance) => void = () => {}): Promise<WatchedSite> {
  const root = options.root ?? await createSite(t, files)
  const app = Fastify({ forceCloseConnections: true, ...serverOptions })
  t.teardown(async () => { await app.close() })
  prepare(app)
  await app.register(netlifyFunctions, { root, watch: true, ...options })
  const origin = await app.listen({ port, host: '127.0.0.1' })

  async function after (change: () => Promise<unknown>, isIt: (event: BuildEvent) => boolean = () => true): Promise<BuildEvent> {
    const { promise, resolve } = Promise.withResolvers<BuildEvent>()
    const listener = (event: BuildEvent): void => { if (isIt(event)) resolve(event) }
    app.netlifyFunctions.on('build', listener)
    await change()
    const event = await promise
    app.netlifyFunctions.off('build', listener)
    return event
  }

  return {
    app,
    root,
    origin,
    after,
    save: async (changed, isIt) => await after(async () => await writeFiles(root, changed), isIt),
    // Node.js's fetch() cannot pretend to be one.
    visit: async (path) => await app.inject({ url: path, headers: { accept: 'text/html,application/xhtml+xml;q=0.9', 'sec-fetch-mode': 'navigate' } }),
    ask: async (path) => await (await fetch(`${origin}${path}`)).text()
  }
}

/** A function that answers with what an expression gives. */
export function saying (expression: string, imports = '', config = ''): string {
  return `${imports}\nexport default () => new Response(String(${expression}))\n${config}`
}
