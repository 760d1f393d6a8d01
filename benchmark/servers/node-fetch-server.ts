import { createServer } from 'node:http'
import { createRequestListener } from '@remix-run/node-fetch-server'
import { honoApp } from '../hono-app.ts'
import { listenWith, type BenchServer } from '../server.ts'

export const server: BenchServer = {
  title: '`@remix-run/node-fetch-server`',
  async start (_workload, workloads) {
    const app = honoApp(workloads)
    return await listenWith(createServer(createRequestListener((request) => app.fetch(request))))
  }
}
