import handler from '../site/netlify/functions/hello.ts'
import type { Workload } from '../workload.ts'

export const workload: Workload = {
  title: '`hello`: a text',
  method: 'GET',
  route: '/.netlify/functions/hello',
  path: '/.netlify/functions/hello',
  handler,
  addRoute (app) {
    app.get('/.netlify/functions/hello', async () => 'Hello, world!')
  }
}
