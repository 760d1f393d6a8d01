import type { Profiler } from 'node:inspector'

export interface SelfTime {
  readonly where: string
  /** Of the time the process was not idle. */
  readonly share: number
}

const PSEUDO_IDLE = new Set(['(idle)', '(root)'])

/** The functions in which a CPU profile found the process most often, callees not counted. */
export function topSelfTime ({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, count: number): SelfTime[] {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]))
  const times = new Map<string, number>()
  let total = 0
  for (const [index, id] of samples.entries()) {
    const place = places.get(id)
    if (place === undefined || PSEUDO_IDLE.has(place)) continue
    // The sample lasts until the next one.
    const time = timeDeltas[index + 1] ?? 0
    times.set(place, (times.get(place) ?? 0) + time)
    total += time
  }
  return [...times].sort(([, a], [, b]) => b - a).slice(0, count).map(([where, time]) => ({ where, share: time / total }))
}

function placeOf ({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:.*?\/((?:dist|benchmark)\/)/, '$1')
  return url === '' ? functionName : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`
}
