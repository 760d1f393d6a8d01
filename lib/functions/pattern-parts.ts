export type Modifier = '' | '?' | '*' | '+'

/** A piece of a URL pattern: fixed text, or a group with the text that comes and goes with it. */
export interface PatternPart {
  /** Canonical, in the case it was written. All of the text when there is no group. */
  readonly prefix: string
  readonly group: PatternGroup | undefined
  readonly suffix: string
  readonly modifier: Modifier
}

/** What a group captures: one segment (`:name`), everything (`*`), or what a regular expression takes. */
export interface PatternGroup {
  readonly name: string
  readonly kind: 'segment' | 'wildcard' | 'regexp'
  readonly source: string
}

interface Token {
  readonly kind: 'char' | 'escaped' | 'name' | 'regexp' | '{' | '}' | '*' | '+' | '?'
  readonly value: string
}

const SEGMENT = '[^\\/]+?'
const WILDCARD = '.*'
const TOKEN = /\\(?<escaped>.)|:(?<name>[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)|(?<mark>[{}*+?])|(?<char>.)/suy

/**
 * Splits a pathname pattern as https://urlpattern.spec.whatwg.org/#parse-a-pattern-string says. The
 * pattern must be one that `URLPattern` accepts: what it rejects is split in some way or other.
 */
export function parsePattern (pattern: string): PatternPart[] {
  const tokens = tokenize(pattern)
  const parts: PatternPart[] = []
  let at = 0
  let text = ''
  let unnamed = 0

  function take (...kinds: Array<Token['kind']>): string | undefined {
    const token = tokens[at]
    if (token === undefined || !kinds.includes(token.kind)) return undefined
    at++
    return token.value
  }

  function takeText (): string {
    let taken = ''
    for (let value = take('char', 'escaped'); value !== undefined; value = take('char', 'escaped')) taken += value
    return taken
  }

  function takeGroup (): PatternGroup | undefined {
    const name = take('name')
    const source = take('regexp') ?? (name === undefined && take('*') !== undefined ? WILDCARD : undefined)
    if (name === undefined && source === undefined) return undefined
    return {
      name: name ?? String(unnamed++),
      kind: source === undefined || source === SEGMENT ? 'segment' : source === WILDCARD ? 'wildcard' : 'regexp',
      source: source ?? SEGMENT
    }
  }

  function takeModifier (): Modifier {
    return (take('?', '*', '+') ?? '') as Modifier
  }

  function endText (): void {
    if (text !== '') parts.push({ prefix: canonicalText(text), group: undefined, suffix: '', modifier: '' })
    text = ''
  }

  function addPart (prefix: string, group: PatternGroup | undefined, suffix: string, modifier: Modifier): void {
    if (group === undefined && modifier === '') {
      text += prefix
      return
    }
    endText()
    if (group === undefined && prefix === '') return
    parts.push({ prefix: canonicalText(prefix), group, suffix: canonicalText(suffix), modifier })
  }

  while (at < tokens.length) {
    const char = take('char')
    const group = takeGroup()
    if (group !== undefined) {
      // A slash right before a group belongs to it: `/:a?` may be left out as a whole.
      if (char !== '/') text += char ?? ''
      addPart(char === '/' ? char : '', group, '', takeModifier())
    } else if (char !== undefined) {
      text += char
    } else if (take('{') !== undefined) {
      const prefix = takeText()
      const inner = takeGroup()
      const suffix = takeText()
      take('}')
      addPart(prefix, inner, suffix, takeModifier())
    } else if (tokens[at]?.kind !== 'escaped') {
      at++
    } else {
      text += take('escaped') ?? ''
    }
  }
  endText()
  return parts
}

/** Whether the part is text that every matching path has. */
export function isFixed ({ group, modifier }: PatternPart): boolean {
  return group === undefined && modifier === ''
}

/** Whether a matching path may lack the part. */
export function isOptional ({ modifier }: PatternPart): boolean {
  return modifier === '?' || modifier === '*'
}

/** Whether the parts match nothing, or something that starts with a slash. */
export function startsSegment (parts: readonly PatternPart[]): boolean {
  const required = parts.findIndex((part) => !isOptional(part))
  const first = required === -1 ? parts : parts.slice(0, required + 1)
  return first.every(({ prefix }) => prefix.startsWith('/'))
}

function tokenize (pattern: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length;) {
    if (pattern[at] === '(') {
      const end = regexpEnd(pattern, at)
      tokens.push({ kind: 'regexp', value: pattern.slice(at + 1, end - 1) })
      at = end
      continue
    }
    TOKEN.lastIndex = at
    const found = TOKEN.exec(pattern)
    if (found === null) break
    const { escaped, name, mark, char } = found.groups as Record<string, string | undefined>
    at = TOKEN.lastIndex
    if (mark !== undefined) tokens.push({ kind: mark as Token['kind'], value: mark })
    else if (escaped !== undefined) tokens.push({ kind: 'escaped', value: escaped })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else tokens.push({ kind: 'char', value: char ?? '' })
  }
  return tokens
}

function regexpEnd (pattern: string, start: number): number {
  let depth = 0
  for (let at = start; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++
    else if (pattern[at] === '(') depth++
    else if (pattern[at] === ')' && --depth === 0) return at + 1
  }
  return pattern.length
}

/** Encodes text as `URLPattern` does, which keeps a backslash: hence a scheme that is not special. */
function canonicalText (text: string): string {
  if (text === '') return ''
  const url = new URL('x://h')
  url.pathname = text.startsWith('/') ? text : `/-${text}`
  return text.startsWith('/') ? url.pathname : url.pathname.slice(2)
}
