import { OUTPUT_LEVELS, type OutputLevel } from '../functions/output.ts'
import { functionOf, sizeOf, type ErrorCopy, type LogEntry } from './entry.ts'

export type { LogEntry } from './entry.ts'

/** Which entries are asked for; all conditions together. */
export interface LogFilter {
  readonly function?: string | undefined
  readonly type?: LogEntry['type'] | undefined
  readonly requestId?: string | undefined
  readonly jobId?: string | undefined
  /** At least; an invocation that failed counts as `error`, any other as `info`. */
  readonly level?: OutputLevel | undefined
  /** A part of what was printed, or of an invocation's method, path and error, in upper or lower case. */
  readonly text?: string | undefined
  /** Entries after the one with this id. */
  readonly after?: number | undefined
  /** @default 100 */
  readonly limit?: number | undefined
}

/** `app.netlifyFunctions.logs`: what functions have done and printed lately. */
export interface Logs {
  /** The newest first. */
  list (filter?: LogFilter): LogEntry[]
  /** Tells of each entry from now on. Gives what ends it. */
  subscribe (listener: (entry: LogEntry) => void): () => void
}

export interface History {
  add (entry: LogEntry): void
  list (filter?: LogFilter): LogEntry[]
  /** Forgets what functions have left that are not among these. */
  keep (functions: { has (name: string): boolean }): void
}

/** An entry, between the one before and the one after. */
interface Link {
  readonly entry: LogEntry
  readonly size: number
  readonly shelf: Shelf
  /** On its shelf. */
  readonly place: number
  older: Link | undefined
  newer: Link | undefined
}

/** The entries of one function and type, as a ring. */
interface Shelf {
  readonly size: number
  readonly links: Array<Link | undefined>
  next: number
  count: number
}

const MOST_CHARACTERS = 8_000_000
/** A call may print more than once. */
const TEXTS_PER_INVOCATION = 2
const DEFAULT_LIMIT = 100

/**
 * Keeps so many invocations of each function, and twice as many of its texts, as long as all of them together are not too much.
 *
 * @param most characters of all entries
 */
export function createHistory (perFunction: number, most: number = MOST_CHARACTERS): History {
  const shelves = { invocation: new Map<string, Shelf>(), output: new Map<string, Shelf>() }
  let newest: Link | undefined
  let oldest: Link | undefined
  let characters = 0

  return {
    add (entry) {
      if (perFunction === 0) return
      const shelf = shelfOf(entry)
      const { next: place, links } = shelf
      shelf.count++
      if (links[place] !== undefined) remove(links[place])
      const link: Link = { entry, size: sizeOf(entry), shelf, place, older: newest, newer: undefined }
      links[place] = link
      shelf.next = place + 1 === shelf.size ? 0 : place + 1
      if (newest === undefined) oldest = link
      else newest.newer = link
      newest = link
      characters += link.size
      while (characters > most && oldest !== undefined) remove(oldest)
    },
    list (filter = {}) {
      const accepts = matcherOf(filter)
      const { limit = DEFAULT_LIMIT, after = 0 } = filter
      const found: LogEntry[] = []
      for (let link = newest; link !== undefined && link.entry.id > after && found.length < limit; link = link.older) {
        if (accepts(link.entry)) found.push(link.entry)
      }
      return found
    },
    keep (functions) {
      for (let link = oldest; link !== undefined; link = link.newer) {
        if (!functions.has(functionOf(link.entry))) remove(link)
      }
    }
  }

  function shelfOf (entry: LogEntry): Shelf {
    const ofType = shelves[entry.type]
    const name = functionOf(entry)
    let shelf = ofType.get(name)
    if (shelf === undefined) {
      shelf = { size: entry.type === 'output' ? perFunction * TEXTS_PER_INVOCATION : perFunction, links: [], next: 0, count: 0 }
      ofType.set(name, shelf)
    }
    return shelf
  }

  function remove ({ entry, older, newer, shelf, place, size }: Link): void {
    if (older === undefined) oldest = newer
    else older.newer = newer
    if (newer === undefined) newest = older
    else newer.older = older
    characters -= size
    shelf.links[place] = undefined
    // An empty one would outlive its function.
    if (--shelf.count === 0) shelves[entry.type].delete(functionOf(entry))
  }
}

/** Says of an entry whether it is asked for; `after` and `limit` are about lists. */
export function matcherOf ({ function: name, type, requestId, jobId, level, text }: LogFilter): (entry: LogEntry) => boolean {
  const least = level === undefined ? 0 : OUTPUT_LEVELS.indexOf(level)
  const part = text?.toLowerCase()
  return (entry) => (name === undefined || functionOf(entry) === name) &&
    (type === undefined || entry.type === type) &&
    (requestId === undefined || (entry.type === 'output' ? entry : entry.record).requestId === requestId) &&
    (jobId === undefined || (entry.type === 'output' ? entry.jobId : entry.record.job?.id) === jobId) &&
    (least <= 0 || OUTPUT_LEVELS.indexOf(levelOf(entry)) >= least) &&
    (part === undefined || textOf(entry).toLowerCase().includes(part))
}

function levelOf (entry: LogEntry): OutputLevel {
  if (entry.type === 'output') return entry.level
  return entry.record.outcome === 'failed' ? 'error' : 'info'
}

function textOf (entry: LogEntry): string {
  if (entry.type === 'output') return entry.text
  const { method, path, error } = entry.record
  return `${method} ${path} ${(error as ErrorCopy | undefined)?.message ?? ''}`
}
