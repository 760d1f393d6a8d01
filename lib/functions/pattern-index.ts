import type { PatternKey } from './pattern-key.ts'

interface Entry<T> {
  /** In the order of addition. */
  readonly rank: number
  readonly item: T
}

/** Patterns whose first segments are the same. */
interface Node<T> {
  /** The least of the entries here and below. */
  readonly rank: number
  readonly fixed: Array<{ readonly text: string, readonly node: Node<T> }>
  /** The same, once there are many. */
  fixedByText: Map<string, Node<T>> | undefined
  any: Node<T> | undefined
  /** Those that end here. */
  whole: Array<Entry<T>> | undefined
  /** Those that may go on. */
  open: Array<Entry<T>> | undefined
  /** Those that go on in some way and end with a fixed segment. */
  byLast: Map<string, Array<Entry<T>>> | undefined
}

/** So many comparisons cost as much as the hash of a segment that is new with each path. */
const FEW = 8

/** A path that is looked up, and what the search knows of it. */
export interface PathLookup {
  readonly method: string
  readonly path: string
  /** Where the segments begin and end that are not fixed in the item's key; what follows is of no meaning. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

/** More than any rank; a small integer, as they are. */
const NONE = 2 ** 30 - 1

/** Asked for each item that may match: gives what the search is to return, or `undefined` to go on. */
export type Accept<T, Result> = (item: T, lookup: PathLookup) => Result | undefined

/**
 * Finds items by the segments of a path, without a look at those whose fixed segments differ from it: a
 * trie in which each level has a branch for every fixed segment and one for any.
 */
export class PatternIndex<T, Result> {
  readonly #accept: Accept<T, Result>
  readonly #root: Node<T> = createNode(0)
  #size = 0

  // What the search under way looks for, and the best it has found. None begins inside of another.
  readonly #lookup = { method: '', path: '', starts: [0], ends: [0] }
  #lowerCase = ''
  #bestRank = NONE
  #best: Result | undefined = undefined

  constructor (accept: Accept<T, Result>) {
    this.#accept = accept
  }

  add ({ segments, isWhole, lastSegment }: PatternKey, item: T): void {
    const entry = { rank: this.#size++, item }
    let node = this.#root
    for (const segment of segments) node = childOf(node, segment, entry.rank)
    if (isWhole) (node.whole ??= []).push(entry)
    else if (lastSegment === undefined) (node.open ??= []).push(entry)
    else addTo(node.byLast ??= new Map(), lastSegment, entry)
  }

  /** Gives what is accepted of the item that was added first. */
  first (method: string, path: string, lowerCase: string): Result | undefined {
    this.#lookup.method = method
    this.#lookup.path = path
    this.#lowerCase = lowerCase
    this.#bestRank = NONE
    this.#best = undefined
    this.#visit(this.#root, 1, 0)
    return this.#best
  }

  #visit (node: Node<T>, start: number, unfixed: number): void {
    if (node.rank >= this.#bestRank) return
    const path = this.#lowerCase
    if (start > path.length) {
      this.#try(node.whole)
    } else if (node.fixed.length > 0 || node.any !== undefined) {
      const slash = path.indexOf('/', start)
      const end = slash === -1 ? path.length : slash
      const child = findFixed(node, path, start, end)
      if (child !== undefined) this.#visit(child, end + 1, unfixed)
      if (node.any !== undefined) {
        this.#lookup.starts[unfixed] = start
        this.#lookup.ends[unfixed] = end
        this.#visit(node.any, end + 1, unfixed + 1)
      }
    }
    this.#try(node.open)
    if (node.byLast !== undefined) this.#try(node.byLast.get(path.slice(path.lastIndexOf('/') + 1)))
  }

  #try (entries: ReadonlyArray<Entry<T>> | undefined): void {
    if (entries === undefined) return
    for (const { rank, item } of entries) {
      if (rank >= this.#bestRank) return
      const result = this.#accept(item, this.#lookup)
      if (result === undefined) continue
      this.#bestRank = rank
      this.#best = result
      return
    }
  }
}

function findFixed<T> ({ fixed, fixedByText }: Node<T>, path: string, start: number, end: number): Node<T> | undefined {
  if (fixedByText !== undefined) return fixedByText.get(path.slice(start, end))
  for (const { text, node } of fixed) {
    if (text.length === end - start && path.startsWith(text, start)) return node
  }
}

function createNode<T> (rank: number): Node<T> {
  return { rank, fixed: [], fixedByText: undefined, any: undefined, whole: undefined, open: undefined, byLast: undefined }
}

function childOf<T> (parent: Node<T>, segment: string | undefined, rank: number): Node<T> {
  if (segment === undefined) {
    parent.any ??= createNode(rank)
    return parent.any
  }
  const found = findFixed(parent, segment, 0, segment.length)
  if (found !== undefined) return found
  const node = createNode<T>(rank)
  parent.fixed.push({ text: segment, node })
  parent.fixedByText?.set(segment, node)
  if (parent.fixed.length === FEW + 1) parent.fixedByText = new Map(parent.fixed.map(({ text, node }) => [text, node]))
  return node
}

function addTo<T> (map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}
