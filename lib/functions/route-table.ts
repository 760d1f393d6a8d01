import { PatternIndex } from './pattern-index.ts'
import { compilePattern } from './pattern.ts'
import type { FunctionRoute } from './definition.ts'
import type { PathLookup } from './pattern-index.ts'
import type { Pattern } from './pattern.ts'

/** A route and the name of the function it leads to. */
export interface RouteEntry {
  readonly functionName: string
  readonly route: FunctionRoute
}

/** The route that serves a request. */
export interface RouteMatch extends RouteEntry {
  readonly params: Record<string, string>
}

/** A route and the URL under which Fastify has to register it. */
export interface RouteRegistration extends RouteEntry {
  readonly url: string
  /** Whether the pattern matches whatever the URL does, so is no more specific. */
  readonly matchesWholeUrl: boolean
}

/** Two functions that answer to the same paths with the same methods: the second is never called for them. */
export interface RouteOverlap {
  /** As the first function wrote it. */
  readonly pattern: string
  readonly functions: readonly [first: string, second: string]
}

/** Finds the function for a path, at a cost that does not grow with the number of functions. */
export interface RouteTable {
  /** In the order in which they are tried. */
  readonly registrations: readonly RouteRegistration[]
  /** `method` in upper case, `path` as `canonicalPath` returns it. */
  match (method: string, path: string): RouteMatch | undefined
  overlaps (): RouteOverlap[]
}

interface Candidate extends RouteEntry {
  readonly pattern: Pattern
  readonly excluded: readonly Pattern[]
}

const SLASH = 47
const DOT = 46
/** What Netlify serves itself, whatever the routes say. */
const RESERVED = /^\/\.netlify\/(?:functions\/|builders\/|images(?:\/|$))/

/**
 * Compiles the routes of a site. Literal paths come before patterns, then the more specific pattern, then
 * the function's name; a candidate whose method or `excluded` forbids the request leaves it to the next.
 * Throws a TypeError for a pattern that `URLPattern` rejects.
 */
export function createRouteTable (entries: Iterable<RouteEntry>): RouteTable {
  const candidates = Array.from(entries, toCandidate).sort(compareCandidates)
  const literals = literalsOf(candidates)
  const hasLength: boolean[] = []
  for (const { length } of literals.keys()) hasLength[length] = true
  const patterns = new PatternIndex(matchPattern)
  for (const candidate of candidates) {
    if (candidate.pattern.literal === undefined) patterns.add(candidate.pattern.key, candidate)
  }

  return {
    registrations: candidates.map(toRegistration),
    match (method, path) {
      if (isReserved(path)) return undefined
      // A look at its length costs less than the hash of a path that is new with each request.
      const asWritten = hasLength[path.length] ? matchLiteral(literals.get(path), method, path) : undefined
      if (asWritten !== undefined) return asWritten
      const stripped = path.length > 1 && path.charCodeAt(path.length - 1) === SLASH ? path.slice(0, -1) : path
      const lowerCase = stripped.toLowerCase()
      const literal = hasLength[stripped.length] ? matchLiteral(literals.get(lowerCase), method, stripped) : undefined
      return literal ?? patterns.first(method, stripped, lowerCase)
    },
    overlaps: () => findOverlaps(candidates)
  }
}

/**
 * Returns the URL to register with Fastify's router: the path of a literal pattern, else a prefix of
 * every matching path and `*`. The router compares decoded paths, and some text it cannot register.
 */
export function fastifyUrl ({ literal, staticText }: Pattern): string {
  const decoded = decodeText(staticText)
  const special = decoded.search(/[:*()%]/)
  if (literal !== undefined && special === -1) return decoded
  const fixed = special === -1 ? decoded : decoded.slice(0, special)
  return `${fixed.slice(0, fixed.lastIndexOf('/') + 1) || '/'}*`
}

function toCandidate ({ functionName, route }: RouteEntry): Candidate {
  return { functionName, route, pattern: compilePattern(route.pattern), excluded: route.excluded.map(compilePattern) }
}

function toRegistration ({ functionName, route, pattern }: Candidate): RouteRegistration {
  const url = fastifyUrl(pattern)
  const matchesWholeUrl = !url.endsWith('*') || ['x', 'x/x'].every((rest) => pattern.exec(pattern.staticPrefix + rest) !== undefined)
  return { functionName, route, url, matchesWholeUrl }
}

function compareCandidates (a: Candidate, b: Candidate): number {
  return compare(a.pattern.literal === undefined, b.pattern.literal === undefined) ||
    compare(b.pattern.leadingSegments.length, a.pattern.leadingSegments.length) ||
    compare(a.pattern.specificity, b.pattern.specificity) ||
    compare(a.functionName, b.functionName)
}

function compare<T extends string | number | boolean> (a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The candidates of each literal path, under its lower case and as each of them wrote it. */
function literalsOf (candidates: readonly Candidate[]): Map<string, Candidate[]> {
  const literals = Map.groupBy(candidates.filter(({ pattern }) => pattern.literal !== undefined), ({ pattern }) => pattern.literal ?? '')
  for (const alike of [...literals.values()]) {
    for (const { pattern } of alike) literals.set(pattern.staticText, alike)
  }
  return literals
}

function isReserved (path: string): boolean {
  return path.charCodeAt(1) === DOT && RESERVED.test(path)
}

function matchLiteral (candidates: readonly Candidate[] | undefined, method: string, path: string): RouteMatch | undefined {
  if (candidates === undefined) return undefined
  for (const { functionName, route, excluded } of candidates) {
    if (accepts(route, method) && !matchesAny(excluded, path)) return { functionName, route, params: {} }
  }
}

function matchPattern ({ functionName, route, pattern, excluded }: Candidate, lookup: PathLookup): RouteMatch | undefined {
  if (!accepts(route, lookup.method)) return undefined
  const params = pattern.key.params === undefined ? pattern.exec(lookup.path) : readParams(pattern.key.params, lookup)
  return params === undefined || matchesAny(excluded, lookup.path) ? undefined : { functionName, route, params }
}

function readParams (names: readonly string[], { path, starts, ends }: PathLookup): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  let at = 0
  for (const name of names) {
    const value = path.slice(starts[at], ends[at])
    if (value === '') return undefined
    params[name] = value
    at++
  }
  return params
}

function accepts ({ methods }: FunctionRoute, method: string): boolean {
  return methods === undefined || methods.includes(method)
}

function matchesAny (patterns: readonly Pattern[], path: string): boolean {
  for (const pattern of patterns) if (pattern.exec(path) !== undefined) return true
  return false
}

function findOverlaps (candidates: readonly Candidate[]): RouteOverlap[] {
  const overlaps: RouteOverlap[] = []
  const byShape = Map.groupBy(candidates, ({ pattern }) => pattern.shape)
  for (const alike of byShape.values()) {
    for (const [index, first] of alike.entries()) {
      for (const second of alike.slice(index + 1)) {
        if (first.functionName === second.functionName || !shareMethod(first.route, second.route)) continue
        overlaps.push({ pattern: first.route.pattern, functions: [first.functionName, second.functionName] })
      }
    }
  }
  return overlaps
}

function shareMethod ({ methods: a }: FunctionRoute, { methods: b }: FunctionRoute): boolean {
  return a === undefined || b === undefined || a.some((method) => b.includes(method))
}

// Escapes of reserved characters stay; text that is not valid UTF-8 never reaches a route of Fastify's.
function decodeText (text: string): string {
  try {
    return decodeURI(text)
  } catch {
    return text
  }
}
