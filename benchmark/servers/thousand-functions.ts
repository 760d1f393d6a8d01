import { generateSite, numbersTo } from '../generated-site.ts'
import type { BenchServer } from '../server.ts'
import { startSite } from '../site-server.ts'

export const server: BenchServer = {
  title: '**fastify-netlify-functions**, 1,000 functions',
  start: () => startSite(generateSite(numbersTo(1000)))
}
