import { atLeast, atMost, lessThan, type GoalResult } from '../goal.ts'
import { ranged, table } from '../markdown.ts'
import type { Section } from '../section.ts'
import { percentile, spread } from '../statistics.ts'
import type { QueueFigures, RequestFigures, UnmeasuredQueue } from './figures.ts'

/** Milliseconds from a call to the start of its job; its 202 leaves in between. */
const START_GOAL = 10

/** Reports the figures of one queue, or why there are none. */
export function queueSection (figures: QueueFigures | UnmeasuredQueue): Section {
  const title = `Background calls, queue ${figures.queue.title}`
  if ('reason' in figures) return { title, text: `Not measured: ${figures.reason}.`, goals: [] }
  const { queue, calls, hello, besideJobs, enqueue, jobsPerSecond, startDelays } = figures
  const requests = table(['requests', 'CPU time per request', 'of that on the main thread', 'requests/s', 'p99, ms'], [
    requestRow('`hello`, nothing else', hello),
    requestRow('background calls, up to their 202', enqueue),
    requestRow('`hello`, while 10 more connections make background calls, whose jobs run', besideJobs)
  ])
  const jobs = table(['jobs', ''], [
    [`run per second, from a queue of ${calls.toLocaleString('en')}`, ranged(jobsPerSecond, (value) => Math.round(value).toLocaleString('en'))],
    ['from the call of the queue to the start of the job, while idle, ms', `${ranged(startDelays, milliseconds)}, p99 ${milliseconds(percentile(startDelays, 0.99))}`]
  ])
  return { title, text: `${requests}\n\n${jobs}`, goals: queue.database === undefined ? goalsOf(figures) : [] }
}

function requestRow (what: string, { cpu, mainThreadCpu, requestsPerSecond, p99 }: RequestFigures): string[] {
  return [
    what,
    `${cpu.toFixed(1)} µs`,
    `${mainThreadCpu.toFixed(1)} µs`,
    ranged(requestsPerSecond, (value) => Math.round(value).toLocaleString('en')),
    ranged(p99, milliseconds)
  ]
}

function goalsOf ({ queue, hello, besideJobs, enqueue, startDelays }: QueueFigures): GoalResult[] {
  const work = `background call, ${queue.title}`
  return [
    atLeast(`${work}: throughput`, '`hello`', 0.5, middle(enqueue.requestsPerSecond) / middle(hello.requestsPerSecond)),
    atMost(`${work}: CPU time of the main thread`, '`hello`', 2, enqueue.mainThreadCpu / hello.mainThreadCpu),
    atMost(`${work}: p99 of \`hello\` meanwhile`, 'its p99 without', 2, middle(besideJobs.p99) / middle(hello.p99)),
    lessThan(`${work}: from call to start, while idle`, START_GOAL, middle(startDelays))
  ]
}

function middle (values: readonly number[]): number {
  return spread(values).median
}

function milliseconds (value: number): string {
  return value.toFixed(value < 10 ? 2 : 1)
}
