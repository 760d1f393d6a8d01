import { cpuUsage, threadCpuUsage } from 'node:process'
import type { CpuTime } from './messages.ts'

/** To be called on the main thread. */
export function cpuTime (): CpuTime {
  const all = cpuUsage()
  const main = threadCpuUsage()
  return { process: all.user + all.system, mainThread: main.user + main.system }
}
