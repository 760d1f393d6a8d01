import { replyGoals, type SpeedGoal } from '../goal.ts'
import handler from '../site/netlify/functions/hello.ts'
import type { Workload } from '../workload.ts'
import { replyServers } from './reply-servers.ts'

const TEXT = 'Hello, world!'
const threadGoal: SpeedGoal = { work: '`hello`: a text, in threads', of: 'netlify-functions-threads', against: ['netlify-functions'], opponent: 'inline', ratio: 0.35 }

export const workload: Workload = {
  title: '`hello`: a text',
  method: 'GET',
  route: '/.netlify/functions/hello',
  path: '/.netlify/functions/hello',
  servers: [...replyServers, 'netlify-functions-threads'],
  goals: [...replyGoals, threadGoal],
  handler,
  addRoute (app) {
    app.get('/.netlify/functions/hello', async () => TEXT)
  },
  listener (_request, response) {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': TEXT.length }).end(TEXT)
  }
}
