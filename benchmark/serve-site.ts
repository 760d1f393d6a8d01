import { argv, memoryUsage } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import type { MemoryUse, SiteOrder } from './messages.ts'
import { listen } from './server.ts'
import { createSiteApp } from './site-server.ts'

const COLLECTIONS = 20
/** Milliseconds between two. */
const PAUSE = 100

// Serves the site of the first argument with the options of the second, as JSON, and ends with its runner.
process.on('disconnect', () => process.exit())
process.on('message', async (order: SiteOrder) => process.send?.(await follow(order)))
const [, , root = '', options = '{}'] = argv
const app = await createSiteApp(root, JSON.parse(options))
process.send?.(await listen(app))

/** The reply to `reload` is how many milliseconds it took. */
async function follow (order: SiteOrder): Promise<MemoryUse | number> {
  if (order === 'memory') return await memoryUse()
  const start = performance.now()
  await app.netlifyFunctions.reload()
  return performance.now() - start
}

/** The least of several collections, since some things go only with timers and finalizers; each gives back what pages it can. */
async function memoryUse (): Promise<MemoryUse> {
  let least: MemoryUse = { heapUsed: Infinity, rss: Infinity }
  for (let turn = 0; turn < COLLECTIONS; turn++) {
    gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    const { heapUsed, rss } = memoryUsage()
    least = { heapUsed: Math.min(least.heapUsed, heapUsed), rss: Math.min(least.rss, rss) }
    await setTimeout(PAUSE)
  }
  return least
}
