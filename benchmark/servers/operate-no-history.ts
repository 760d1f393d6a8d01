import { siteRoot } from '../directory.ts'
import type { BenchServer } from '../server.ts'
import { startSite } from '../site-server.ts'

export const server: BenchServer = {
  title: 'with `logs: false`',
  start: () => startSite(siteRoot('site'), { logs: false })
}
