import type { Profiler } from 'node:inspector'
import { sum } from './statistics.ts'

/** A part of the time in which the process was not idle. */
export interface TimeShare {
  readonly where: string
  readonly share: number
}

export interface ProfileSummary {
  /** Functions in which the process was found most often, callees not counted. */
  readonly self: readonly TimeShare[]
  /** Functions of packages and of the plugin, with what Node.js did for them counted as theirs. */
  readonly owners: readonly TimeShare[]
}

type Node = Profiler.Profile['nodes'][number]

export function summarizeProfile ({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, count: number): ProfileSummary {
  const timeOfNode = new Map<number, number>()
  // A sample lasts until the next one.
  for (const [index, id] of samples.entries()) timeOfNode.set(id, (timeOfNode.get(id) ?? 0) + (timeDeltas[index + 1] ?? 0))

  const nodesById = new Map(nodes.map((node) => [node.id, node]))
  const self = new Map<string, number>()
  const owners = new Map<string, number>()
  const root = nodes[0]
  if (root !== undefined) visit(root, undefined)
  return { self: largest(self, count), owners: largest(owners, count) }

  function visit (node: Node, owner: string | undefined): void {
    const place = placeOf(node)
    const ownerHere = node.callFrame.url.startsWith('file:') ? place : owner
    if (place !== '(idle)') {
      const time = timeOfNode.get(node.id) ?? 0
      add(self, place, time)
      add(owners, ownerHere ?? (place.startsWith('(') ? place : 'Node.js by itself'), time)
    }
    for (const id of node.children ?? []) visit(nodesById.get(id)!, ownerHere)
  }
}

function placeOf ({ callFrame: { functionName, url, lineNumber } }: Node): string {
  const file = url.replace(/^.*\/node_modules\//, '').replace(/^file:.*?\/((?:dist|benchmark)\/)/, '$1')
  return url === '' ? functionName : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`
}

function add (times: Map<string, number>, place: string, time: number): void {
  times.set(place, (times.get(place) ?? 0) + time)
}

function largest (times: ReadonlyMap<string, number>, count: number): TimeShare[] {
  const total = sum([...times.values()])
  return [...times].sort(([, a], [, b]) => b - a).slice(0, count).map(([where, time]) => ({ where, share: time / total }))
}
