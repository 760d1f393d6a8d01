import type { HeaderPair, HeaderRule } from './rule.ts'
import { comparablePath } from './rule-path.ts'

/** The header rules of a site. */
export interface HeaderRules {
  /** What the rules add to the response for a path as it was requested; of two rules, the later counts. */
  headersFor (path: string): readonly HeaderPair[]
  /** Those who may see the files under a path, as `user:password`; `undefined` where everybody may. */
  loginsFor (path: string): readonly string[] | undefined
}

/** Rules by the segments that they begin with, so that only those are tried that may match. */
interface Branch {
  readonly rules: RankedRule[]
  readonly branches: Map<string, Branch>
}

interface RankedRule extends HeaderRule {
  readonly rank: number
}

const NO_HEADERS: readonly HeaderPair[] = []

export function createHeaderRules (rules: readonly HeaderRule[]): HeaderRules {
  const root = newBranch()
  for (const [rank, rule] of rules.entries()) {
    branchOf(root, rule.path.fixed).rules.push({ ...rule, rank })
  }
  const hasLogins = rules.some(({ logins }) => logins !== undefined)

  return {
    headersFor (path) {
      const found = matching(root, comparablePath(path))
      const [first, second] = found
      if (first === undefined) return NO_HEADERS
      return second === undefined ? first.headers : mergeHeaders(found)
    },

    loginsFor (path) {
      if (!hasLogins) return undefined
      return matching(root, comparablePath(path)).findLast(({ logins }) => logins !== undefined)?.logins
    }
  }
}

function newBranch (): Branch {
  return { rules: [], branches: new Map() }
}

function branchOf (root: Branch, segments: readonly string[]): Branch {
  let branch = root
  for (const segment of segments) {
    const next = branch.branches.get(segment) ?? newBranch()
    branch.branches.set(segment, next)
    branch = next
  }
  return branch
}

/** In the order in which they were written. */
function matching (root: Branch, path: string): RankedRule[] {
  const found: RankedRule[] = []
  let branch: Branch | undefined = root
  let start = 1
  while (branch !== undefined) {
    for (const rule of branch.rules) {
      if (rule.path.matches(path)) found.push(rule)
    }
    if (branch.branches.size === 0) break
    const slash = path.indexOf('/', start)
    branch = branch.branches.get(path.slice(start, slash === -1 ? undefined : slash))
    start = slash === -1 ? path.length + 1 : slash + 1
  }
  return found.sort((one, other) => one.rank - other.rank)
}

function mergeHeaders (rules: readonly RankedRule[]): HeaderPair[] {
  const merged = new Map<string, readonly HeaderPair[]>()
  for (const { headers } of rules) {
    for (const [name, pairs] of Map.groupBy(headers, ([name]) => name)) merged.set(name, pairs)
  }
  return [...merged.values()].flat()
}
