import { parseArgs } from 'node:util'
import { listServers, type ContestOptions } from './contest.ts'
import { drivers } from './queue/drivers.ts'
import type { Workload } from './workload.ts'
import { workloads } from './workloads.ts'

/** What a run measures, and how long. */
export interface Choice {
  readonly workloads: readonly string[]
  readonly contest: Rounds & Pick<ContestOptions, 'part'>
  /** Those of a workload that take part; always the one the others are compared with. */
  readonly serversOf: (workload: Workload) => string[]
  readonly profiles: boolean
  readonly boots: number
  /** Queues. */
  readonly drivers: readonly string[]
  readonly queue: Rounds
  /** The part of all requests after which memory is looked at; 0 leaves memory out. */
  readonly memory: number
  /** `undefined` leaves threads out. */
  readonly threads: Rounds | undefined
  /** Reloads; 0 leaves them out. */
  readonly reloads: number
  /** Saves of a file that is watched; 0 leaves that out. */
  readonly saves: number
  /** Whether the cost of logs, metrics and traces is measured. */
  readonly operate: boolean
  /** Directory of an installed netlify-cli. */
  readonly netlifyCli: string | undefined
  /** Whether the figures are fit to be written into the documentation. */
  readonly isComplete: boolean
}

interface Rounds {
  readonly rounds: number
  readonly warmUpRounds: number
}

const FULL = {
  contest: { part: 1, rounds: 60, warmUpRounds: 10 }, queue: { rounds: 20, warmUpRounds: 5 }, threads: { rounds: 20, warmUpRounds: 3 }, boots: 9, memory: 1, reloads: 100, saves: 20
}
const QUICK: typeof FULL = {
  contest: { part: 0.4, rounds: 4, warmUpRounds: 3 }, queue: { rounds: 2, warmUpRounds: 1 }, threads: { rounds: 1, warmUpRounds: 0 }, boots: 1, memory: 0.01, reloads: 5, saves: 3
}

/** Reads the command line. What it names is all that is measured; if it names nothing, everything is. */
export async function choose (): Promise<Choice> {
  const servers = await listServers()
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      'cpu-prof': { type: 'boolean', default: false },
      workload: { type: 'string', multiple: true, default: [] },
      server: { type: 'string', multiple: true, default: servers },
      boot: { type: 'boolean', default: false },
      queue: { type: 'string', multiple: true, default: [] },
      memory: { type: 'boolean', default: false },
      threads: { type: 'boolean', default: false },
      reload: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      operate: { type: 'boolean', default: false },
      netlify: { type: 'string' }
    }
  })
  const { quick, 'cpu-prof': profiles, workload, server, boot, queue, memory, threads, reload, watch, operate, netlify } = values
  checkNames('workload', workload, [...workloads.keys()])
  checkNames('server', server, servers)
  checkNames('queue', queue, Object.keys(drivers))

  const everything = workload.length === 0 && queue.length === 0 && ![boot, memory, threads, reload, watch, operate].includes(true)
  // A profile slows down what it watches, and only servers of workloads are profiled.
  const others = everything && !profiles
  const plan = quick ? QUICK : FULL
  return {
    workloads: everything ? [...workloads.keys()] : workload,
    contest: plan.contest,
    serversOf,
    profiles,
    boots: boot || others ? plan.boots : 0,
    // A queue with a database of its own has no goals.
    drivers: others ? Object.keys(drivers).filter((name) => !quick || drivers[name]!.database === undefined) : queue,
    queue: plan.queue,
    memory: memory || others ? plan.memory : 0,
    threads: threads || others ? plan.threads : undefined,
    reloads: reload || others ? plan.reloads : 0,
    saves: watch || others ? plan.saves : 0,
    operate: operate || others,
    netlifyCli: netlify,
    isComplete: everything && !quick && !profiles && server.length === servers.length
  }

  function serversOf (workload: Workload): string[] {
    // One without goals compares all its servers.
    const needed = quick && workload.goals.length > 0 ? [workload.servers[0], ...workload.goals.flatMap(({ of = 'netlify-functions', against, favourites = against }) => [of, ...favourites])] : workload.servers
    return workload.servers.filter((name, index) => index === 0 || (needed.includes(name) && server.includes(name)))
  }
}

function checkNames (option: string, given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`--${option} ${unknown} is not known; there are ${known.join(', ')}`)
}
