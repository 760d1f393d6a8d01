import { siteRoot } from '../directory.ts'
import type { BenchServer } from '../server.ts'
import { startSite } from '../site-server.ts'

export const server: BenchServer = {
  title: '**fastify-netlify-functions**, by a rewrite',
  start: ({ site = 'site' }) => startSite(siteRoot(site))
}
