import { cores, startProcess, type BenchProcess } from './bench-process.ts'
import type { Burst, BurstResult } from './messages.ts'

/** The process that sends requests. */
export type LoadGenerator = BenchProcess<Burst, BurstResult>

export async function startLoadGenerator (): Promise<LoadGenerator> {
  const [load] = await startProcess<Burst, BurstResult, 'ready'>({ script: 'load', core: cores?.load })
  return load
}

/** Throws unless every request is answered as it should. */
export async function sendBurst (load: LoadGenerator, burst: Burst): Promise<Extract<BurstResult, { kind: 'done' }>> {
  const result = await load.ask(burst)
  if (result.kind === 'failed') throw new Error(`${burst.method} ${burst.paths[0]}: ${result.reason}`)
  return result
}
