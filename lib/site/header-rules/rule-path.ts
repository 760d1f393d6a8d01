import { uniformPath } from '../redirects/rule-path.ts'

/** The path of a header rule, compiled. */
export interface HeaderRulePath {
  /** The segments it begins with, up to the first that has a wildcard. */
  readonly fixed: readonly string[]
  /** @param path as `comparablePath` writes it */
  matches (path: string): boolean
}

/** What stands between two asterisks. */
interface Piece {
  /** Texts, and `undefined` for a segment of any text. */
  readonly parts: Array<string | undefined>
  /** Whether nothing but a slash or the end of the path may follow. */
  endsSegment: boolean
}

const ASTERISK = '*'
const NON_ASCII = /%[c-f]/i

/**
 * Writes a path so that paths which find the same file are the same: in lower case, without one slash at its end, and
 * with letters that have an accent in one of the two ways to write them.
 */
export function comparablePath (path: string): string {
  const uniform = uniformPath(path)
  const composed = NON_ASCII.test(uniform) ? uniformPath(uniform.split('/').map(compose).join('/')) : uniform
  const comparable = composed.toLowerCase()
  return comparable.endsWith('/') ? comparable.slice(0, -1) : comparable
}

/**
 * Compiles `/news/:year/*`: a segment that starts with a colon stands for any, an asterisk for any text with its
 * slashes. As clients choose the paths, matching takes no longer with more asterisks, which a regular expression would.
 */
export function compileHeaderRulePath (text: string): HeaderRulePath {
  const trimmed = text.split('/').map((segment) => segment.trimEnd()).filter((segment) => segment !== '')
  const segments = trimmed.length === 0 ? [] : comparablePath(trimmed.join('/')).split('/')
  const first = segments.findIndex((segment) => isPlaceholder(segment) || segment.includes(ASTERISK))
  const pieces = piecesOf(segments)
  return { fixed: first === -1 ? segments : segments.slice(0, first), matches: (path) => matchAll(pieces, path) }
}

function compose (segment: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(segment).normalize('NFC'))
  } catch {
    return segment
  }
}

function isPlaceholder (segment: string): boolean {
  return segment.startsWith(':')
}

function piecesOf (segments: readonly string[]): Piece[] {
  let piece: Piece = { parts: [], endsSegment: false }
  const pieces = [piece]
  for (const segment of segments) {
    if (isPlaceholder(segment)) {
      piece.parts.push('/', undefined)
      continue
    }
    const [start, ...rest] = segment.split(ASTERISK)
    // As a whole segment, an asterisk may stand for no segment at all.
    if (segment === ASTERISK) piece.endsSegment = true
    else piece.parts.push(`/${start}`)
    for (const text of rest) {
      piece = { parts: text === '' ? [] : [text], endsSegment: false }
      pieces.push(piece)
    }
  }
  return pieces
}

function matchAll (pieces: readonly Piece[], path: string): boolean {
  const last = pieces.length - 1
  let end = matchAt(pieces[0]!, path, 0)
  if (last === 0) return end === path.length
  for (let index = 1; index < last && end !== -1; index++) end = search(pieces[index]!, path, end)
  return end !== -1 && isEnd(pieces[last]!, path, end)
}

/** Where the piece ends that begins at `start`; -1 where it does not. */
function matchAt ({ parts, endsSegment }: Piece, path: string, start: number): number {
  let end = start
  for (const part of parts) {
    if (part === undefined) {
      const slash = path.indexOf('/', end)
      const next = slash === -1 ? path.length : slash
      if (next === end) return -1
      end = next
    } else {
      if (!path.startsWith(part, end)) return -1
      end += part.length
    }
  }
  return !endsSegment || end === path.length || path[end] === '/' ? end : -1
}

/** The first place is the best, as an asterisk follows. */
function search (piece: Piece, path: string, from: number): number {
  for (let start = from; start <= path.length; start++) {
    const end = matchAt(piece, path, start)
    if (end !== -1) return end
  }
  return -1
}

function isEnd (piece: Piece, path: string, from: number): boolean {
  if (piece.parts.length === 0) return true
  for (let start = from; start <= path.length; start++) {
    if (matchAt(piece, path, start) === path.length) return true
  }
  return false
}
