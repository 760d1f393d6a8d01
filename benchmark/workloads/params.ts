import { replyGoals } from '../goal.ts'
import handler from '../site/netlify/functions/travel.ts'
import type { Workload } from '../workload.ts'
import { replyServers } from './reply-servers.ts'

export const workload: Workload = {
  title: 'path with 2 params',
  method: 'GET',
  route: '/travel/:country/:city',
  path: '/travel/portugal/lisbon',
  servers: replyServers,
  goals: replyGoals,
  handler,
  addRoute (app) {
    app.get<{ Params: { country: string, city: string } }>('/travel/:country/:city', async ({ params }) => `You're visiting ${params.city} in ${params.country}!`)
  },
  listener ({ url = '' }, response) {
    const [country, city] = url.slice('/travel/'.length).split('/').map(decodeURIComponent)
    const text = `You're visiting ${city} in ${country}!`
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) }).end(text)
  }
}
