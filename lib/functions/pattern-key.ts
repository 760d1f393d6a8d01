import { isFixed, isOptional, startsSegment } from './pattern-parts.ts'
import type { PatternPart } from './pattern-parts.ts'

/** What every path that matches a pattern has, so far as an index can use it. */
export interface PatternKey {
  /** The first segments, in lower case; `undefined` for one that is not fixed. */
  readonly segments: ReadonlyArray<string | undefined>
  /** Whether the path has no further segment. */
  readonly isWhole: boolean
  /** The parameters that the unfixed segments are, if the pattern asks for nothing else of a path. */
  readonly params: readonly string[] | undefined
  /** The last segment, in lower case, if it is fixed. */
  readonly lastSegment: string | undefined
}

/** The text a pattern starts with, and the parts that follow it. */
export interface PatternLead {
  readonly text: string
  readonly rest: readonly PatternPart[]
}

/** Stands for a group that takes a part of one segment. It does not occur in canonical text. */
const GROUP = '#'

/** Finds the key of a pattern. */
export function patternKey (parts: readonly PatternPart[]): PatternKey {
  const lead = leadOf(parts, staysInSegment)
  const segments = wholeSegments(lead)
  const isWhole = parts.every(staysInSegment) && lead.text.startsWith('/') && !lead.text.endsWith('/')
  return {
    segments: segments.map((segment) => segment.includes(GROUP) ? undefined : segment),
    isWhole,
    params: isWhole && segments.every(isFixedOrParam) ? parts.flatMap(({ group }) => group?.name ?? []) : undefined,
    lastSegment: lastSegmentOf(parts)
  }
}

/** Cuts a pattern before the first part that fails the test; of a part that must be there, the prefix is certain too. */
export function leadOf (parts: readonly PatternPart[], test: (part: PatternPart) => boolean): PatternLead {
  const end = parts.findIndex((part) => !test(part))
  const next = parts[end]
  if (next === undefined) return { text: parts.map(textOf).join(''), rest: [] }
  const text = parts.slice(0, end).map(textOf).join('')
  if (isOptional(next)) return { text, rest: parts.slice(end) }
  // Text that is repeated may follow once more.
  const again: PatternPart = next.group === undefined ? { ...next, modifier: '*' } : { ...next, prefix: '' }
  return { text: text + next.prefix, rest: [again, ...parts.slice(end + 1)] }
}

/** The segments, in lower case, that nothing of the rest adds to. */
export function wholeSegments ({ text, rest }: PatternLead): string[] {
  const segments = text.toLowerCase().split('/').slice(1)
  return segments.at(-1) !== '' && startsSegment(rest) ? segments : segments.slice(0, -1)
}

function staysInSegment (part: PatternPart): boolean {
  return isFixed(part) || (part.group?.kind === 'segment' && part.modifier === '')
}

function isFixedOrParam (segment: string): boolean {
  return segment === GROUP || !segment.includes(GROUP)
}

function textOf ({ prefix, group, suffix }: PatternPart): string {
  return group === undefined ? prefix : `${prefix}${GROUP}${suffix}`
}

function lastSegmentOf (parts: readonly PatternPart[]): string | undefined {
  const last = parts.at(-1)
  if (last === undefined || !isFixed(last) || !last.prefix.includes('/')) return undefined
  return last.prefix.slice(last.prefix.lastIndexOf('/') + 1).toLowerCase() || undefined
}
