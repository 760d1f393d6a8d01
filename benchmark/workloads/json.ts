import handler from '../site/netlify/functions/product.ts'
import type { Workload } from '../workload.ts'

export const workload: Workload = {
  title: 'JSON reply',
  method: 'GET',
  route: '/.netlify/functions/product',
  path: '/.netlify/functions/product',
  handler,
  addRoute (app) {
    app.get('/.netlify/functions/product', async () => (
      { sku: 'A-100', title: 'Tea kettle', price: { amount: 3495, currency: 'EUR' }, tags: ['kitchen', 'steel'], inStock: true }
    ))
  }
}
