import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { BenchServer } from '../server.ts'

/** With Hono as its router, since the others route too. */
export const server: BenchServer = {
  title: '`@hono/node-server`',
  start (workloads) {
    const app = new Hono()
    for (const { method, route, handler } of workloads) {
      app.on(method, route, (context) => handler(context.req.raw, { params: context.req.param() }))
    }
    return new Promise((resolve) => serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port)))
  }
}
