import { cores, startProcess, type BenchProcess } from '../bench-process.ts'
import { sendBurst, type LoadGenerator } from '../load-generator.ts'
import type { CpuTime, Traffic } from '../messages.ts'
import { sum } from '../statistics.ts'
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
  readonly driver: string
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

export interface QueueRounds {
  readonly rounds: number
  readonly warmUpRounds: number
}

interface Sample {
  readonly before: CpuTime
  readonly after: CpuTime
  readonly requestsPerSecond: number
  readonly p99: number
}

type QueueProcess = BenchProcess<QueueOrder, QueueReply>

const REQUESTS = 2000
const IDLE_CALLS = 200
const HELLO: Traffic = { method: 'GET', paths: ['/.netlify/functions/hello'], connections: 50 }
const CALL: Traffic = { method: 'POST', paths: ['/.netlify/functions/note-background'], body: '{"note":"Buy milk"}', connections: 50, status: 202 }
/** Fewer callers, so that what is measured is what a call costs the others, and not how many callers there are. */
const BESIDE: Traffic = { ...CALL, connections: 10 }

/** Measures a site with a background function, on one queue. */
export async function measureQueue (driver: string, load: LoadGenerator, { rounds, warmUpRounds }: QueueRounds): Promise<QueueFigures> {
  const [server, port] = await startProcess<QueueOrder, QueueReply, number>({ script: 'queue/serve', args: [driver], core: cores?.servers })
  const hello: Sample[] = []
  const besideJobs: Sample[] = []
  const enqueue: Sample[] = []
  const jobsPerSecond: number[] = []
  try {
    for (let round = 0; round < warmUpRounds; round++) await measureRound()
    for (const samples of [hello, besideJobs, enqueue, jobsPerSecond]) samples.length = 0
    for (let round = 0; round < rounds; round++) await measureRound()
    const startDelays = await measureStarts()
    return { driver, hello: toFigures(hello), besideJobs: toFigures(besideJobs), enqueue: toFigures(enqueue), jobsPerSecond, startDelays }
  } finally {
    await server.stop()
  }

  async function measureRound (): Promise<void> {
    hello.push(await sample(HELLO))
    await ask(server, 'hold')
    enqueue.push(await sample(CALL))
    const { jobs, milliseconds } = await ask(server, 'drain')
    jobsPerSecond.push(jobs / milliseconds * 1000)
    besideJobs.push(await sample(HELLO, BESIDE))
    await ask(server, 'drain')
  }

  async function sample (traffic: Traffic, beside?: Traffic): Promise<Sample> {
    const { cpu: before } = await ask(server, 'cpu')
    const { milliseconds, p99 } = await sendBurst(load, { ...traffic, port, requests: REQUESTS, ...(beside && { beside }) })
    const { cpu: after } = await ask(server, 'cpu')
    return { before, after, requestsPerSecond: REQUESTS / milliseconds * 1000, p99 }
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
  const perRequest = (thread: keyof CpuTime): number => sum(samples.map(({ before, after }) => after[thread] - before[thread])) / samples.length / REQUESTS
  return {
    cpu: perRequest('process'),
    mainThreadCpu: perRequest('mainThread'),
    requestsPerSecond: samples.map(({ requestsPerSecond }) => requestsPerSecond),
    p99: samples.map(({ p99 }) => p99)
  }
}
