import type { PatternKey } from '../../functions/pattern-key.ts'

/** The path of a rule, compiled. */
export interface RulePath {
  readonly key: PatternKey
  /** Of placeholders, and `splat`. */
  readonly names: readonly string[]
  /**
   * Gives the values of a path that the index has found for `key`, in the order of `names`.
   *
   * @param path as `uniformPath` writes it
   */
  exec (path: string): readonly string[] | undefined
}

/** Everything else has one way to be written: its escape. */
const UNIFORM = /^[\w.~!$&'()*+,;=:@/-]*$/
/** Escapes that `encodeURIComponent` makes of characters that a path may have. */
const NEEDLESS_ESCAPE = /%(?:24|26|2B|2C|3A|3B|3D|40)/g
const NON_ASCII = /%[c-f]/i
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g
const SPLAT = 'splat'
const NOTHING: readonly string[] = []

/** Writes a path in one of the several ways that URLs have for it, so that rules and requests can be compared. */
export function uniformPath (path: string): string {
  return UNIFORM.test(path) ? path : path.split('/').map(uniformSegment).join('/')
}

/** The ways to write a path whose letters have accents; all of them find the same file. */
export function spellingsOf (path: string): string[] {
  return NON_ASCII.test(path) ? [respell(path, 'NFC'), respell(path, 'NFD'), path] : [path]
}

/** One slash at the end of a path means nothing. */
export function withoutSlash (path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/**
 * Compiles `/news/:year/*`: a segment that starts with a colon stands for any, an asterisk for what follows.
 *
 * @returns what is wrong with the path, as text
 */
export function compileRulePath (text: string): RulePath | string {
  const segments = withoutSlash(text.startsWith('/') ? text : `/${text}`).slice(1).split('/')
  const splats = segments.flatMap((segment, index) => segment.includes('*') && !isPlaceholder(segment) ? [index] : [])
  const [first = segments.length, second] = splats
  const last = segments.length - 1
  if (splats.some((index) => segments[index]!.indexOf('*') !== segments[index]!.length - 1)) return '"*" must be the end of a segment of "from"'
  // With more of them, a long path could take a very long time.
  if (splats.length > 2 || (second !== undefined && second !== last)) return '"from" may have one "*", and another one at its end'

  const key: PatternKey = {
    segments: segments.slice(0, first).map((segment) => isPlaceholder(segment) ? undefined : uniformPath(segment)),
    isWhole: splats.length === 0,
    params: undefined,
    lastSegment: splats.length > 0 && first < last && isFixed(segments[last]!) ? uniformPath(segments[last]!) : undefined
  }
  const names = segments.flatMap((segment) => isPlaceholder(segment) ? segment.slice(1) : isFixed(segment) ? [] : SPLAT)
  if (names.length === 0) return { key, names, exec: () => NOTHING }
  const expression = new RegExp(`^${segments.map(sourceOf).join('')}$`)
  const isOpen = !isFixed(segments[last]!) && !isPlaceholder(segments[last]!)
  return {
    key,
    names,
    exec: (path) => expression.exec(isOpen ? path : withoutSlash(path))?.slice(1).map((value) => value ?? '')
  }
}

function isPlaceholder (segment: string): boolean {
  return segment.length > 1 && segment.startsWith(':')
}

function isFixed (segment: string): boolean {
  return !isPlaceholder(segment) && !segment.includes('*')
}

function sourceOf (segment: string): string {
  if (isPlaceholder(segment)) return '/([^/]+)'
  if (segment === '*') return '(?:/(.*))?'
  if (segment.endsWith('*')) return `/${literalSource(segment.slice(0, -1))}/?(.*)`
  return `/${literalSource(segment)}`
}

function literalSource (segment: string): string {
  return uniformPath(segment).replace(SPECIAL, '\\$&')
}

function respell (path: string, form: 'NFC' | 'NFD'): string {
  try {
    return path.split('/').map((segment) => encodeURIComponent(decodeURIComponent(segment).normalize(form))).join('/')
  } catch {
    return path
  }
}

function uniformSegment (segment: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(segment)).replace(NEEDLESS_ESCAPE, decodeURIComponent)
  } catch {
    return segment
  }
}
