import handler from '../site/netlify/functions/echo.ts'
import type { Workload } from '../workload.ts'

const items = Array.from({ length: 16 }, (_, index) => ({ id: index, name: `item number ${index}`, quantity: index * 3, fresh: index % 2 === 0 }))

export const workload: Workload = {
  title: 'POST, 1 KB of JSON echoed',
  method: 'POST',
  route: '/.netlify/functions/echo',
  path: '/.netlify/functions/echo',
  body: JSON.stringify({ items }),
  handler,
  addRoute (app) {
    app.post('/.netlify/functions/echo', async ({ body }) => body)
  }
}
