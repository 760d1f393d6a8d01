import { FastResponse } from 'srvx/node'
import type { BenchServer } from '../server.ts'
import { startSrvx } from '../srvx-server.ts'

/** Its own class as the global `Response`, so that the functions stay what they are. */
export const server: BenchServer = {
  title: '`srvx`, global `Response` replaced by its own',
  start (_workload, workloads) {
    globalThis.Response = FastResponse as unknown as typeof Response
    return startSrvx(workloads)
  }
}
