import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../lib/index.ts'
import { createSite, isolation, type SiteFiles } from './helper.ts'

interface Test {
  teardown (tidy: () => unknown): void
}

const NODE_MODULES = join(import.meta.dirname, '../node_modules')

/** A site whose functions can import the packages that this repository has installed. */
export async function createSiteWithPackages (t: Test, files: SiteFiles): Promise<string> {
  const root = await createSite(t, files)
  await symlink(NODE_MODULES, join(root, 'node_modules'), 'dir')
  return root
}

/** A Fastify app that serves such a site, closed after the test. */
export async function createAppWithPackages (t: Test, files: SiteFiles, options: NetlifyFunctionsOptions = {}, serverOptions: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const root = await createSiteWithPackages(t, files)
  const app = Fastify(serverOptions)
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation, ...options })
  return app
}
