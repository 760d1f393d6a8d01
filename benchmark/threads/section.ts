import { atLeast, atMost } from '../goal.ts'
import { ranged, table } from '../markdown.ts'
import type { Section } from '../section.ts'
import { spread } from '../statistics.ts'
import { COMPUTATION, type ComputationFigures } from './computation.ts'
import type { NeighbourFigures } from './neighbours.ts'
import type { SceneFigures } from './scene.ts'

/** Of two cores at most, which all machines are to have. */
const SCALING = 1.7
const NEIGHBOUR = 1.3

/** Reports what threads are for. */
export function threadSection ({ cores, inline, inThreads }: ComputationFigures, { quiet, besideJob, besideProcess }: NeighbourFigures): Section {
  const head = ['requests/s', 'p99, ms']
  const computation = table([`a function that computes for ${COMPUTATION} ms, ${cores} cores`, ...head], [inline, inThreads].map(row))
  const neighbours = table(['`hello` inline, while', ...head], [quiet, besideJob, besideProcess].map(row))
  const scaling = atLeast(`a function that computes for ${COMPUTATION} ms, in threads: requests/s`, 'inline', SCALING, median(inThreads.requestsPerSecond) / median(inline.requestsPerSecond))
  return {
    title: 'Threads',
    text: `${computation}\n\n${neighbours}`,
    goals: [
      ...cores > 1 ? [scaling] : [],
      atMost('p99 of `hello` inline, while a background function computes in a thread', 'its p99 without', NEIGHBOUR, median(besideJob.p99) / median(quiet.p99))
    ]
  }
}

function row ({ title, requestsPerSecond, p99 }: SceneFigures): string[] {
  return [title, ranged(requestsPerSecond, (value) => Math.round(value).toLocaleString('en')), ranged(p99, (value) => value.toFixed(1))]
}

function median (values: readonly number[]): number {
  return spread(values).median
}
