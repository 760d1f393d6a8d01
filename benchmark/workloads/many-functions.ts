import type { Workload } from '../workload.ts'

/** The same function of two sites. */
export const workload: Workload = {
  title: '1,000 functions with paths',
  method: 'GET',
  route: '/greet/500/:name',
  path: '/greet/500/you',
  servers: ['one-function', 'thousand-functions'],
  goals: [{ of: 'thousand-functions', against: ['one-function'], opponent: '1 function', ratio: 0.97 }]
}
