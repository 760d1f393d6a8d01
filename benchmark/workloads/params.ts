import handler from '../site/netlify/functions/travel.ts'
import type { Workload } from '../workload.ts'

export const workload: Workload = {
  title: 'path with 2 params',
  method: 'GET',
  route: '/travel/:country/:city',
  path: '/travel/portugal/lisbon',
  handler,
  addRoute (app) {
    app.get<{ Params: { country: string, city: string } }>('/travel/:country/:city', async ({ params }) => `You're visiting ${params.city} in ${params.country}!`)
  }
}
