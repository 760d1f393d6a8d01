import { readdir } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { startProcess, cores, type BenchProcess } from './bench-process.ts'
import type { Burst, BurstResult, ServerOrder, ServerReady } from './messages.ts'
import { sum } from './statistics.ts'
import type { Workload } from './workload.ts'

export interface Plan {
  readonly rounds: number
  readonly warmUpRounds: number
  /** Of one burst. */
  readonly requests: number
  readonly connections: number
}

/** What one server took for a workload. */
export interface Figures {
  readonly name: string
  readonly title: string
  /** Microseconds of CPU time per request over all bursts: the figure that is quoted. */
  readonly cpu: number
  /** The same for each burst. */
  readonly cpuOfBursts: readonly number[]
  readonly requestsPerSecond: readonly number[]
  /** Milliseconds. */
  readonly p99: readonly number[]
}

export interface ContestOptions {
  readonly plan: Plan
  readonly servers: readonly string[]
  readonly load: LoadGenerator
  /** Where the CPU profile of a server goes; `undefined` takes none. */
  readonly profileFile: ((server: string) => string) | undefined
}

export type LoadGenerator = BenchProcess<Burst, BurstResult>

interface Contestant extends ServerReady {
  readonly name: string
  readonly process: BenchProcess<ServerOrder, number>
  readonly bursts: Array<{ readonly cpu: number, readonly requestsPerSecond: number, readonly p99: number }>
}

/** The servers there are, the baseline first. */
export async function listServers (): Promise<string[]> {
  const names = (await readdir(new URL('servers/', import.meta.url))).map((file) => file.replace(/\.ts$/, ''))
  return names.sort((a, b) => Number(b === BASELINE) - Number(a === BASELINE) || a.localeCompare(b))
}

/** What the others are compared with. */
export const BASELINE = 'fastify'

export async function startLoadGenerator (): Promise<LoadGenerator> {
  const [load] = await startProcess<Burst, BurstResult, 'ready'>({ script: 'load', core: cores?.load })
  return load
}

/**
 * Sends short bursts of one workload to each server in turn, so that what disturbs the machine
 * disturbs all of them. Throws unless all servers give the same reply.
 */
export async function compare (workload: Workload, { plan, servers, load, profileFile }: ContestOptions): Promise<Figures[]> {
  const contestants: Contestant[] = []
  try {
    for (const name of servers) contestants.push(await startContestant(name))
    await checkReplies(workload, contestants)
    for (let round = 0; round < plan.warmUpRounds; round++) {
      for (const { port } of contestants) await burst(port)
    }
    if (profileFile !== undefined) await profiled(contestants, profileFile, measure)
    else await measure()
  } finally {
    await Promise.all(contestants.map(({ process }) => process.stop()))
  }
  return contestants.map(({ name, title, bursts }) => ({
    name,
    title,
    cpu: sum(bursts.map(({ cpu }) => cpu)) / bursts.length,
    cpuOfBursts: bursts.map(({ cpu }) => cpu),
    requestsPerSecond: bursts.map(({ requestsPerSecond }) => requestsPerSecond),
    p99: bursts.map(({ p99 }) => p99)
  }))

  async function measure (): Promise<void> {
    for (let round = 0; round < plan.rounds; round++) {
      // No server always follows the same one.
      const order = contestants.map((_, index) => contestants[(index + round) % contestants.length]!)
      for (const { process, port, bursts } of order) {
        const before = await process.ask({ kind: 'cpu' })
        const { milliseconds, p99 } = await burst(port)
        const after = await process.ask({ kind: 'cpu' })
        bursts.push({ cpu: (after - before) / plan.requests, requestsPerSecond: plan.requests / milliseconds * 1000, p99 })
      }
    }
  }

  async function burst (port: number): Promise<Extract<BurstResult, { kind: 'done' }>> {
    const { method, path, body = null } = workload
    const { requests, connections } = plan
    const result = await load.ask({ port, method, path, body, requests, connections })
    if (result.kind === 'failed') throw new Error(`${workload.title}: ${result.reason}`)
    return result
  }
}

async function startContestant (name: string): Promise<Contestant> {
  const [process, ready] = await startProcess<ServerOrder, number, ServerReady>({ script: 'serve', args: [name], core: cores?.servers })
  return { ...ready, name, process, bursts: [] }
}

async function checkReplies (workload: Workload, contestants: readonly Contestant[]): Promise<void> {
  let expected: unknown
  for (const { title, port } of contestants) {
    const reply = await replyOf(workload, port)
    expected ??= reply
    if (!isDeepStrictEqual(reply, expected)) throw new Error(`${workload.title}: ${title} answers\n${JSON.stringify(reply)} and not\n${JSON.stringify(expected)}`)
  }
}

async function replyOf ({ method, path, body }: Workload, port: number): Promise<{ status: number, type: string | undefined, body: string }> {
  const sent: RequestInit = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...sent })
  if (response.status !== 200) throw new Error(`${method} ${path} is answered with status ${response.status}: ${await response.text()}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  // Each server has its own spelling of `charset=utf-8`, and JSON needs none.
  const type = response.headers.get('content-type')?.toLowerCase().replace(/; *charset=utf-8$/, '')
  return { status: response.status, type, body: bytes.toString('latin1') }
}

async function profiled (contestants: readonly Contestant[], profileFile: (server: string) => string, run: () => Promise<void>): Promise<void> {
  for (const { process } of contestants) await process.ask({ kind: 'start-profile' })
  await run()
  for (const { name, process } of contestants) await process.ask({ kind: 'stop-profile', file: profileFile(name) })
}
