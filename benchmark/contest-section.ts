import type { Figures } from './contest.ts'
import { atLeast, atMostMore, type ContestGoal, type GoalResult } from './goal.ts'
import { ranged, table } from './markdown.ts'
import type { Section } from './section.ts'
import type { Workload } from './workload.ts'

/** Reports the figures of one workload, the server that needs the least CPU time first. */
export function contestSection ({ title, servers, goals }: Workload, figures: readonly Figures[]): Section {
  const baseline = figures.find(({ name }) => name === servers[0])
  const rows = figures.toSorted((a, b) => a.cpu - b.cpu).map(({ title, cpu, cpuOfBursts, requestsPerSecond, p99 }) => [
    title,
    `${cpu.toFixed(1)} µs`,
    baseline === undefined ? '' : `${(baseline.cpu / cpu).toFixed(2)} ×`,
    ranged(cpuOfBursts, (value) => value.toFixed(1)),
    ranged(requestsPerSecond, (value) => Math.round(value).toLocaleString('en')),
    ranged(p99, (value) => value.toFixed(1))
  ])
  const text = table(['server', 'CPU time per request', `speed, ${baseline?.title ?? 'nothing'} = 1`, 'µs per request, by burst', 'requests/s', 'p99, ms'], rows)
  return { title, text, goals: goals.flatMap((goal) => resultOf(title, goal, figures)) }
}

/** None where a server was left out that may decide it. */
function resultOf (title: string, goal: ContestGoal, figures: readonly Figures[]): GoalResult[] {
  const { work = title, of = 'netlify-functions', against, favourites = against, opponent } = goal
  const ours = figures.find(({ name }) => name === of)
  const others = figures.filter(({ name }) => against.includes(name))
  if (ours === undefined || !favourites.every((favourite) => others.some(({ name }) => name === favourite))) return []
  const best = Math.min(...others.map(({ cpu }) => cpu))
  return ['ratio' in goal ? atLeast(work, opponent, goal.ratio, best / ours.cpu) : atMostMore(work, opponent, goal.microseconds, ours.cpu - best)]
}
