import type { BenchServer } from '../server.ts'
import { startSrvx } from '../srvx-server.ts'

export const server: BenchServer = {
  title: '`srvx`',
  start: (_workload, workloads) => startSrvx(workloads)
}
