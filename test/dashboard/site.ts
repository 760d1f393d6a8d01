import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createSite, type SiteFiles } from '../helper.ts'

export const BASE = '/.netlify/dashboard'

/** A few functions of every kind, one of which does not build. */
export const files: SiteFiles = {
  'netlify/functions/hello.mjs': `
export default async (request) => {
  const { searchParams } = new URL(request.url)
  if (searchParams.has('say')) console.log(searchParams.get('say'))
  if (searchParams.has('warn')) console.warn(searchParams.get('warn'))
  if (searchParams.has('fail')) throw new Error(searchParams.get('fail'))
  return new Response('hello')
}
export const config = { path: ['/hello', '/hi/:name'] }
`,
  'netlify/functions/orders.mjs': 'export default async () => Response.json({})',
  'netlify/functions/mail-background.mjs': 'export default async () => { throw new Error("the server says no") }',
  'netlify/functions/nightly.mjs': 'export default async () => {}\nexport const config = { schedule: "@daily" }',
  'netlify/functions/broken.mjs': 'export default async () => { nope( }'
}

/** An app with a dashboard, which is `dashboard: true` unless the options say otherwise. */
export async function createDashboardApp (t: { teardown (tidy: () => unknown): void }, options: NetlifyFunctionsOptions = {}, serverOptions: FastifyServerOptions = {}, site = files): Promise<FastifyInstance> {
  const root = await createSite(t, site)
  const app = Fastify(serverOptions)
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation: 'inline', dashboard: true, queue: memoryQueue(), background: { retryDelays: [] }, ...options })
  return app
}

export function basic (username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** The token of a page's forms. */
export function tokenOf (page: string): string {
  return /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
}
