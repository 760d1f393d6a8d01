interface Comparison {
  /** What the report calls it. @default the title of the workload */
  readonly work?: string
  /** Name of the server. @default 'netlify-functions' */
  readonly of?: string
  /** Names of servers; the fastest of them counts. */
  readonly against: readonly string[]
  /** Those of them that may be the fastest, enough for a rough answer. @default `against` */
  readonly favourites?: readonly string[]
  /** What the report calls them. */
  readonly opponent: string
}

/** How fast a server has to be, by CPU time per request. */
export interface SpeedGoal extends Comparison {
  /** At least so many times their speed. */
  readonly ratio: number
}

/** How much more CPU time a request may take. */
export interface CostGoal extends Comparison {
  readonly microseconds: number
}

export type ContestGoal = SpeedGoal | CostGoal

/** One line of the summary. */
export interface GoalResult {
  readonly work: string
  readonly against: string
  readonly goal: string
  readonly measured: string
  readonly reached: boolean
}

/** What every function with a plain reply has to reach. */
export const replyGoals: readonly SpeedGoal[] = [
  { against: ['fastify'], opponent: 'plain Fastify route', ratio: 0.95 },
  {
    against: ['hono-node-server', 'srvx', 'srvx-fast-response', 'node-fetch-server'],
    favourites: ['hono-node-server', 'srvx-fast-response'],
    opponent: 'the best of `@hono/node-server`, `srvx`, `@remix-run/node-fetch-server`',
    ratio: 1
  },
  { against: ['naive-fastify'], opponent: 'Fastify with global `Request` and `Response`', ratio: 4 }
]

export function atLeast (work: string, against: string, least: number, measured: number): GoalResult {
  return { work, against, goal: `≥ ${times(least)}`, measured: times(measured), reached: measured >= least }
}

export function atMost (work: string, against: string, most: number, measured: number): GoalResult {
  return { work, against, goal: `≤ ${times(most)}`, measured: times(measured), reached: measured <= most }
}

export function atMostMore (work: string, against: string, most: number, measured: number): GoalResult {
  return { work, against, goal: `≤ ${most} µs more`, measured: `${measured.toFixed(1)} µs more`, reached: measured <= most }
}

export function lessThan (work: string, most: number, milliseconds: number): GoalResult {
  return { work, against: '', goal: `< ${most} ms`, measured: `${milliseconds.toFixed(milliseconds < 10 ? 2 : 1)} ms`, reached: milliseconds < most }
}

/** Digits enough to see on which side of a goal a figure lies. */
function times (ratio: number): string {
  return `${ratio.toLocaleString('en', { minimumSignificantDigits: 2, maximumSignificantDigits: 3 })} ×`
}
