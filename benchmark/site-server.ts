import Fastify from 'fastify'
import { netlifyFunctions } from './plugin.ts'
import { listen } from './server.ts'

/** Serves a site with nothing but the plugin's defaults. */
export async function startSite (root: string): Promise<number> {
  // Without a limit of time: a thousand functions are bundled on one core.
  const app = Fastify({ pluginTimeout: 0 })
  await app.register(netlifyFunctions, { root })
  return await listen(app)
}
