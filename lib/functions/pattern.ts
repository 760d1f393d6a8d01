import { createRequire } from 'node:module'
import { leadOf, patternKey, wholeSegments } from './pattern-key.ts'
import { isFixed, isOptional, parsePattern } from './pattern-parts.ts'
import { buildRegExp } from './pattern-regexp.ts'
import type { PatternKey } from './pattern-key.ts'
import type { PatternGroup, PatternPart } from './pattern-parts.ts'
import type { PatternRegExp } from './pattern-regexp.ts'

/** A URL pattern, compiled once. The paths it is asked about are canonical and have lost one trailing slash. */
export interface Pattern {
  /** As it was written. */
  readonly source: string
  /** The only path that matches, in lower case; `undefined` if the pattern has a group or a modifier. */
  readonly literal: string | undefined
  /** The text that every matching path starts with, in the case it was written. */
  readonly staticText: string
  /** `staticText` up to its last slash. */
  readonly staticPrefix: string
  /** The whole segments that every matching path starts with, in lower case. */
  readonly leadingSegments: readonly string[]
  /** Where an index finds it. */
  readonly key: PatternKey
  /** Of two patterns with the same leading segments, the one with the lesser string is more specific. */
  readonly specificity: string
  /** The same for patterns that differ in nothing but group names and letter case. */
  readonly shape: string
  /** Returns the groups that took part, percent-encoded as in the path; `undefined` if the path does not match. */
  exec (path: string): Record<string, string> | undefined
}

/**
 * Compiles a pattern in the pathname syntax of `URLPattern`, which matches what `URLPattern` matches,
 * but ignores the case of fixed text and a slash at the end of pattern or path, as Netlify does.
 * Throws a TypeError if `URLPattern` rejects the pattern.
 */
export function compilePattern (source: string): Pattern {
  const parts = parsePattern(source)
  const compiled = compileValid(source, parts)
  const lead = leadOf(parts, isFixed)
  const staticText = lead.rest.every(isOptional) ? lead.text.replace(/(?<=.)\/$/, '') : lead.text
  const literal = parts.every(isFixed) ? staticText.toLowerCase() : undefined
  return {
    source,
    literal,
    staticText,
    staticPrefix: staticText.slice(0, staticText.lastIndexOf('/') + 1) || '/',
    leadingSegments: wholeSegments(lead),
    key: patternKey(parts),
    specificity: specificityOf(parts),
    shape: (compiled.slashless ?? compiled.regexp).source,
    exec: literal === undefined
      ? (path) => execute(compiled, path)
      : (path) => path.toLowerCase() === literal ? {} : undefined
  }
}

function execute ({ regexp, slashless, captures }: PatternRegExp, path: string): Record<string, string> | undefined {
  const match = regexp.exec(path) ?? slashless?.exec(path)
  if (!match) return undefined
  const params: Record<string, string> = {}
  for (const [index, name] of captures) {
    const value = match[index]
    if (value !== undefined) params[name] = value
  }
  return params
}

function compileValid (pathname: string, parts: readonly PatternPart[]): PatternRegExp {
  try {
    // eslint-disable-next-line no-new
    new (nativeOrPolyfill())({ pathname })
    return buildRegExp(parts)
  } catch (cause) {
    throw new TypeError(`'${pathname}' is not a valid path according to the URLPattern specification`, { cause })
  }
}

// Node.js 22 has no URLPattern. The main entry of the polyfill would install it for the whole process.
function nativeOrPolyfill (): typeof URLPattern {
  return globalThis.URLPattern ?? createRequire(import.meta.url)('urlpattern-polyfill/urlpattern').URLPattern
}

// What stands for a group while a pattern is cut into segments, the more specific the lesser.
// None of them occurs in canonical text.
const REGEXP = '"'
const SEGMENT = '#'
const FLEXIBLE = '?'
const WILDCARD = '{'

// Segment ranks. A path that ends comes before one that may go on.
const STATIC = 0
const MIXED = 1
const GROUP = 2
const END = 3
const OPTIONAL = 4
const ANYTHING = 5

function specificityOf (parts: readonly PatternPart[]): string {
  const outline = parts.map(outlineOf).join('').replace(/^\/|\/$/g, '')
  return outline.split('/').map(segmentKey).join('') + END
}

function outlineOf (part: PatternPart): string {
  const { prefix, group, suffix, modifier } = part
  if (isFixed(part)) return prefix
  const marked = `${prefix}${group === undefined || modifier !== '' ? flexibleMark(group) : groupMark(group)}${suffix}`
  return isOptional(part) ? marked.replace(/[^/"#?{]+/g, FLEXIBLE) : marked
}

function flexibleMark (group: PatternGroup | undefined): string {
  return group !== undefined && groupMark(group) === WILDCARD ? WILDCARD : FLEXIBLE
}

function groupMark ({ kind, source }: PatternGroup): string {
  if (kind === 'segment') return SEGMENT
  return kind === 'wildcard' || new RegExp(`^(?:${source})$`, 'v').test('a/b') ? WILDCARD : REGEXP
}

// Of fixed width, so that the keys of two patterns compare segment by segment.
function segmentKey (segment: string): string {
  const fixed = segment.replace(/["#?{]/g, '').length
  const loosest = [WILDCARD, FLEXIBLE, SEGMENT, REGEXP].find((mark) => segment.includes(mark))
  const length = String(Math.max(9999 - fixed, 0)).padStart(4, '0')
  return `${rankOf(loosest, fixed)}${length}${loosest ?? ' '}`
}

function rankOf (loosest: string | undefined, fixed: number): number {
  if (loosest === undefined) return STATIC
  if (fixed > 0) return MIXED
  if (loosest === FLEXIBLE) return OPTIONAL
  return loosest === WILDCARD ? ANYTHING : GROUP
}
