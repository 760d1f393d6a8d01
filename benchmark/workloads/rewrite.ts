import type { Workload } from '../workload.ts'

/** The same function by its own URL and by that of a rule. */
export const workload: Workload = {
  title: 'a function by a rewrite',
  method: 'GET',
  route: '/.netlify/functions/hello',
  path: '/.netlify/functions/hello',
  pathOf: { rewritten: '/api/hello' },
  servers: ['netlify-functions', 'rewritten'],
  goals: [{ of: 'rewritten', against: ['netlify-functions'], opponent: 'called directly', ratio: 0.9 }],
  site: 'rewrite-site'
}
