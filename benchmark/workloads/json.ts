import { replyGoals } from '../goal.ts'
import handler from '../site/netlify/functions/product.ts'
import type { Workload } from '../workload.ts'
import { replyServers } from './reply-servers.ts'

export const workload: Workload = {
  title: 'JSON reply',
  method: 'GET',
  route: '/.netlify/functions/product',
  path: '/.netlify/functions/product',
  servers: [...replyServers, 'netlify-functions-threads'],
  goals: replyGoals,
  handler,
  addRoute (app) {
    app.get('/.netlify/functions/product', async () => product())
  },
  listener (_request, response) {
    const json = JSON.stringify(product())
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }).end(json)
  }
}

function product (): object {
  return { sku: 'A-100', title: 'Tea kettle', price: { amount: 3495, currency: 'EUR' }, tags: ['kitchen', 'steel'], inStock: true }
}
