import Fastify, { type FastifyInstance } from 'fastify'
import type { NetlifyFunctionsOptions } from '../dist/index.js'
import { netlifyFunctions } from './plugin.ts'
import { listen } from './server.ts'

/** Serves a site with the plugin's defaults, but for what is given. */
export async function startSite (root: string, options?: NetlifyFunctionsOptions): Promise<number> {
  return await listen(await createSiteApp(root, options))
}

export async function createSiteApp (root: string, options: NetlifyFunctionsOptions = {}): Promise<FastifyInstance> {
  // Without a limit of time: a thousand functions are bundled on one core.
  const app = Fastify({ pluginTimeout: 0 })
  await app.register(netlifyFunctions, { root, ...options })
  return app
}
