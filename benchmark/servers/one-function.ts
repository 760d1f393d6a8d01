import { generateSite } from '../generated-site.ts'
import type { BenchServer } from '../server.ts'
import { startSite } from '../site-server.ts'

export const server: BenchServer = {
  title: '**fastify-netlify-functions**, 1 function',
  start: () => startSite(generateSite([500]))
}
