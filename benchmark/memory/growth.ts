import { cores } from '../bench-process.ts'
import { siteRoot } from '../directory.ts'
import { generateSite, numbersTo } from '../generated-site.ts'
import { sendBurst, type LoadGenerator } from '../load-generator.ts'
import type { MemoryUse, Traffic } from '../messages.ts'
import { startSiteProcess } from '../site-process.ts'

/** What a server process uses after a few requests and after many. */
export interface Growth {
  readonly title: string
  readonly few: number
  readonly many: number
  readonly before: MemoryUse
  readonly after: MemoryUse
}

interface Scenario {
  readonly title: string
  readonly root: string
  readonly traffic: Traffic
  readonly few: number
  readonly many: number
}

const FUNCTIONS = 200
/** Requests that the load generator gets at once. */
const BURST = 10_000
const UPLOAD = 'x'.repeat(100_000)

/** Measures what stays behind of requests, of streams that nobody reads to the end, and of uploads. */
export async function measureGrowth (load: LoadGenerator, part: number): Promise<Growth[]> {
  const growths: Growth[] = []
  for (const scenario of scenarios()) growths.push(await grow(load, { ...scenario, many: Math.max(scenario.few * 2, scenario.many * part) }))
  return growths
}

function scenarios (): Scenario[] {
  const numbers = numbersTo(FUNCTIONS)
  const root = siteRoot('memory/site')
  return [
    {
      title: `requests to ${FUNCTIONS} functions in turn`,
      root: generateSite(numbers),
      traffic: { method: 'GET', paths: numbers.map((number) => `/greet/${number}/you`), connections: 50 },
      few: 10_000,
      many: 1_000_000
    },
    {
      title: 'streams that the client leaves',
      root,
      traffic: { method: 'GET', paths: ['/.netlify/functions/endless'], connections: 50, leaves: true },
      few: 1_000,
      many: 100_000
    },
    {
      title: 'uploads of 100 KB',
      root,
      traffic: { method: 'POST', paths: ['/.netlify/functions/upload'], body: UPLOAD, connections: 50 },
      few: 1_000,
      many: 10_000
    }
  ]
}

async function grow (load: LoadGenerator, { title, root, traffic, few, many }: Scenario): Promise<Growth> {
  const server = await startSiteProcess(root, { core: cores?.servers })
  try {
    await send(few)
    const before = await server.memory()
    await send(many - few)
    const after = await server.memory()
    return { title, few, many, before, after }
  } finally {
    await server.stop()
  }

  async function send (count: number): Promise<void> {
    for (let left = count; left > 0; left -= BURST) await sendBurst(load, { ...traffic, port: server.port, requests: Math.min(BURST, left) })
  }
}
