import { randomBytes } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FunctionSource } from '../functions/definition.ts'
import { bundleFileName, type Bundle, type BundleOptions } from './bundle.ts'
import { digest, type Fingerprints } from './fingerprint.ts'

/** Goes up when the form of bundles or of entries changes. */
const CACHE_VERSION = 4
const STALE_AFTER = 24 * 60 * 60 * 1000

/** What one entry remembers: the bundle, and all that must be unchanged for it to be the right one. */
interface CacheEntry {
  readonly file: string
  readonly digest: string
  readonly lightObjects: boolean
  readonly prebuilt: boolean
  readonly inputs: Record<string, [content: string, siblings: string]>
  readonly directories: Record<string, string>
  readonly packages: Array<[from: string, name: string, found: string]>
}

/** A bundle that can be loaded. */
export interface StoredBundle {
  readonly path: string
  readonly lightObjects: boolean
  /** Whether it only loads a module of the site that is not bundled. */
  readonly prebuilt: boolean
}

/** A bundle of the cache. */
export interface CachedBundle {
  readonly bundle: StoredBundle
  readonly inputs: Bundle['inputs']
}

/** Bundles on disk, under names made of their content. */
export interface BundleCache {
  /** A bundle that is still right, or `undefined`. */
  read (source: FunctionSource, fingerprints: Fingerprints): Promise<CachedBundle | undefined>
  write (source: FunctionSource, bundle: Bundle, fingerprints: Fingerprints): Promise<CachedBundle>
  /** Removes what has not been in use for a day. */
  prune (inUse: Iterable<string>): Promise<void>
}

/** Where the bundles of a site lie, as long as it is served. */
export interface CacheDirectory {
  /** Gives its path; made when it is first asked for, and anew where it has been deleted. */
  open (): Promise<string>
  /** Keeps these bundles from being removed, for threads that are started later, and no others any more. */
  hold (bundles: Iterable<string>): void
  close (): Promise<void>
}

/**
 * The cache is in `.netlify/functions-cache` of the site. Where that cannot be written, as on a read-only
 * disk, bundles go to a private temporary directory that `close` removes.
 */
export function createCacheDirectory (root: string): CacheDirectory {
  let opened: ReturnType<typeof openDirectory> | undefined
  let held: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  return {
    async open () {
      if (opened !== undefined && !existsSync((await opened).directory)) opened = undefined
      opened ??= openDirectory(join(root, '.netlify', 'functions-cache'))
      return (await opened).directory
    },
    hold (bundles) {
      held = [...bundles]
      // Other processes remove what has not been touched for a day.
      timer ??= setInterval(() => touch(held), STALE_AFTER / 4).unref()
    },
    async close () {
      clearInterval(timer)
      const { directory, temporary } = await opened ?? {}
      if (directory !== undefined && temporary) await rm(directory, { recursive: true, force: true })
    }
  }
}

/** Opens the cache for one build. */
export function openBundleCache (options: BundleOptions): BundleCache {
  const { directory, ...decisive } = options
  const key = digest(JSON.stringify([CACHE_VERSION, process.version, decisive]))
  const entries = new Set<string>()

  // By the real path: what a symbolic link leads to may change, as it does with each release where `current` is a link.
  function entryFile ({ name, file, generated, sidecar }: FunctionSource): string {
    return join(directory, `${name}-${digest(JSON.stringify([key, realpathSync(file), generated, sidecar?.nodeBundler])).slice(0, 16)}.json`)
  }

  return {
    async read (source, fingerprints) {
      try {
        const file = entryFile(source)
        const entry = JSON.parse(await readFile(file, 'utf8')) as CacheEntry
        if (!isCurrent(entry, fingerprints)) return undefined
        const path = join(directory, entry.file)
        if (digest(await readFile(path, 'utf8')) !== entry.digest) return undefined
        entries.add(file)
        return { bundle: { path, lightObjects: entry.lightObjects, prebuilt: entry.prebuilt }, inputs: Object.keys(entry.inputs) }
      } catch {
        return undefined // absent or corrupt: built anew
      }
    },
    async write (source, bundle, fingerprints) {
      const name = bundleFileName(source, bundle)
      const path = join(directory, name)
      await writeWhole(path, bundle.code)
      const entry: CacheEntry = {
        file: name,
        digest: digest(bundle.code),
        lightObjects: bundle.lightObjects,
        prebuilt: bundle.prebuilt,
        inputs: Object.fromEntries(bundle.inputs.map((input) => [input, [fingerprints.file(input), fingerprints.siblings(input)]])),
        directories: Object.fromEntries([...bundle.inputs.map(dirname), ...options.tsconfigDirectories].map((path) => [path, fingerprints.directory(path)])),
        packages: bundle.packages.map(({ from, name }) => [from, name, fingerprints.package(from, name)])
      }
      await writeWhole(entryFile(source), JSON.stringify(entry))
      entries.add(entryFile(source))
      return { bundle: { path, lightObjects: bundle.lightObjects, prebuilt: bundle.prebuilt }, inputs: bundle.inputs }
    },
    async prune (inUse) {
      const keep = new Set([...inUse, ...entries])
      // Another site with this root must see them in use.
      await touch(keep)
      const files = (await readdir(directory)).map((name) => join(directory, name))
      await Promise.all(files.filter((file) => !keep.has(file)).map(removeIfStale))
    }
  }
}

function isCurrent (entry: CacheEntry, fingerprints: Fingerprints): boolean {
  return Object.entries(entry.inputs).every(([path, [content, siblings]]) => fingerprints.file(path) === content && fingerprints.siblings(path) === siblings) &&
    Object.entries(entry.directories).every(([path, found]) => fingerprints.directory(path) === found) &&
    entry.packages.every(([from, name, found]) => fingerprints.package(from, name) === found)
}

async function openDirectory (directory: string): Promise<{ directory: string, temporary: boolean }> {
  try {
    await mkdir(directory, { recursive: true })
    await writeWhole(join(directory, '.gitignore'), '*\n')
    return { directory, temporary: false }
  } catch {
    return { directory: await mkdtemp(join(tmpdir(), 'netlify-functions-')), temporary: true }
  }
}

/** Another process may read or write the same file now: it sees the old content or the new, never half. */
async function writeWhole (path: string, content: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(draft, content)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function touch (files: Iterable<string>): Promise<void> {
  const now = new Date()
  await Promise.all([...files].map((file) => utimes(file, now, now).catch(() => {})))
}

async function removeIfStale (path: string): Promise<void> {
  const age = await stat(path).then((stats) => Date.now() - stats.mtimeMs, () => 0)
  if (age > STALE_AFTER && !path.endsWith('.gitignore')) await unlink(path).catch(() => {})
}
