import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, extname, join, relative, sep } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { BuildResult } from '../build/build.ts'
import { createBuildMemory, type BuildMemory } from '../build/build-memory.ts'
import type { PublishedFiles } from '../site/published-files.ts'
import { watchFiles, type Watcher } from '../site/watcher.ts'

/** What a version of a site was read from; every path absolute. */
export interface VersionSources {
  /** Directories of functions. */
  readonly functions: readonly string[]
  /** The directory of published files, which need not exist. */
  readonly published: string | undefined
  readonly publishedFiles: PublishedFiles | undefined
  /** What else it was read from. */
  readonly files: readonly string[]
}

/** Has a new version of the site made whenever a file changes that matters to it. */
export interface Watch {
  readonly memory: BuildMemory<BuildResult>
  /** Learns what the last version was read from. */
  look (sources: VersionSources): void
  start (): Promise<void>
  close (): Promise<void>
}

export interface WatchOptions {
  readonly root: string
  /** Directories of the site that are no part of its source, absolute. */
  readonly except: readonly string[]
  /** Milliseconds since 1970 when the first version began to be read. */
  readonly since: number
  /** Makes a new version; never rejects. */
  readonly refresh: () => Promise<void>
  readonly log: FastifyBaseLogger
}

/** Read wherever they lie. */
const BY_NAME = /^(?:netlify\.toml|_redirects|_headers|\.env(?:\..+)?)$/
/** Configuration, blobs and functions that the build of a framework has written. */
const OF_FRAMEWORKS = join(sep, '.netlify', 'v1', sep)
/** What is or describes a function; a directory has none. */
const FUNCTION_FILE = /^(?:\.[cm]?[jt]sx?|\.json|)$/
const FUNCTION_DEPTH = 2

export function createWatch ({ root, except, since, refresh, log }: WatchOptions): Watch {
  const memory = createBuildMemory<BuildResult>()
  let sources: VersionSources = { functions: [], published: undefined, publishedFiles: undefined, files: [] }
  let watcher: Watcher | undefined
  let isClosed = false

  return {
    memory,
    look (found) {
      sources = { ...found, functions: found.functions.map(real), published: found.published && real(found.published), files: found.files.map(real) }
      include()
    },
    async start () {
      const opened = await watchFiles({
        root: real(root),
        except: except.map(real),
        since,
        onChange,
        onError: (error) => log.warn({ err: error }, error.message)
      })
      if (isClosed) return await opened.close()
      watcher = opened
      include()
    },
    async close () {
      isClosed = true
      await watcher?.close()
    }
  }

  async function onChange (paths: ReadonlySet<string>): Promise<void> {
    const isReached = memory.forget(paths)
    if (!isReached && ![...paths].some(matters)) return
    log.debug({ files: [...paths].slice(0, 10), count: paths.size }, 'files have changed')
    await refresh()
    include()
  }

  function include (): void {
    watcher?.includeAll([...sources.functions, ...sources.published === undefined ? [] : [sources.published]])
    watcher?.include([...memory.directories(), ...sources.files.map((file) => dirname(file))])
  }

  function matters (path: string): boolean {
    if (BY_NAME.test(basename(path)) || path.includes(OF_FRAMEWORKS) || sources.files.includes(path) || changesListing(sources, path)) return true
    return sources.functions.some((directory) => isWithin(path, directory) || mayBeFunction(directory, path))
  }
}

/** The content of a published file is read when it is asked for; whether it is there has been looked up. */
function changesListing ({ published, publishedFiles }: VersionSources, path: string): boolean {
  if (published === undefined || !isWithin(published, path)) return false
  const file = relative(published, path).split(sep).join('/')
  const isListed = publishedFiles?.find(`/${file}`) === file && publishedFiles.compressed(file) === undefined
  return !isListed || !existsSync(path)
}

function mayBeFunction (directory: string, path: string): boolean {
  return isWithin(directory, path) && FUNCTION_FILE.test(extname(path)) && relative(directory, path).split(sep).length <= FUNCTION_DEPTH
}

function isWithin (directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory + sep)
}

/** Changes are told by real paths. */
function real (path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
