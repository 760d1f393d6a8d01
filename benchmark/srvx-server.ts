import type { Server } from 'node:http'
import { serve } from 'srvx/node'
import { honoApp } from './hono-app.ts'
import { keptAlive } from './server.ts'
import type { Workload } from './workload.ts'

export async function startSrvx (workloads: Iterable<Workload>): Promise<number> {
  const app = honoApp(workloads)
  const server = serve({ fetch: (request) => app.fetch(request), port: 0, hostname: '127.0.0.1', silent: true, gracefulShutdown: false })
  await server.ready()
  return keptAlive(server.node!.server as Server)
}
