import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startProcess } from '../bench-process.ts'
import { generateSite, numbersTo } from '../generated-site.ts'
import { spread, type Spread } from '../statistics.ts'

/** Milliseconds from the start of the process to the first 200. */
export interface BootTimes {
  readonly functions: number
  readonly cold: Spread
  readonly warm: Spread
}

/** Of the site that is booted. */
export const BOOT_FUNCTIONS = 200
/** The path of its last function, and what that answers. */
export const lastFunction = { path: `/greet/${BOOT_FUNCTIONS}/you`, reply: `Function ${BOOT_FUNCTIONS} says: hello, you` }

/** Boots a site of TypeScript functions, each time without and with the bundles of an earlier boot. */
export async function measureBoot (runs: number): Promise<BootTimes> {
  const root = generateSite(numbersTo(BOOT_FUNCTIONS))
  // Not counted: it brings the files into the system's cache.
  await boot(root)
  const cold: number[] = []
  const warm: number[] = []
  for (let run = 0; run < runs; run++) {
    await rm(join(root, '.netlify'), { recursive: true })
    cold.push(await boot(root))
    warm.push(await boot(root))
  }
  return { functions: BOOT_FUNCTIONS, cold: spread(cold), warm: spread(warm) }
}

async function boot (root: string): Promise<number> {
  const start = performance.now()
  const [process, port] = await startProcess<never, never, number>({ script: 'serve-site', args: [root] })
  try {
    const response = await fetch(`http://127.0.0.1:${port}${lastFunction.path}`)
    const text = await response.text()
    if (text !== lastFunction.reply) throw new Error(`the booted site answers ${response.status}: ${text}`)
    return performance.now() - start
  } finally {
    await process.stop()
  }
}
