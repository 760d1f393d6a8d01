import { replyGoals } from '../goal.ts'
import handler from '../site/netlify/functions/echo.ts'
import type { Workload } from '../workload.ts'
import { replyServers } from './reply-servers.ts'

const items = Array.from({ length: 16 }, (_, index) => ({ id: index, name: `item number ${index}`, quantity: index * 3, fresh: index % 2 === 0 }))

export const workload: Workload = {
  title: 'POST, 1 KB of JSON echoed',
  method: 'POST',
  route: '/.netlify/functions/echo',
  path: '/.netlify/functions/echo',
  body: JSON.stringify({ items }),
  servers: replyServers,
  goals: replyGoals,
  handler,
  addRoute (app) {
    app.post('/.netlify/functions/echo', async ({ body }) => body)
  },
  listener (request, response) {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => { text += chunk })
    request.on('end', () => {
      const json = JSON.stringify(JSON.parse(text))
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }).end(json)
    })
  }
}
