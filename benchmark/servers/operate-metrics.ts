import { siteRoot } from '../directory.ts'
import type { BenchServer } from '../server.ts'
import { startSite } from '../site-server.ts'

export const server: BenchServer = {
  title: 'with `metrics`',
  start: () => startSite(siteRoot('site'), { metrics: { path: '/metrics' } })
}
