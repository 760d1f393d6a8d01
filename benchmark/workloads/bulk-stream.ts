import handler from '../site/netlify/functions/bulk.ts'
import type { Workload } from '../workload.ts'
import { addPipeRoute, pipeListener, streamServers } from './pipe.ts'

const route = '/.netlify/functions/bulk'
const source = { chunk: Buffer.alloc(64 * 1024, 'a'), times: 16 }

export const workload: Workload = {
  title: 'a stream: 1 MB in chunks of 64 KB',
  method: 'GET',
  route,
  path: route,
  servers: [...streamServers, 'netlify-functions-threads'],
  goals: [{ against: ['node-http'], opponent: 'a Node.js stream piped by `node:http`', ratio: 0.9 }],
  requests: 100,
  connections: 10,
  handler,
  addRoute: addPipeRoute(route, source),
  listener: pipeListener(source)
}
