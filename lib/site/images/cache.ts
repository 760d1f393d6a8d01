import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What is stored under a key: a few words about it, and bytes. */
export interface CacheEntry {
  readonly head: Readonly<Record<string, string | number | undefined>>
  readonly body: Buffer
}

/** A cache on the disk that several processes may share. */
export interface ImageCache {
  /** `undefined` if there is no such entry, or if it is damaged. */
  read (key: string): Promise<CacheEntry | undefined>
  /** Never fails: what cannot be stored is made again. */
  write (key: string, entry: CacheEntry): Promise<void>
}

export interface ImageCacheOptions {
  readonly directory: string
  readonly maxBytes: number
  /** Called for the first entry that cannot be stored. */
  readonly onError: (error: Error) => void
}

interface StoredFile {
  readonly file: string
  readonly bytes: number
  readonly usedAt: number
}

const NEWLINE = 10
const ENDING = '.image'
const UNFINISHED = '.unfinished'
/** Bytes that a disk needs for a file at least; clients can ask for any number of small ones. */
const BLOCK = 4096
/** Milliseconds after which an unfinished file belongs to a process that is no more. */
const ABANDONED = 60_000
/** Milliseconds in which an entry is not marked as used again. */
const RECENT = 60_000
/** Of the bound: what is left when entries have been removed, and how much is written before others' entries are counted again. */
const KEEP = 0.9
const COUNT_AGAIN = 0.1

/** Makes a cache on the disk, whose entries that were not used for the longest time make room for new ones. */
export function createImageCache ({ directory, maxBytes, onError }: ImageCacheOptions): ImageCache {
  /** Bytes written since the directory was last counted, which it never was. */
  let uncounted = Infinity
  let total = 0
  let counting: Promise<void> | undefined
  let failed = false

  const pathOf = (key: string): string => join(directory, createHash('sha256').update(key).digest('hex') + ENDING)

  async function makeRoom (): Promise<void> {
    counting ??= removeOldest(directory, maxBytes).then((left) => {
      total = left
      uncounted = 0
    }).finally(() => { counting = undefined })
    await counting
  }

  return {
    async read (key) {
      const path = pathOf(key)
      const stored = await readFile(path).catch(() => undefined)
      const entry = stored && parse(stored)
      if (entry === undefined) return undefined
      // The time of its change is when the entry was last used.
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
      const now = Date.now()
      if (mtimeMs < now - RECENT) await utimes(path, now / 1000, now / 1000).catch(() => {})
      return entry
    },
    async write (key, entry) {
      const stored = serialize(entry)
      if (stored.length > maxBytes * KEEP) return
      const path = pathOf(key)
      const unfinished = `${path}.${randomUUID()}${UNFINISHED}`
      try {
        await mkdir(directory, { recursive: true })
        await writeFile(unfinished, stored)
        await rename(unfinished, path)
        const bytes = Math.max(stored.length, BLOCK)
        total += bytes
        uncounted += bytes
        if (total > maxBytes || uncounted > maxBytes * COUNT_AGAIN) await makeRoom()
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {})
        if (!failed) onError(error as Error)
        failed = true
      }
    }
  }
}

function serialize ({ head, body }: CacheEntry): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ ...head, sha256: digest(body) })}\n`), body])
}

/** A process that was killed, or a disk that was full, may have left anything. */
function parse (stored: Buffer): CacheEntry | undefined {
  const end = stored.indexOf(NEWLINE)
  if (end === -1) return undefined
  try {
    const { sha256, ...head } = JSON.parse(stored.toString('utf8', 0, end)) as Record<string, string | number>
    const body = stored.subarray(end + 1)
    return sha256 === digest(body) ? { head, body } : undefined
  } catch {
    return undefined
  }
}

function digest (body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}

/** Removes what was not used for the longest time, down to a part of the bound, and gives the bytes that are left. */
async function removeOldest (directory: string, maxBytes: number): Promise<number> {
  const stored = await list(directory)
  let total = stored.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total <= maxBytes) return total
  for (const { file, bytes } of stored.sort((one, other) => one.usedAt - other.usedAt)) {
    if (total <= maxBytes * KEEP) break
    await rm(file, { force: true })
    total -= bytes
  }
  return total
}

async function list (directory: string): Promise<StoredFile[]> {
  const stored: StoredFile[] = []
  for (const name of await readdir(directory)) {
    const file = join(directory, name)
    // Another process may have removed it.
    const found = await stat(file).catch(() => undefined)
    if (found === undefined) continue
    if (name.endsWith(ENDING)) stored.push({ file, bytes: Math.max(found.size, BLOCK), usedAt: found.mtimeMs })
    else if (name.endsWith(UNFINISHED) && found.mtimeMs < Date.now() - ABANDONED) await rm(file, { force: true })
  }
  return stored
}
