import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { FST_NETLIFY_INVALID_FRAMEWORK_CONFIG } from '../errors.ts'

/** A blob that the build of a framework has left for the deploy. */
export interface DeployedBlob {
  readonly key: string
  /** Absolute. */
  readonly file: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Where Netlify looks for them, in this order; the first directory with a file counts. */
const LAYOUTS = [
  { directory: '.netlify/v1/blobs/deploy', read: readBlobDirectories },
  { directory: '.netlify/deploy/v1/blobs/deploy', read: readBlobFiles },
  { directory: '.netlify/blobs/deploy', read: readBlobFiles }
]
const CONTENT = 'blob'
const METADATA = 'blob.meta.json'

/**
 * Finds the blobs of the deploy in the first of some directories that has any.
 *
 * @throws FST_NETLIFY_INVALID_FRAMEWORK_CONFIG for metadata that cannot be read
 */
export async function findDeployedBlobs (places: readonly string[]): Promise<DeployedBlob[]> {
  for (const place of places) {
    for (const { directory, read } of LAYOUTS) {
      const root = join(place, directory)
      const files = await listFiles(root)
      if (files.length > 0) return await read(root, files)
    }
  }
  return []
}

/** A directory for each blob, whose path is the key. */
async function readBlobDirectories (root: string, files: readonly string[]): Promise<DeployedBlob[]> {
  const all = new Set(files)
  const contents = files.filter((file) => basename(file) === CONTENT && dirname(file) !== root)
  return await Promise.all(contents.map(async (file) => await readBlob(keyOf(root, dirname(file)), file, join(dirname(file), METADATA), all)))
}

/** A file for each blob, whose path is the key, beside one with its metadata that is named `$name.json`. */
async function readBlobFiles (root: string, files: readonly string[]): Promise<DeployedBlob[]> {
  const all = new Set(files)
  const contents = files.filter((file) => !basename(file).startsWith('$'))
  return await Promise.all(contents.map(async (file) => await readBlob(keyOf(root, file), file, join(dirname(file), `$${basename(file)}.json`), all)))
}

async function readBlob (key: string, file: string, metadata: string, files: ReadonlySet<string>): Promise<DeployedBlob> {
  return { key, file, metadata: files.has(metadata) ? await readMetadata(metadata) : {} }
}

async function readMetadata (file: string): Promise<Record<string, unknown>> {
  try {
    const metadata: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) return { ...metadata }
  } catch (error) {
    throw new FST_NETLIFY_INVALID_FRAMEWORK_CONFIG(file, (error as Error).message, { cause: error })
  }
  throw new FST_NETLIFY_INVALID_FRAMEWORK_CONFIG(file, 'it must be an object')
}

function keyOf (root: string, path: string): string {
  return relative(root, path).split(sep).join('/')
}

async function listFiles (directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
