import { Hono } from 'hono'
import type { Workload } from './workload.ts'

/** The functions behind Hono's router, for servers that have none of their own. */
export function honoApp (workloads: Iterable<Workload>): Hono {
  const app = new Hono()
  for (const { method, route, handler } of workloads) {
    if (handler !== undefined) app.on(method, route, (context) => handler(context.req.raw, { params: context.req.param() }))
  }
  return app
}
