import handler from '../site/netlify/functions/catalog.ts'
import type { Workload } from '../workload.ts'

/** A package takes the request and makes the response, so both are native ones. */
export const workload: Workload = {
  title: 'a function with external packages: a Hono app',
  method: 'GET',
  route: '/catalog/*',
  path: '/catalog/kitchen/kettle',
  servers: ['naive-fastify', 'fastify', 'netlify-functions'],
  goals: [{ against: ['naive-fastify'], opponent: 'the same app in Fastify with global `Request` and `Response`', ratio: 1.2 }],
  handler,
  addRoute (app) {
    app.get<{ Params: { section: string, item: string } }>('/catalog/:section/:item', async ({ params }) => ({ section: params.section, item: params.item, inStock: true }))
  }
}
