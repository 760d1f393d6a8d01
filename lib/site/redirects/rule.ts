import type { PatternKey } from '../../functions/pattern-key.ts'
import { judge, readConditions, type Conditions, type Verdict } from './conditions.ts'
import { isAt, readDomain, withoutPort, type Domain } from './domain.ts'
import { hasParameters, readQueryRules, type Query, type QueryRule } from './query.ts'
import type { RedirectRequest } from './request.ts'
import { compileRulePath, uniformPath, withoutSlash, type RulePath } from './rule-path.ts'
import { compileTarget, type Destination, type Target, type Value } from './target.ts'

/** What @netlify/redirect-parser makes of a rule. Nothing of it is certain: it hands on what a file says. */
export type ParsedRule = Readonly<Record<string, unknown>>

/** A rule that can be matched. */
export interface Rule {
  readonly key: PatternKey
  /** The parameters that the rule asks for, if any. */
  readonly query: readonly QueryRule[]
  readonly action: Action
  readonly status: number
  /** Whether it applies although a file has the same path. */
  readonly force: boolean
  readonly proxy: ProxyRule
  /** Host of the domain the rule is for, without a port. */
  readonly host: string | undefined
  /** Whether the rule is for the domain of a request; `undefined` while this is not known. */
  isForDomain (request: RedirectRequest): boolean | undefined
  /** Whether the request is where the rule leads already, so that no rule is to lead it away. */
  stays (path: string): boolean
  test (request: RedirectRequest): Verdict
  /** Gives `undefined` where the path or the query does not fit after all. */
  resolve (request: RedirectRequest, path: string, query: () => Query): Destination | undefined
  /** Whether the destination is the place of the request itself, so that a redirect would never end; `undefined` while this is not known. */
  isLoop (request: RedirectRequest, destination: Destination): boolean | undefined
}

export type Action = 'redirect' | 'rewrite' | 'proxy'

/** What a proxied request gets from its rule. */
export interface ProxyRule {
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** The variable that has the key to sign with. */
  readonly signed: string | undefined
}

const DEFAULT_STATUS = 301
const BEYOND_PLACE = /\/:splat(?:\/.+)?$/
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Those of the connection to the other server, and those that say who asks. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'cdn-loop'])

/** @returns what is wrong with the rule, as text */
export function compileRule (parsed: ParsedRule): Rule | string {
  const { path: from, to, status = DEFAULT_STATUS, force } = parsed
  if (typeof from !== 'string' || typeof to !== 'string') return '"from" and "to" must be strings'
  if (typeof status !== 'number' || status < 200 || status > 599) return `its status must be between 200 and 599, not ${String(status)}`
  const path = compileRulePath(from)
  if (typeof path === 'string') return path
  const query = readQueryRules(parsed.query)
  if (typeof query === 'string') return query
  const target = compileTarget(to, [...path.names, ...query.flatMap((rule) => rule.kind === 'any' ? rule.name : [])])
  if (typeof target === 'string') return target
  const conditions = readConditions(parsed.conditions)
  if (typeof conditions === 'string') return conditions
  const proxy = readProxyRule(parsed)
  if (typeof proxy === 'string') return proxy
  const action = actionOf(status, target)
  if (action === 'proxy' && (target.hasOpenHost || to.startsWith('//'))) return 'the host of a rewrite must be fixed, with "http://" or "https://" before it'
  const ownPlace = status !== 200 && !target.isExternal ? ownPlaceOf(path, to) : ''
  const domain = readDomain(parsed)
  const parts = { path, query, target, conditions, action, domain, ownPlace }
  return { key: path.key, host: domain && withoutPort(domain.host), query, action, status, force: force === true, proxy, ...matcher(parts) }
}

interface Parts {
  readonly path: RulePath
  readonly query: readonly QueryRule[]
  readonly target: Target
  readonly conditions: Conditions
  readonly action: Action
  readonly domain: Domain | undefined
  /** Where the rule leads to, if that could be a place it is for. */
  readonly ownPlace: string
}

function matcher ({ path, query: queryRules, target, conditions, action, domain, ownPlace }: Parts): Pick<Rule, 'isForDomain' | 'stays' | 'test' | 'resolve' | 'isLoop'> {
  return {
    stays: (uniform) => ownPlace !== '' && isBelow(ownPlace, uniform) && path.exec(uniform) !== undefined,
    isLoop: (request, destination) => action === 'redirect' && isSamePlace(destination, request),
    isForDomain: ({ origin }) => domain === undefined || (origin && isAt(domain, origin)),
    test: (request) => judge(conditions, request),
    resolve (request, uniform, query) {
      if (queryRules.length > 0 && !hasParameters(query(), queryRules)) return undefined
      const pathValues = path.exec(uniform)
      if (pathValues === undefined) return undefined
      const values = new Map<string, Value>()
      for (const [index, name] of path.names.entries()) {
        if (!values.has(name)) values.set(name, { from: 'path', text: pathValues[index] ?? '' })
      }
      for (const rule of queryRules) {
        if (rule.kind === 'any' && !values.has(rule.name)) values.set(rule.name, { from: 'query', text: query().get(rule.key) ?? '' })
      }
      return target.fill(values, request.search)
    }
  }
}

function actionOf (status: number, { isExternal }: Target): Action {
  if (status >= 300 && status < 400) return 'redirect'
  return isExternal ? 'proxy' : 'rewrite'
}

/** A rule for all below a path may lead to a place below it, as from `/*` to `/de/:splat`. */
function ownPlaceOf (path: RulePath, to: string): string {
  const isOwn = path.names.includes('splat') && path.exec(uniformPath(to.replace(':splat', 'x'))) !== undefined
  return isOwn ? uniformPath(to.replace(BEYOND_PLACE, '')) : ''
}

function isBelow (place: string, path: string): boolean {
  return path.startsWith(place) && (path.length === place.length || place.endsWith('/') || path[place.length] === '/')
}

function isSamePlace ({ origin, path, search }: Destination, request: RedirectRequest): boolean | undefined {
  if (search !== request.search || withoutSlash(path) !== withoutSlash(request.path)) return false
  return origin === '' || (request.origin && origin.toLowerCase() === `${request.origin.scheme}://${request.origin.host}`.toLowerCase())
}

function readProxyRule ({ headers, signed }: ParsedRule): ProxyRule | string {
  if (signed !== undefined && typeof signed !== 'string') return '"signed" must be the name of an environment variable'
  const entries = Object.entries(Object(headers) as object).map(([name, value]) => [name.toLowerCase(), String(value)] as const)
  const bad = entries.find(([name, value]) => !TOKEN.test(name) || !FIELD_VALUE.test(value) || OWN_HEADERS.has(name))
  return bad === undefined ? { headers: entries, signed } : `the header "${bad[0]}" cannot be sent`
}
