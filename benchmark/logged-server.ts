import Fastify from 'fastify'
import { siteRoot } from './directory.ts'
import { netlifyFunctions } from './plugin.ts'
import { listen } from './server.ts'

/** Serves the site with a logger whose lines go nowhere, Fastify's own two lines per request included. */
export async function startLogged (invocations: boolean): Promise<number> {
  const app = Fastify({ pluginTimeout: 0, logger: { file: '/dev/null' } })
  await app.register(netlifyFunctions, { root: siteRoot('site'), logs: { invocations } })
  return await listen(app)
}
