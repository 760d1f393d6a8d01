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
  /** Whether a path that finds a file lacks the slash at its end, or has one too many: `x/` is for `x/index.html` only. */
  isMisplaced (path: string): boolean
  /** The files beside a file that have its content, compressed; the best first. */
  compressed (file: string): readonly CompressedFile[] | undefined
}

export interface CompressedFile {
  /** Relative to the published directory. */
  readonly file: string
  readonly encoding: 'br' | 'gzip'
}

export interface PublishedFilesOptions {
  readonly dotfiles: boolean
  /** Absolute paths that are not published, nor what is below them, such as the functions' sources. */
  readonly except: readonly string[]
}

/** Where the URL paths of a site lead, each decoded and without a slash at its end. */
interface Places {
  readonly files: ReadonlyMap<string, string>
  /** Those of a directory that has an `index.html`. */
  readonly directories: ReadonlySet<string>
}

/** Netlify reads these and never serves them. Disks that do not tell letter cases apart have them under other names, too. */
const NEVER_PUBLISHED = new Set(['netlify.toml', '_redirects', '_headers'])
/** Secrets: variables, and the history of the sources. */
const SECRET = /^\.(?:env(?:\..*|rc)?|git)$/i
/** What a path may lack, in the order in which Netlify tries it. */
const ENDINGS = ['', '.html', '.htm', '/index.html', '/index.htm']
const COMPRESSED = [{ ending: '.br', encoding: 'br' }, { ending: '.gz', encoding: 'gzip' }] as const
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
    return entry.name !== 'node_modules' && !except.includes(path) && !isReserved(path)
  }

  async function isFile (entry: Dirent, path: string): Promise<boolean> {
    if (!entry.isSymbolicLink()) return entry.isFile()
    const target = await realpath(path).catch(() => '')
    if (!isBelow(root, target) || isReserved(target) || except.some((hidden) => target === hidden || isBelow(hidden, target))) return false
    return (await stat(target).catch(() => undefined))?.isFile() === true
  }

  function isReserved (path: string): boolean {
    const name = relative(root, path)
    return NEVER_PUBLISHED.has(name.toLowerCase()) || name.split(sep).some((segment) => SECRET.test(segment))
  }

  const places = placesOf(files)
  const compressed = compressedFiles(files)
  return {
    directory,
    hasNotFoundPage: files.has('404.html'),
    compressed: (file) => compressed.get(file),

    find (path) {
      const place = placeOf(path)
      return place === undefined ? undefined : places.files.get(place)
    },

    isMisplaced (path) {
      const place = placeOf(path)
      return place !== undefined && places.directories.has(place) !== path.endsWith('/')
    }
  }
}

function placesOf (names: ReadonlySet<string>): Places {
  const files = new Map<string, string>()
  const directories = new Set<string>()
  for (const ending of ENDINGS) {
    for (const name of names) {
      const path = `/${name}`
      if (!path.endsWith(ending)) continue
      const place = path.slice(0, path.length - ending.length).normalize('NFC')
      // A file that is named `.html` is not the home page.
      if (place === '/' || files.has(place || '/')) continue
      files.set(place || '/', name)
      if (ending.startsWith('/')) directories.add(place || '/')
    }
  }
  return { files, directories }
}

function compressedFiles (names: ReadonlySet<string>): Map<string, CompressedFile[]> {
  const compressed = new Map<string, CompressedFile[]>()
  for (const { ending, encoding } of COMPRESSED) {
    for (const file of names) {
      const name = file.slice(0, -ending.length)
      if (!file.endsWith(ending) || !names.has(name)) continue
      compressed.set(name, [...compressed.get(name) ?? [], { file, encoding }])
    }
  }
  return compressed
}

/** Letters with accents may be written in two ways; disks and clients differ in theirs. */
function placeOf (path: string): string | undefined {
  const decoded = path.includes('%') ? decode(path) : path
  return decoded !== undefined && decoded.length > 1 && decoded.endsWith('/') ? decoded.slice(0, -1) : decoded
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
    return decodeURIComponent(path).normalize('NFC')
  } catch {
    return undefined
  }
}
