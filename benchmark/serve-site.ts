import { argv, memoryUsage } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import type { MemoryUse } from './messages.ts'
import { startSite } from './site-server.ts'

const COLLECTIONS = 20
/** Milliseconds between two. */
const PAUSE = 100

// Serves the site of the first argument, and ends with its runner. Every message asks how much memory is used.
process.on('disconnect', () => process.exit())
process.on('message', async () => {
  const use = await memoryUse()
  process.send?.(use)
})
process.send?.(await startSite(argv[2] ?? ''))

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
