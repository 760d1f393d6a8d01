import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** The files of a published directory, by the URL paths they answer to. */
export interface PublishedFiles {
  readonly directory: string
  /** Whether the site has a `404.html`. */
  readonly hasNotFoundPage: boolean
  /** The file, relative to `directory`, for an undecoded URL path: `x`, `x.html`, `x/index.html`. */
  find (path: string): string | undefined
}

export interface PublishedFilesOptions {
  readonly dotfiles: boolean
  /** Absolute paths that are not published, nor what is below them, such as the functions' sources. */
  readonly except: readonly string[]
}

/** Netlify reads these and never serves them. */
const NEVER_PUBLISHED = new Set(['netlify.toml', '_redirects', '_headers'])
/** What a path may lack, in the order in which Netlify tries it. */
const ENDINGS = ['', '.html', '.htm', '/index.html', '/index.htm']
const ENCODED_SEPARATOR = /%(?:2f|5c|00)/i

/**
 * Lists a published directory once: as on Netlify, a deploy does not change while it is served. Only
 * what is listed is ever sent, so no path leads out of the directory, and a symbolic link neither.
 */
export async function listPublishedFiles (directory: string, options: PublishedFilesOptions): Promise<PublishedFiles> {
  // As symbolic links are resolved before they are compared, so is what they are compared with.
  const root = await real(directory)
  const except = (await Promise.all(options.except.map(real))).filter((path) => isBelow(root, path))
  const files = new Set<string>()
  await list(root)

  async function list (current: string): Promise<void> {
    const entries = await readdir(current, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    await Promise.all(entries.map(async (entry) => {
      const path = join(current, entry.name)
      if (!isPublished(entry, path)) return
      if (entry.isDirectory()) await list(path)
      else if (await isFile(entry, path)) files.add(relative(root, path).split(sep).join('/'))
    }))
  }

  function isPublished (entry: Dirent, path: string): boolean {
    if (entry.name.startsWith('.') && !options.dotfiles) return false
    if (entry.name === 'node_modules' || except.includes(path)) return false
    return !NEVER_PUBLISHED.has(relative(root, path))
  }

  async function isFile (entry: Dirent, path: string): Promise<boolean> {
    if (!entry.isSymbolicLink()) return entry.isFile()
    const target = await realpath(path).catch(() => '')
    if (!isBelow(root, target) || except.some((hidden) => target === hidden || isBelow(hidden, target))) return false
    return (await stat(target)).isFile()
  }

  const byPath = pathsOf(files)
  return {
    directory,
    hasNotFoundPage: files.has('404.html'),
    find (path) {
      const decoded = path.includes('%') ? decode(path) : path
      if (decoded === undefined) return undefined
      return byPath.get(decoded.length > 1 && decoded.endsWith('/') ? decoded.slice(0, -1) : decoded)
    }
  }
}

/** Every decoded URL path without a slash at its end, and the file that answers to it. */
function pathsOf (files: ReadonlySet<string>): Map<string, string> {
  const byPath = new Map<string, string>()
  for (const ending of ENDINGS) {
    for (const file of files) {
      const path = `/${file}`
      if (!path.endsWith(ending)) continue
      const shorter = path.slice(0, path.length - ending.length)
      // A file that is named `.html` is not the home page.
      if (shorter !== '/' && !byPath.has(shorter || '/')) byPath.set(shorter || '/', file)
    }
  }
  return byPath
}

async function real (path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}

function isBelow (directory: string, path: string): boolean {
  return path.startsWith(directory + sep)
}

function decode (path: string): string | undefined {
  if (ENCODED_SEPARATOR.test(path)) return undefined
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
