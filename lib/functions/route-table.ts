import { compilePattern } from './pattern.ts'
import type { FunctionRoute } from './definition.ts'
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

interface Node {
  readonly children: Map<string, Node>
  readonly candidates: Candidate[]
}

/** What Netlify serves itself, whatever the routes say. */
const RESERVED = /^\/\.netlify\/(?:functions\/|builders\/|images(?:\/|$))/

/**
 * Compiles the routes of a site. Literal paths come before patterns, then the more specific pattern, then
 * the function's name; a candidate whose method or `excluded` forbids the request leaves it to the next.
 * Throws a TypeError for a pattern that `URLPattern` rejects.
 */
export function createRouteTable (entries: Iterable<RouteEntry>): RouteTable {
  const candidates = Array.from(entries, toCandidate).sort(compareCandidates)
  const literals = new Map<string, Candidate[]>()
  const root = createNode()
  for (const candidate of candidates) {
    const { literal, leadingSegments } = candidate.pattern
    if (literal === undefined) descend(root, leadingSegments).candidates.push(candidate)
    else literals.set(literal, [...literals.get(literal) ?? [], candidate])
  }

  return {
    registrations: candidates.map(toRegistration),
    match (method, path) {
      if (RESERVED.test(path)) return undefined
      const stripped = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
      const lowerCase = stripped.toLowerCase()
      const literal = literals.get(lowerCase)
      return (literal && firstMatch(literal, method, stripped)) ?? matchBelow(root, lowerCase, 1, method, stripped)
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

function createNode (): Node {
  return { children: new Map(), candidates: [] }
}

function descend (root: Node, segments: readonly string[]): Node {
  let node = root
  for (const segment of segments) {
    const child = node.children.get(segment) ?? createNode()
    node.children.set(segment, child)
    node = child
  }
  return node
}

// The deepest node first: it shares the most segments with the path.
function matchBelow (node: Node, lowerCase: string, start: number, method: string, path: string): RouteMatch | undefined {
  if (node.children.size > 0 && start <= lowerCase.length) {
    const slash = lowerCase.indexOf('/', start)
    const end = slash === -1 ? lowerCase.length : slash
    const child = node.children.get(lowerCase.slice(start, end))
    const match = child && matchBelow(child, lowerCase, end + 1, method, path)
    if (match) return match
  }
  return firstMatch(node.candidates, method, path)
}

function firstMatch (candidates: readonly Candidate[], method: string, path: string): RouteMatch | undefined {
  for (const { functionName, route, pattern, excluded } of candidates) {
    if (route.methods !== undefined && !route.methods.includes(method)) continue
    const params = pattern.exec(path)
    if (params === undefined || excluded.some((exclusion) => exclusion.exec(path) !== undefined)) continue
    return { functionName, route, params }
  }
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
