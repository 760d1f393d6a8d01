import type { Stats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { FST_NETLIFY_WATCH_FAILED } from '../errors.ts'
import { createBurst } from './burst.ts'
import { createEchoFilter } from './echo-filter.ts'

export interface WatcherOptions {
  /** Absolute real path of the site; everything below it is watched, but what is generated. */
  readonly root: string
  /** Absolute paths that are left out, with what is below them. */
  readonly except: readonly string[]
  /** Milliseconds since 1970: what has been written since then is a change, also when it is found at first. */
  readonly since: number
  /** Gets the absolute paths of files and directories that came, changed or went. One call at a time. */
  readonly onChange: (paths: ReadonlySet<string>) => Promise<void>
  /** The first failure of each kind: changes may be missed from then on. */
  readonly onError: (error: Error) => void
}

export interface Watcher {
  /** Settles when every directory is watched. What changes before that is noticed, but later. */
  readonly ready: Promise<void>
  /** Watches what lies directly in these directories outside the root, too. */
  include (directories: Iterable<string>): void
  /** Watches everything below these directories outside the root, too. */
  includeAll (directories: Iterable<string>): void
  close (): Promise<void>
}

/** A directory that is new is listed again when chokidar is sure to watch it. */
const SETTLED = 250
/** Directories whose content is made by others than the site's author. */
const GENERATED = new Set(['node_modules', '.git'])
/** What frameworks write for us to serve; the rest of `.netlify` is ours. */
const EMITTED = new Set<string | undefined>(['v1', 'functions-internal'])
/** Milliseconds by which the time of a file may lie behind. */
const CLOCK_TICK = 20

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'raise the limit of inotify watches, for instance with: sysctl fs.inotify.max_user_watches=524288',
  EMFILE: 'raise the limit of open files (ulimit -n) or, on Linux, fs.inotify.max_user_instances'
}

/**
 * Watches the files of a site with chokidar. Changes are gathered until nothing has changed for a moment, so that one
 * save is one change, however the editor writes it. A failure is told once and never thrown.
 */
export async function watchFiles ({ root, except, since, onChange, onError }: WatcherOptions): Promise<Watcher> {
  const { watch } = await import('chokidar')
  const roots = [root]
  const outside = new Set<string>()
  const told = new Set<unknown>()
  const withoutEchoes = createEchoFilter()
  const burst = createBurst(async (paths) => {
    try {
      const changed = await withoutEchoes(paths)
      if (changed.size > 0) await onChange(changed)
    } catch (error) {
      fail(error as NodeJS.ErrnoException)
    }
  })
  const directories = new Set<string>()
  const unsettled = new Set<string>()
  let settling: NodeJS.Timeout | undefined
  let isReady = false
  let isClosed = false
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>()

  const watcher = watch(root, { ignored: isIgnored, followSymlinks: false, atomic: false, ignorePermissionErrors: true })
  watcher.on('all', (event, path, stats) => {
    if (event === 'addDir') directories.add(path)
    if (event === 'unlinkDir') directories.delete(path)
    if (!isReady && (event === 'addDir' || !isNewerThan(since - CLOCK_TICK, stats))) return
    burst.add(path, event)
    if (event === 'addDir') settle([path])
  })
  // chokidar passes over changes that follow each other quickly; these come from the system itself.
  watcher.on('raw', (_event, name: string | null, details) => {
    // Absent where it polls.
    const { watchedPath } = details as { watchedPath?: string }
    const path = watchedPath !== undefined && directories.has(watchedPath) ? join(watchedPath, name ?? '') : watchedPath ?? name
    if (path !== null && !isIgnored(path)) burst.add(path, 'raw')
  })
  watcher.on('error', (error) => fail(error as NodeJS.ErrnoException))
  watcher.on('ready', () => {
    isReady = true
    settle(directories)
    setReady()
  })

  return {
    ready,
    include (directories) {
      const added = [...directories].filter((directory) => rootOf(directory) === undefined && !outside.has(directory))
      for (const directory of added) outside.add(directory)
      if (added.length > 0 && !isClosed) watcher.add(added)
    },
    includeAll (directories) {
      for (const directory of directories) {
        if (rootOf(directory) !== undefined || isClosed) continue
        roots.push(directory)
        watcher.add(directory)
      }
    },
    async close () {
      isClosed = true
      clearTimeout(settling)
      setReady()
      await Promise.all([watcher.close(), burst.close()])
    }
  }

  function isIgnored (path: string, stats?: Stats): boolean {
    const base = rootOf(path)
    if (base === undefined) return !outside.has(path) && (!outside.has(dirname(path)) || stats?.isDirectory() === true)
    if (except.some((hidden) => isWithin(hidden, path))) return true
    const parts = relative(base, path).split(sep)
    if (parts.some((part) => GENERATED.has(part))) return true
    return parts[0] === '.netlify' && parts.length > 1 && !EMITTED.has(parts[1])
  }

  function rootOf (path: string): string | undefined {
    return roots.find((candidate) => isWithin(candidate, path))
  }

  /** chokidar lists a directory just before it watches it, and misses what is written in between. */
  function settle (added: Iterable<string>): void {
    for (const directory of added) unsettled.add(directory)
    settling ??= setTimeout(async () => {
      const listed = [...unsettled]
      unsettled.clear()
      settling = undefined
      const known = watcher.getWatched()
      const found = await Promise.all(listed.map(async (directory) => {
        const names = await readdir(directory).catch(() => []) // gone again
        return names.filter((name) => known[directory]?.includes(name) !== true).map((name) => join(directory, name))
      }))
      const missed = found.flat().filter((path) => !isIgnored(path))
      if (missed.length > 0 && !isClosed) watcher.add(missed)
    }, SETTLED)
  }

  function fail (error: NodeJS.ErrnoException): void {
    if (told.has(error.code)) return
    told.add(error.code)
    const remedy = REMEDIES[error.code ?? ''] ?? 'restart the server; where the system tells of no changes, as in some containers, set CHOKIDAR_USEPOLLING=1'
    onError(new FST_NETLIFY_WATCH_FAILED(error.message, remedy, { cause: error }))
  }
}

function isNewerThan (time: number, stats: Stats | undefined): boolean {
  return stats !== undefined && Math.max(stats.mtimeMs, stats.ctimeMs) >= time
}

function isWithin (directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory + sep)
}
