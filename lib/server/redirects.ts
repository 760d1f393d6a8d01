import type { RedirectOutcome } from '../site/redirects/table.ts'
import type { RedirectRequest } from '../site/redirects/request.ts'
import type { ProxyMatch } from './proxy.ts'
import type { SiteVersion } from './site-version.ts'

/** What a redirect rule makes of a request, unless it leads to another path of the site. */
export type RuleMatch =
  | { readonly kind: 'redirect', readonly status: number, readonly location: string }
  | ProxyMatch
  /** For this visitor there is nothing, whatever lies under the path. */
  | { readonly kind: 'nothing' }
  /** It depends on what has to be found out of the visitor. */
  | { readonly kind: 'undecided', readonly version: SiteVersion, readonly visitor: RedirectRequest }

export type Rewrite = Extract<RedirectOutcome, { kind: 'rewrite' }>

/**
 * Asks the rules of a version about a request. A file is served all the same, unless the rule is forced.
 *
 * @param hasFile whether there is a file under the path of the request
 * @param prefix of the site's URLs
 */
export function askRules (version: SiteVersion, visitor: RedirectRequest, hasFile: boolean, prefix: string): RuleMatch | Rewrite | undefined {
  const outcome = version.redirects?.match(visitor)
  if (outcome === undefined) return undefined
  if (outcome.kind === 'undecided') return { kind: 'undecided', version, visitor }
  if (outcome.kind === 'denied') return { kind: 'nothing' }
  if (hasFile && !outcome.force) return undefined

  const { destination } = outcome
  if (outcome.kind === 'proxy') return { kind: 'proxy', destination, rule: outcome.proxy, identity: version.identity, variable: version.variable }
  if (outcome.kind === 'rewrite') return outcome
  const { origin, path, search, hash } = destination
  return { kind: 'redirect', status: outcome.status, location: `${origin === '' ? prefix : origin}${path}${search}${hash}` }
}
