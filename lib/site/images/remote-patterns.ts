/** Says which remote images may be transformed. */
export interface RemotePatterns {
  /** `undefined` if the URL is not allowed. */
  allow (url: URL): RemotePermission | undefined
}

export interface RemotePermission {
  /** Whether the host may be one of this machine's or its networks': only where a pattern spells it out. */
  readonly privateAddresses: boolean
}

export interface InvalidPattern {
  readonly pattern: string
  readonly reason: string
}

/** What makes of a host a part of another one; a group with a port or a path does not. */
const HOST_CHARACTER = /^(?:[\w.\-[{*+?|\\]|\((?!(?:\?:)?[:/]))/

/**
 * Compiles `[images] remote_images`. A pattern must match from the first character of the URL to beyond its host, so
 * that neither `https://evil.test/?https://images.test/` nor `https://images.test.evil.test/` is taken for `https://images.test`.
 *
 * @param onInvalid of those that are no regular expressions; they allow nothing
 */
export function compileRemotePatterns (patterns: readonly string[], onInvalid: (invalid: InvalidPattern) => void): RemotePatterns {
  const compiled = patterns.flatMap((pattern) => {
    try {
      return [{ regexp: new RegExp(`^(?:${pattern})`), literal: pattern.replace(/\\([^A-Za-z0-9])/g, '$1').toLowerCase() }]
    } catch (error) {
      onInvalid({ pattern, reason: (error as Error).message })
      return []
    }
  })

  return {
    allow (url) {
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
      // Credentials could make a host look like another one, and are not to be sent for a stranger.
      if (url.username !== '' || url.password !== '') return undefined
      const matching = compiled.filter(({ regexp }) => (regexp.exec(withoutFragment(url))?.[0].length ?? 0) >= url.origin.length)
      if (matching.length === 0) return undefined
      return { privateAddresses: matching.some(({ literal }) => spellsOut(literal, url.hostname)) }
    }
  }
}

function withoutFragment ({ href, hash }: URL): string {
  return hash === '' ? href : href.slice(0, -hash.length)
}

/** Whether a pattern has this very host, and not a part of a longer one or of an expression. */
function spellsOut (literal: string, host: string): boolean {
  const start = literal.indexOf(`//${host}`)
  return start !== -1 && !HOST_CHARACTER.test(literal.slice(start + 2 + host.length))
}
