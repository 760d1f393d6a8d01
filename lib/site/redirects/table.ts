import { PatternIndex } from '../../functions/pattern-index.ts'
import { withoutPort } from './domain.ts'
import { parseQuery, type Query } from './query.ts'
import type { RedirectRequest } from './request.ts'
import type { ProxyRule, Rule } from './rule.ts'
import { uniformPath, withoutSlash } from './rule-path.ts'
import type { Destination } from './target.ts'

/** What the rules say about a request. */
export type RedirectOutcome =
  | { readonly kind: 'redirect', readonly status: number, readonly force: boolean, readonly destination: Destination }
  | { readonly kind: 'rewrite', readonly status: number, readonly force: boolean, readonly destination: Destination }
  | { readonly kind: 'proxy', readonly status: number, readonly force: boolean, readonly destination: Destination, readonly proxy: ProxyRule }
  /** It would be served to another role only. */
  | { readonly kind: 'denied' }
  /** It depends on what is not known of the request yet. */
  | { readonly kind: 'undecided' }

/** The redirect rules of a site. */
export interface Redirects {
  /** Whether there is a rule that needs @fastify/reply-from. */
  readonly hasProxy: boolean
  /** The variables that have keys to sign with. */
  readonly signingVariables: readonly string[]
  /** The first rule that applies counts. */
  match (request: RedirectRequest): RedirectOutcome | undefined
  /** Whether what lies under the path of a request is for a role that the visitor is known not to have. */
  needsRole (request: RedirectRequest): boolean
}

/** Rules of the same path, one after the other. */
interface RuleGroup {
  readonly rules: readonly RankedRule[]
  /** The same by what all of them ask for, so that a list of a thousand is not gone through for each request. */
  readonly parts: Parts | undefined
}

interface Parts {
  readonly rules: ReadonlyMap<string, readonly RankedRule[]>
  /** Gives `undefined` while it is not known. */
  keyOf (lookup: Lookup): string | undefined
}

interface Lookup {
  request: RedirectRequest
  path: string
  query: Query | undefined
  /** The least rank of a rule that is for another role. */
  denied: number
}

interface RankedRule {
  readonly rank: number
  readonly rule: Rule
}

type Match =
  | { readonly kind: 'applies', readonly rank: number, readonly rule: Rule, readonly destination: Destination }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'stays', readonly rank: number }

const NONE: readonly RankedRule[] = []
const NO_REQUEST: RedirectRequest = { path: '', search: '', cookie: undefined, acceptLanguage: undefined, origin: undefined, country: undefined, roles: undefined }

/** Compiles rules for lookups whose cost hardly grows with their number. */
export function createRedirects (rules: readonly Rule[]): Redirects {
  const lookup: Lookup = { request: NO_REQUEST, path: '', query: undefined, denied: Infinity }
  const index = new PatternIndex<RuleGroup, Match>(firstOf)
  for (const group of groupsOf(rules)) index.add(group.rules[0]!.rule.key, group)

  function firstOf ({ rules, parts }: RuleGroup): Match | undefined {
    const key = parts?.keyOf(lookup)
    const candidates = parts === undefined || key === undefined ? rules : parts.rules.get(key) ?? NONE
    const { request, path } = lookup
    for (const { rank, rule } of candidates) {
      const isForDomain = rule.isForDomain(request)
      if (isForDomain === false) continue
      if (rule.stays(path)) return isForDomain ? { kind: 'stays', rank } : { kind: 'undecided' }
      const verdict = isForDomain ? rule.test(request) : 'unknown'
      if (verdict === 'fails') continue
      const destination = rule.resolve(request, path, () => queryOf(lookup))
      if (destination === undefined) continue
      if (verdict === 'unknown') return { kind: 'undecided' }
      if (verdict === 'denied') {
        lookup.denied = Math.min(lookup.denied, rank)
        continue
      }
      const isLoop = rule.isLoop(request, destination)
      if (isLoop === undefined) return { kind: 'undecided' }
      if (!isLoop) return { kind: 'applies', rank, rule, destination }
    }
  }

  function find (request: RedirectRequest): Match | undefined {
    lookup.request = request
    lookup.path = uniformPath(request.path)
    lookup.query = undefined
    lookup.denied = Infinity
    const path = withoutSlash(lookup.path)
    return index.first('', path, path)
  }

  return {
    hasProxy: rules.some(({ action }) => action === 'proxy'),
    signingVariables: [...new Set(rules.flatMap(({ proxy }) => proxy.signed ?? []))],
    needsRole (request) {
      const found = find(request)
      return found?.kind !== 'undecided' && lookup.denied < (found?.rank ?? Infinity)
    },
    match (request) {
      const found = find(request)
      if (found?.kind === 'undecided') return found
      if (found?.kind !== 'applies') return lookup.denied < (found?.rank ?? Infinity) ? { kind: 'denied' } : undefined
      const { rank, rule, destination } = found
      const { action: kind, status, proxy } = rule
      // What a role is needed for must not be served as a file to those who lack it.
      const force = rule.force || lookup.denied < rank
      return kind === 'proxy' ? { kind, status, force, destination, proxy } : { kind, status, force, destination }
    }
  }
}

function groupsOf (rules: readonly Rule[]): RuleGroup[] {
  const groups: RankedRule[][] = []
  let previous = ''
  for (const [rank, rule] of rules.entries()) {
    const key = JSON.stringify(rule.key)
    if (key === previous) groups.at(-1)!.push({ rank, rule })
    else groups.push([{ rank, rule }])
    previous = key
  }
  return groups.map((rules) => ({ rules, parts: rules.length === 1 ? undefined : byHost(rules) ?? byValue(rules) }))
}

function byHost (rules: readonly RankedRule[]): Parts | undefined {
  if (!rules.every(({ rule }) => rule.host !== undefined)) return undefined
  return { rules: Map.groupBy(rules, ({ rule }) => rule.host!), keyOf: ({ request }) => request.origin && withoutPort(request.origin.host) }
}

/** By the value of the first parameter, if they all ask for one of it. */
function byValue (rules: readonly RankedRule[]): Parts | undefined {
  const key = rules[0]?.rule.query[0]?.key
  if (key === undefined) return undefined
  const valueOf = ({ rule }: RankedRule): string | undefined => rule.query.flatMap((asked) => asked.kind === 'value' && asked.key === key ? asked.value : [])[0]
  if (!rules.every((ranked) => valueOf(ranked) !== undefined)) return undefined
  return { rules: Map.groupBy(rules, (ranked) => valueOf(ranked)!), keyOf: (lookup) => queryOf(lookup).get(key) ?? '' }
}

function queryOf (lookup: Lookup): Query {
  lookup.query ??= parseQuery(lookup.request.search)
  return lookup.query
}
