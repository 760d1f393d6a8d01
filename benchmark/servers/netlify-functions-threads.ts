import { siteRoot } from '../directory.ts'
import type { BenchServer } from '../server.ts'
import { startSite } from '../site-server.ts'

export const server: BenchServer = {
  title: '**fastify-netlify-functions**, in threads',
  start: ({ site = 'site' }) => startSite(siteRoot(site), { isolation: 'thread' })
}
