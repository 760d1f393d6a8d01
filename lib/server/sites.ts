import type { FastifyInstance } from 'fastify'
import { FST_NETLIFY_DUPLICATE_SITE } from '../errors.ts'
import type { NetlifyFunctions } from './handle.ts'

type Sites = Map<string, NetlifyFunctions>

const sitesByHandle = new WeakMap<NetlifyFunctions, Sites>()

/**
 * The sites of a scope, by name.
 *
 * @param name of the one that is to be added
 * @throws FST_NETLIFY_DUPLICATE_SITE
 */
export function sitesOf (app: FastifyInstance, name: string | undefined): Sites {
  const sites: Sites = (app.hasDecorator('netlifyFunctions') && sitesByHandle.get(app.netlifyFunctions)) || new Map()
  if (name === undefined && app.hasDecorator('netlifyFunctions')) {
    throw new FST_NETLIFY_DUPLICATE_SITE('A site is registered in this scope already; give this one the option "name"')
  }
  if (name !== undefined && sites.has(name)) {
    throw new FST_NETLIFY_DUPLICATE_SITE(`A site named "${name}" is registered in this scope already; give this one another "name"`)
  }
  return sites
}

/** The first site of a scope is `app.netlifyFunctions`. */
export function addSite (app: FastifyInstance, sites: Sites, name: string | undefined, handle: NetlifyFunctions): void {
  if (name !== undefined) sites.set(name, handle)
  if (app.hasDecorator('netlifyFunctions')) return
  app.decorate('netlifyFunctions', handle)
  sitesByHandle.set(handle, sites)
}
