import { generateRuledSite } from '../ruled-site.ts'
import type { BenchServer } from '../server.ts'
import { startSite } from '../site-server.ts'

export const server: BenchServer = {
  title: '**fastify-netlify-functions**, no redirect rules',
  start: () => startSite(generateRuledSite(0))
}
