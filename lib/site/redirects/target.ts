import { canonicalPath } from '../../functions/path.ts'

/** A value that a rule has taken from a request. */
export type Value =
  /** As the path has it, so with its escapes. */
  | { readonly from: 'path', readonly text: string }
  /** Decoded. */
  | { readonly from: 'query', readonly text: string }

export type Values = ReadonlyMap<string, Value>

/** Where a rule leads, for one request. */
export interface Destination {
  /** Scheme and host, or `//` and host; empty on the site itself. */
  readonly origin: string
  readonly path: string
  /** With its `?`; the request's own, unless the rule has one. */
  readonly search: string
  /** With its `#`. */
  readonly hash: string
}

/** The destination of a rule, compiled. */
export interface Target {
  readonly isExternal: boolean
  /** Whether the host depends on the request. */
  readonly hasOpenHost: boolean
  /** Gives `undefined` for values that cannot stand where the rule has them. */
  fill (values: Values, search: string): Destination | undefined
}

/** Literal text, or the name of a value. */
type Part = { readonly text: string } | { readonly name: string }

const ABSOLUTE = /^((?:https?:)?\/\/[^/?#\\]*)(.*)$/is
const PARTS = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s
const LABEL = /^[a-z0-9-]{1,63}$/i
/** What follows a placeholder in a host: the domain, which is not the request's to choose. */
const DOMAIN = /^\.(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?$/i
const DOT_SEGMENT = /^\.\.?$/

/** @returns what is wrong with the text, as text */
export function compileTarget (text: string, names: readonly string[]): Target | string {
  const [, originText = '', rest = text] = ABSOLUTE.exec(text) ?? []
  const isExternal = originText !== ''
  if (!isExternal && !text.startsWith('/')) return 'its destination must start with "/", "http://" or "https://"'
  const split = splitter(names)
  const origin = split(originText)
  const hasOpenHost = origin.some((part) => 'name' in part)
  const problem = isExternal ? originProblem(origin) : undefined
  if (problem !== undefined) return problem
  const [, pathText = '', queryText = '', hashText = ''] = PARTS.exec(rest) ?? []
  const [path, query, hash] = [split(pathText || '/'), split(queryText), split(hashText)]

  return {
    isExternal,
    hasOpenHost,
    fill (values, search) {
      const filledOrigin = hasOpenHost ? fillParts(origin, values, inHost) : originText
      const filledPath = fillParts(path, values, inPath)
      const filledQuery = fillParts(query, values, inQuery)
      const filledHash = fillParts(hash, values, inPath)
      if (filledOrigin === undefined || filledPath === undefined || filledQuery === undefined || filledHash === undefined) return undefined
      return {
        origin: filledOrigin,
        // Without a host before them, two slashes would make one of what follows.
        path: isExternal ? canonicalPath(filledPath) : canonicalPath(filledPath).replace(/^\/+/, '/'),
        search: filledQuery === '' ? search : writeSearch(filledQuery),
        hash: filledHash === '' ? '' : new URL(`#${filledHash}`, 'http://h').hash
      }
    }
  }
}

/** Gives a function that cuts text at `:name`; of names that begin alike, the longest counts. */
function splitter (names: readonly string[]): (text: string) => Part[] {
  const known = [...new Set(names)].filter((name) => name !== '').sort((a, b) => b.length - a.length)
  return function split (text) {
    const parts: Part[] = []
    let literal = ''
    for (let at = 0; at < text.length;) {
      const name = text[at] === ':' ? known.find((name) => text.startsWith(name, at + 1)) : undefined
      if (name === undefined) {
        literal += text[at++]
        continue
      }
      parts.push({ text: literal }, { name })
      literal = ''
      at += name.length + 1
    }
    return [...parts, { text: literal }].filter((part) => 'name' in part || part.text !== '')
  }
}

function originProblem (parts: readonly Part[]): string | undefined {
  const last = parts.at(-1)
  const isOpen = parts.some((part) => 'name' in part)
  if (isOpen && (last === undefined || !('text' in last) || !DOMAIN.test(last.text))) return 'a placeholder in the host of its destination must be followed by the domain, as in https://:name.example.com'
  const sample = parts.map((part) => 'name' in part ? 'x' : part.text).join('')
  const url = URL.parse(sample, 'http://h')
  if (url === null || url.host === '') return `its destination has no valid host: ${sample}`
  return url.username !== '' || url.password !== '' ? 'its destination has a user name or a password; give them in "headers"' : undefined
}

function fillParts (parts: readonly Part[], values: Values, write: (value: Value) => string | undefined): string | undefined {
  let text = ''
  for (const part of parts) {
    if ('text' in part) {
      text += part.text
      continue
    }
    const value = values.get(part.name)
    const written = value === undefined ? '' : write(value)
    if (written === undefined) return undefined
    text += written
  }
  return text
}

function inHost ({ text }: Value): string | undefined {
  return LABEL.test(text) ? text : undefined
}

/** A parameter can be `..`, which a path cannot have as a segment. */
function inPath ({ from, text }: Value): string | undefined {
  if (from === 'path') return text
  return DOT_SEGMENT.test(text) ? undefined : encodeText(text)
}

function inQuery ({ from, text }: Value): string | undefined {
  return from === 'query' ? encodeText(text) : text.replace(/[&+]/g, encodeURIComponent)
}

function encodeText (text: string): string | undefined {
  try {
    return encodeURIComponent(text)
  } catch {
    return undefined
  }
}

function writeSearch (query: string): string {
  return new URL(`?${query}`, 'http://h').search
}
