import { once } from 'node:events'
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { honoApp } from '../hono-app.ts'
import { keptAlive, type BenchServer } from '../server.ts'

export const server: BenchServer = {
  title: '`@hono/node-server`',
  async start (_workload, workloads) {
    const server = serve({ fetch: honoApp(workloads).fetch, port: 0, hostname: '127.0.0.1' }) as Server
    await once(server, 'listening')
    return keptAlive(server)
  }
}
