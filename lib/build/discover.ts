import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import type { FunctionSource } from '../functions/definition.ts'
import { isValidFunctionName } from '../functions/name.ts'
import { readSidecar } from './sidecar.ts'

/** Best first, for two files of one name: Netlify's order, then `.jsx`, which Netlify does not know. */
const FILE_EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.tsx', '.mts', '.cts', '.jsx']
/** Best first, for the entry files of one directory. */
const ENTRY_EXTENSIONS = ['.js', '.ts', '.mjs', '.cjs', '.tsx', '.mts', '.cts', '.jsx']
/** Files that Netlify's build adds to functions. */
const RESERVED = new Set(['___netlify-bootstrap', '___netlify-entry-point', '___netlify-telemetry'])

interface Candidate extends FunctionSource {
  readonly isDirectory: boolean
  readonly rank: number
}

/** Where functions are looked for; paths are absolute. */
export interface FunctionDirectories {
  readonly directories: readonly string[]
  /** What a framework's build has written. */
  readonly generated: readonly string[]
}

/**
 * Finds the functions of some directories by the rules of Netlify's build: direct children only, a
 * directory beats a file of the same name, then the extension decides, then the later directory.
 * A function of the user's beats any generated one.
 * A directory that does not exist has no functions and, if it is the user's, is named in `absent`.
 *
 * @throws FST_NETLIFY_INVALID_OPTION when something else than a directory is there
 */
export async function discoverFunctions ({ directories, generated }: FunctionDirectories): Promise<{ sources: FunctionSource[], absent: string[] }> {
  const best = new Map<string, Candidate>()
  const absent: string[] = []
  for (const directory of [...generated, ...directories]) {
    const isGenerated = generated.includes(directory)
    const entries = await listDirectory(directory, isGenerated)
    if (entries === undefined && !isGenerated) absent.push(directory)
    for (const candidate of await Promise.all((entries ?? []).map((entry) => toCandidate(directory, entry)))) {
      if (candidate === undefined) continue
      const rival = best.get(candidate.name)
      const found = isGenerated ? { ...candidate, generated: true } : candidate
      if (rival === undefined || beats(found, rival)) best.set(candidate.name, found)
    }
  }
  const sources = await Promise.all([...best.values()].map(toSource))
  return { sources: sources.sort((a, b) => a.name < b.name ? -1 : 1), absent }
}

async function toSource ({ name, file, directory, generated }: Candidate): Promise<FunctionSource> {
  if (!generated) return { name, file, directory }
  const sidecar = await readSidecar(file)
  return { name, file, directory, generated, ...sidecar && { sidecar } }
}

async function toCandidate (directory: string, entry: Dirent): Promise<Candidate | undefined> {
  const { name, ext } = parse(entry.name)
  if (!isValidFunctionName(name) || RESERVED.has(name) || entry.name === 'node_modules') return undefined
  const path = join(directory, entry.name)

  if (entry.isDirectory()) {
    const file = await entryFile(path, entry.name)
    return file === undefined ? undefined : { name, file, directory, isDirectory: true, rank: rankOf(parse(file).ext) }
  }
  const rank = rankOf(ext)
  if (rank === -1) return undefined
  const isFile = entry.isFile() || (entry.isSymbolicLink() && await isFileAt(path))
  return isFile ? { name, file: path, directory, isDirectory: false, rank } : undefined
}

/** `d/d.js`, `d/index.js`, `d/d.ts`, `d/index.ts` and so on: the first that exists. */
async function entryFile (directory: string, name: string): Promise<string | undefined> {
  const files = new Set((await listDirectory(directory))?.filter((entry) => !entry.isDirectory()).map((entry) => entry.name))
  const names = ENTRY_EXTENSIONS.flatMap((extension) => [name + extension, `index${extension}`])
  const found = names.find((candidate) => files.has(candidate))
  return found && join(directory, found)
}

function beats (candidate: Candidate, rival: Candidate): boolean {
  if (Boolean(candidate.generated) !== Boolean(rival.generated)) return !candidate.generated
  if (candidate.isDirectory !== rival.isDirectory) return candidate.isDirectory
  return candidate.rank <= rival.rank
}

function rankOf (extension: string): number {
  return FILE_EXTENSIONS.indexOf(extension)
}

async function isFileAt (path: string): Promise<boolean> {
  return await stat(path).then((stats) => stats.isFile(), () => false)
}

async function listDirectory (directory: string, mayBeFile = false): Promise<Dirent[] | undefined> {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || (code === 'ENOTDIR' && mayBeFile)) return undefined
    if (code === 'ENOTDIR') throw new FST_NETLIFY_INVALID_OPTION('functions', `names ${directory}, which is not a directory`)
    throw error
  }
}
