import type { Figures } from './contest.ts'
import { atLeast, type GoalResult } from './goal.ts'
import type { NetlifyCliFigures } from './netlify-cli.ts'
import { spread } from './statistics.ts'

/** What Netlify's own local server does. */
export interface Reference {
  readonly title: string
  readonly requestsPerSecond: number
  /** Milliseconds to the first 200 of a site of 200 functions. */
  readonly boot: number
  /** What a reader has to know of where it comes from. */
  readonly note: string
}

const HELLO_GOAL = 2000

/** Measured once, on a machine of the same kind; the report says so. */
const EARLIER: Reference = {
  title: '`netlify functions:serve` \\*',
  requestsPerSecond: 8,
  boot: 7400,
  note: '\\* `netlify functions:serve` was not part of this run. 8 requests/s and 7.4 s to boot were measured before, on a machine of the same kind; `--netlify` measures it anew.'
}

/** The figures of this run where there are any, else those of an earlier one. */
export function referenceOf (figures: NetlifyCliFigures | undefined): Reference {
  if (figures === undefined) return EARLIER
  const { version, requestsPerSecond, boot } = figures
  return { title: '`netlify functions:serve`', requestsPerSecond, boot, note: `\`netlify functions:serve\` of netlify-cli ${version}: ${requestsPerSecond.toFixed(1)} requests/s.` }
}

/** The goal of `hello` in requests per second, since CPU time says little of a server that starts a thread for each. */
export function helloGoal (figures: readonly Figures[], { title, requestsPerSecond }: Reference): GoalResult[] {
  const ours = figures.find(({ name }) => name === 'netlify-functions')
  if (ours === undefined) return []
  return [atLeast('`hello`: requests/s', `${title}, ${requestsPerSecond.toFixed(1)}`, HELLO_GOAL, spread(ours.requestsPerSecond).median / requestsPerSecond)]
}
