import type { Workload } from '../workload.ts'

/** A body is read whole before the call, and handed to the function. */
export const workload: Workload = {
  title: 'an upload of 1 MB',
  method: 'POST',
  route: '/.netlify/functions/upload',
  path: '/.netlify/functions/upload',
  body: 'x'.repeat(1024 * 1024),
  servers: ['netlify-functions', 'netlify-functions-threads'],
  goals: [],
  requests: 100,
  connections: 10
}
