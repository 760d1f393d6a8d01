import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cores, startProcess, type BenchProcess } from '../bench-process.ts'
import { siteRoot } from '../directory.ts'
import { sendBurst, type LoadGenerator } from '../load-generator.ts'
import type { CpuTime, Traffic } from '../messages.ts'
import { sum } from '../statistics.ts'
import { drivers, type MeasuredQueue } from './drivers.ts'
import type { QueueOrder, QueueReply } from './messages.ts'

/** What one kind of request took; CPU time in microseconds per request. */
export interface RequestFigures {
  readonly cpu: number
  readonly mainThreadCpu: number
  readonly requestsPerSecond: readonly number[]
  /** Milliseconds. */
  readonly p99: readonly number[]
}

export interface QueueFigures {
  readonly queue: MeasuredQueue
  /** Background calls of a burst. */
  readonly calls: number
  /** A function that answers at once. */
  readonly hello: RequestFigures
  /** The same while background calls come and run. */
  readonly besideJobs: RequestFigures
  /** Background calls whose jobs wait. */
  readonly enqueue: RequestFigures
  readonly jobsPerSecond: readonly number[]
  /** Milliseconds from when the queue is given a job to its start, while nothing else happens. */
  readonly startDelays: readonly number[]
}

/** A queue that this machine cannot run. */
export interface UnmeasuredQueue {
  readonly queue: MeasuredQueue
  readonly reason: string
}

export interface QueueRounds {
  readonly rounds: number
  readonly warmUpRounds: number
}

interface Site {
  readonly args: readonly string[]
  /** Background calls of a burst. */
  readonly calls: number
}

interface Sample {
  readonly requests: number
  readonly before: CpuTime
  readonly after: CpuTime
  readonly requestsPerSecond: number
  readonly p99: number
}

type QueueProcess = BenchProcess<QueueOrder, QueueReply>

const REQUESTS = 2000
/** Calls of a burst where a database holds the jobs, which needs seconds to run 2,000 of them. */
const DATABASE_CALLS = 500
const IDLE_CALLS = 200
const HELLO: Traffic = { method: 'GET', paths: ['/.netlify/functions/hello'], connections: 50 }
const CALL: Traffic = { method: 'POST', paths: ['/.netlify/functions/note-background'], body: '{"note":"Buy milk"}', connections: 50, status: 202 }
/** Fewer callers, so that what is measured is what a call costs the others, and not how many callers there are. */
const BESIDE: Traffic = { ...CALL, connections: 10 }

/** Measures a site with a background function, on one queue. */
export async function measureQueue (driver: string, load: LoadGenerator, rounds: QueueRounds): Promise<QueueFigures | UnmeasuredQueue> {
  const queue = drivers[driver]!
  const reason = queue.database?.missing?.()
  if (reason !== undefined) return { queue, reason }

  const directory = await makeDirectory()
  try {
    const database = await queue.database?.start(directory)
    try {
      const calls = database === undefined ? REQUESTS : DATABASE_CALLS
      return { queue, calls, ...await measureSite({ args: [driver, database?.url ?? directory], calls }, load, rounds) }
    } finally {
      await database?.stop()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** On the disk of the benchmark: a temporary directory may lie in memory, where nothing waits for a disk. */
async function makeDirectory (): Promise<string> {
  const parent = siteRoot('.netlify')
  await mkdir(parent, { recursive: true })
  return await mkdtemp(join(parent, 'queue-'))
}

async function measureSite ({ args, calls }: Site, load: LoadGenerator, { rounds, warmUpRounds }: QueueRounds): Promise<Omit<QueueFigures, 'queue' | 'calls'>> {
  const [server, port] = await startProcess<QueueOrder, QueueReply, number>({ script: 'queue/serve', args, core: cores?.servers })
  const hello: Sample[] = []
  const besideJobs: Sample[] = []
  const enqueue: Sample[] = []
  const jobsPerSecond: number[] = []
  try {
    for (let round = 0; round < warmUpRounds; round++) await measureRound()
    for (const samples of [hello, besideJobs, enqueue, jobsPerSecond]) samples.length = 0
    for (let round = 0; round < rounds; round++) await measureRound()
    const startDelays = await measureStarts()
    return { hello: toFigures(hello), besideJobs: toFigures(besideJobs), enqueue: toFigures(enqueue), jobsPerSecond, startDelays }
  } finally {
    await server.stop()
  }

  async function measureRound (): Promise<void> {
    hello.push(await sample(HELLO, REQUESTS))
    await ask(server, 'hold')
    enqueue.push(await sample(CALL, calls))
    const { jobs, milliseconds } = await ask(server, 'drain')
    jobsPerSecond.push(jobs / milliseconds * 1000)
    besideJobs.push(await sample(HELLO, REQUESTS, BESIDE))
    await ask(server, 'drain')
  }

  async function sample (traffic: Traffic, requests: number, beside?: Traffic): Promise<Sample> {
    const { cpu: before } = await ask(server, 'cpu')
    const { milliseconds, p99 } = await sendBurst(load, { ...traffic, port, requests, ...(beside && { beside }) })
    const { cpu: after } = await ask(server, 'cpu')
    return { requests, before, after, requestsPerSecond: requests / milliseconds * 1000, p99 }
  }

  async function measureStarts (): Promise<readonly number[]> {
    await ask(server, 'watch')
    await sendBurst(load, { ...CALL, port, requests: IDLE_CALLS, connections: 1 })
    await ask(server, 'drain')
    return (await ask(server, 'delays')).delays
  }
}

async function ask<Kind extends QueueOrder['kind']> (server: QueueProcess, kind: Kind): Promise<Extract<QueueReply, { kind: Kind }>> {
  const reply = await server.ask({ kind })
  if (reply.kind !== kind) throw new Error(`the server of the queue answers ${reply.kind} and not ${kind}`)
  return reply as Extract<QueueReply, { kind: Kind }>
}

function toFigures (samples: readonly Sample[]): RequestFigures {
  const perRequest = (thread: keyof CpuTime): number => sum(samples.map(({ before, after }) => after[thread] - before[thread])) / sum(samples.map(({ requests }) => requests))
  return {
    cpu: perRequest('process'),
    mainThreadCpu: perRequest('mainThread'),
    requestsPerSecond: samples.map(({ requestsPerSecond }) => requestsPerSecond),
    p99: samples.map(({ p99 }) => p99)
  }
}
