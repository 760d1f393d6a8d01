import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateSite, numbersTo } from '../generated-site.ts'
import type { Isolation } from '../isolation.ts'
import { sendBurst, type LoadGenerator } from '../load-generator.ts'
import type { Traffic } from '../messages.ts'
import { startSiteProcess } from '../site-process.ts'

/** What requests notice while a site is reloaded again and again. */
export interface ReloadFigures {
  readonly isolation: Isolation
  readonly functions: number
  /** Milliseconds of each reload. */
  readonly reloads: readonly number[]
  readonly requests: number
  /** What became of the requests that were not answered with 200. */
  readonly failures: readonly string[]
  /** Milliseconds, of each burst. */
  readonly p99: readonly number[]
}

const FUNCTIONS = 200
/** Of a burst; there are bursts until the last reload has ended. */
const REQUESTS = 500
const TRAFFIC: Traffic = { method: 'GET', paths: ['/.netlify/functions/version', '/greet/2/you', `/greet/${FUNCTIONS}/you`], connections: 10 }

/** Changes one function of a site before each reload, under load. */
export async function measureReloads (isolation: Isolation, count: number, load: LoadGenerator): Promise<ReloadFigures> {
  const root = generateSite(numbersTo(FUNCTIONS))
  await writeVersion(root, 0)
  const server = await startSiteProcess(root, { options: { isolation } })
  const reloads: number[] = []
  const p99: number[] = []
  const failures: string[] = []
  const over = new AbortController()
  let requests = 0
  try {
    await Promise.all([keepSending(), reloadAll().finally(() => over.abort())])
    return { isolation, functions: FUNCTIONS, reloads, requests, failures, p99 }
  } finally {
    await server.stop()
  }

  async function keepSending (): Promise<void> {
    while (!over.signal.aborted) {
      const result = await sendBurst(load, { ...TRAFFIC, port: server.port, requests: REQUESTS, countsFailures: true })
      requests += REQUESTS
      p99.push(result.p99)
      failures.push(...result.failures)
    }
  }

  async function reloadAll (): Promise<void> {
    for (let version = 1; version <= count; version++) {
      await writeVersion(root, version)
      reloads.push(await server.reload())
      const response = await fetch(`http://127.0.0.1:${server.port}${TRAFFIC.paths[0]}`)
      const text = await response.text()
      if (text !== `version ${version}`) throw new Error(`after reload ${version} the function answers ${response.status}: ${text}`)
    }
  }
}

async function writeVersion (root: string, version: number): Promise<void> {
  await writeFile(join(root, 'netlify', 'functions', 'version.ts'), `export default async (): Promise<Response> => new Response('version ${version}')\n`)
}
