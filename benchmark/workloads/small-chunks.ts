import handler from '../site/netlify/functions/chunks.ts'
import type { Workload } from '../workload.ts'
import { addPipeRoute, pipeListener, streamServers } from './pipe.ts'

const route = '/.netlify/functions/chunks'
const source = { chunk: Buffer.alloc(100, 'a'), times: 1000 }

export const workload: Workload = {
  title: 'a stream: 1,000 chunks of 100 bytes',
  method: 'GET',
  route,
  path: route,
  servers: streamServers,
  goals: [{ against: ['node-http'], opponent: 'a Node.js stream piped by `node:http`', ratio: 0.7 }],
  requests: 50,
  connections: 10,
  handler,
  addRoute: addPipeRoute(route, source),
  listener: pipeListener(source)
}
