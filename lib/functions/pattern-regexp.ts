import { isFixed, isOptional, startsSegment } from './pattern-parts.ts'
import type { PatternGroup, PatternPart } from './pattern-parts.ts'

/** A pattern as a regular expression, and the names of its captures. */
export interface PatternRegExp {
  readonly regexp: RegExp
  /** The same for a path that lacks the slash at the end of the pattern; `undefined` if there is none. */
  readonly slashless: RegExp | undefined
  readonly captures: ReadonlyArray<readonly [index: number, name: string]>
}

/**
 * Builds the expression of https://urlpattern.spec.whatwg.org/#generate-a-regular-expression-and-name-list
 * for fixed text in any case. Throws a SyntaxError if the pattern holds a bad regular expression.
 */
export function buildRegExp (parts: readonly PatternPart[]): PatternRegExp {
  const source = parts.map((part, index) => partSource(part, parts.slice(index + 1), fixedText)).join('')
  const slashless = parts.map((part, index) => slashlessSource(part, parts.slice(index + 1))).join('')
  return {
    regexp: new RegExp(`^${source}$`, 'iv'),
    slashless: slashless === source ? undefined : new RegExp(`^${slashless}$`, 'iv'),
    captures: findCaptures(parts)
  }
}

function slashlessSource (part: PatternPart, rest: readonly PatternPart[]): string {
  if (rest.length === 0 && isFixed(part)) return withoutSlash(part.prefix)
  return partSource(part, rest, rest.every(isOptional) ? withOptionalSlash : fixedText)
}

function partSource ({ prefix, group, suffix, modifier }: PatternPart, rest: readonly PatternPart[], lastText: (text: string) => string): string {
  if (group === undefined) return modifier === '' ? lastText(prefix) : `(?:${lastText(prefix)})${modifier}`
  const start = fixedText(prefix)
  const end = lastText(suffix)
  if (modifier === '') return `${start}(${untilSeparator(group.kind, suffix, rest) ?? group.source})${end}`
  if (modifier === '?') return `(?:${start}(${group.source})${end})?`
  const repeated = repeatedSource(group, suffix + prefix, rest)
  if (modifier === '+') return `${start}(${repeated})${end}`
  return prefix + suffix === '' ? `(${repeated}|)` : `(?:${start}(${repeated})${end})?`
}

/**
 * A group one or more times. Where that is no more than a longer segment or everything, it is written so:
 * a repetition inside a repetition would make a path that does not match cost exponential time.
 */
function repeatedSource ({ kind, source }: PatternGroup, separator: string, rest: readonly PatternPart[]): string {
  if (kind === 'wildcard') return source
  if (separator === '') return kind === 'segment' ? '[^\\/]+' : `(?:${source})+`
  if (kind === 'segment' && !separator.includes('/') && startsSegment(rest)) return '[^\\/]+'
  return `(?:${source})(?:${fixedText(separator)}(?:${source}))*`
}

// In lower case, so that patterns that differ in case only have the same source.
function fixedText (text: string): string {
  return text.toLowerCase().replace(/[.+*?^${}()[\]|/\\]/g, '\\$&')
}

function withoutSlash (text: string): string {
  return fixedText(text.replace(/\/$/, ''))
}

// The slash is missing only if all the optional parts behind it are missing too.
function withOptionalSlash (text: string): string {
  return text.endsWith('/') ? `${withoutSlash(text)}(?:\\/|$)` : fixedText(text)
}

/**
 * For the `:a` of `/:a-:b`, the expression of a segment that stops at the first separator. As `:b` takes
 * whatever follows, it matches the same, but a path that does not match costs no quadratic search
 * (with a `-:c` behind it: cubic).
 */
function untilSeparator (kind: string, suffix: string, [separator, next]: readonly PatternPart[]): string | undefined {
  if (kind !== 'segment' || suffix !== '') return undefined
  if (separator === undefined || !isFixed(separator) || separator.prefix.includes('/')) return undefined
  if (next?.group?.kind !== 'segment' || next.modifier !== '' || next.prefix !== '') return undefined
  return `[^\\/](?:(?!${fixedText(separator.prefix)})[^\\/])*`
}

// A named group inside a regular expression of the pattern is a capture too, but no parameter.
function findCaptures (parts: readonly PatternPart[]): Array<[index: number, name: string]> {
  const captures: Array<[index: number, name: string]> = []
  let index = 1
  for (const { group } of parts) {
    if (group === undefined) continue
    captures.push([index, group.name])
    index += new RegExp(`${group.source}|`, 'v').exec('')?.length ?? 1
  }
  return captures
}
