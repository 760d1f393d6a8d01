import { readdir } from 'node:fs/promises'
import { cores, startProcess, type BenchProcess } from './bench-process.ts'
import { benchmark } from './directory.ts'
import { sendBurst, type LoadGenerator } from './load-generator.ts'
import type { CpuTime, ServerOrder, ServerReady } from './messages.ts'
import { orderOfRound } from './order.ts'
import { checkReplies } from './replies.ts'
import { sum } from './statistics.ts'
import { pathOn, type Workload } from './workload.ts'

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
  readonly rounds: number
  readonly warmUpRounds: number
  /** How much of each burst is sent. */
  readonly part: number
  readonly servers: readonly string[]
  readonly load: LoadGenerator
  /** Where the CPU profile of a server goes; `undefined` takes none. */
  readonly profileFile: ((server: string) => string) | undefined
}

interface Contestant extends ServerReady {
  readonly name: string
  readonly process: BenchProcess<ServerOrder, CpuTime>
  readonly bursts: Array<{ readonly cpu: number, readonly requestsPerSecond: number, readonly p99: number }>
}

/** The names of all servers. */
export async function listServers (): Promise<string[]> {
  return (await readdir(new URL('servers/', benchmark))).map((file) => file.replace(/\.ts$/, '')).sort()
}

/**
 * Sends short bursts of one workload to each server in turn, so that what disturbs the machine
 * disturbs all of them. Throws unless all servers give the same reply.
 */
export async function compare (name: string, workload: Workload, options: ContestOptions): Promise<Figures[]> {
  const { rounds, warmUpRounds, part, servers, load, profileFile } = options
  const { method, body, connections = 50 } = workload
  const requests = Math.ceil((workload.requests ?? 2000) * part)
  const contestants: Contestant[] = []
  try {
    for (const server of servers) contestants.push(await startContestant(server, name))
    await checkReplies(workload, contestants)
    await takeTurns(warmUpRounds, async (contestant) => { await burst(contestant) })
    if (profileFile === undefined) await takeTurns(rounds, measure)
    else await profiled(contestants, profileFile, async () => await takeTurns(rounds, measure))
  } finally {
    await Promise.all(contestants.map(({ process }) => process.stop()))
  }
  return contestants.map(toFigures)

  async function takeTurns (rounds: number, turn: (contestant: Contestant) => Promise<void>): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const index of orderOfRound(contestants.length, round)) await turn(contestants[index]!)
    }
  }

  async function measure (contestant: Contestant): Promise<void> {
    const { process, bursts } = contestant
    const before = await process.ask({ kind: 'cpu' })
    const { milliseconds, p99 } = await burst(contestant)
    const after = await process.ask({ kind: 'cpu' })
    bursts.push({ cpu: (after.process - before.process) / requests, requestsPerSecond: requests / milliseconds * 1000, p99 })
  }

  async function burst ({ port, name }: Contestant): ReturnType<typeof sendBurst> {
    return await sendBurst(load, { port, method, paths: [pathOn(workload, name)], body, requests, connections, staysAwake: cores !== undefined })
  }
}

async function startContestant (name: string, workload: string): Promise<Contestant> {
  const [process, ready] = await startProcess<ServerOrder, CpuTime, ServerReady>({ script: 'serve', args: [name, workload], core: cores?.servers })
  return { ...ready, name, process, bursts: [] }
}

async function profiled (contestants: readonly Contestant[], profileFile: (server: string) => string, run: () => Promise<void>): Promise<void> {
  for (const { process } of contestants) await process.ask({ kind: 'start-profile' })
  await run()
  for (const { name, process } of contestants) await process.ask({ kind: 'stop-profile', file: profileFile(name) })
}

function toFigures ({ name, title, bursts }: Contestant): Figures {
  return {
    name,
    title,
    cpu: sum(bursts.map(({ cpu }) => cpu)) / bursts.length,
    cpuOfBursts: bursts.map(({ cpu }) => cpu),
    requestsPerSecond: bursts.map(({ requestsPerSecond }) => requestsPerSecond),
    p99: bursts.map(({ p99 }) => p99)
  }
}
