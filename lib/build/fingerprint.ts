import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { createTsconfigLookup, type TsconfigLookup } from './tsconfig.ts'

/**
 * Everything outside a bundle that decided what went into it. Two equal fingerprints mean that
 * building again would give the same bundle. Reads are remembered, so one is made per build.
 */
export interface Fingerprints {
  readonly tsconfig: TsconfigLookup
  /** Of a file's content; the content is passed when it has been read already. */
  file (path: string, content?: Uint8Array | string): string
  /** Of what applies to a directory's files: tsconfig.json and the nearest package.json. */
  directory (path: string): string
  /** Of the files that could be meant by the same import as this one (`x.ts`, `x.js`, `x/index.ts`). */
  siblings (path: string): string
  /** Of the package that a bare import from this directory finds. */
  package (from: string, name: string): string
  /** `module` or `commonjs`, as the nearest package.json says. */
  packageType (directory: string): 'module' | 'commonjs'
}

export function digest (content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('base64url')
}

export function createFingerprints (): Fingerprints {
  const tsconfig = createTsconfigLookup()
  const files = new Map<string, string>()
  const manifests = new Map<string, string>()
  const packages = new Map<string, string>()
  const listings = new Map<string, string[]>()

  function manifest (directory: string): string {
    return remember(manifests, directory, () => {
      const text = readIfThere(join(directory, 'package.json'))
      const parent = dirname(directory)
      return text ?? (parent === directory || basename(parent) === 'node_modules' ? '{}' : manifest(parent))
    })
  }

  function listing (directory: string): string[] {
    return remember(listings, directory, () => {
      try {
        return readdirSync(directory)
      } catch {
        return []
      }
    })
  }

  function alternatives (path: string): string[] {
    const name = basename(path)
    const stem = name.slice(0, name.length - extname(name).length)
    const found = listing(dirname(path)).filter((other) => other === stem || other.startsWith(`${stem}.`))
    return stem === 'index' ? [...found, '/', ...alternatives(dirname(path))] : found
  }

  return {
    tsconfig,
    file (path, content) {
      if (content !== undefined) files.set(path, digest(content))
      return remember(files, path, () => {
        const text = readIfThere(path)
        return text === undefined ? '' : digest(text)
      })
    },
    directory: (path) => digest(`${tsconfig.fingerprint(path)}\n${manifest(path)}`),
    siblings: (path) => alternatives(path).sort().join('\n'),
    package (from, name) {
      return remember(packages, `${from}\n${name}`, () => {
        const directory = findPackage(from, name)
        return directory === undefined ? '' : `${directory} ${digest(readIfThere(join(directory, 'package.json')) ?? '')}`
      })
    },
    packageType: (directory) => typeOf(manifest(directory))
  }
}

function findPackage (from: string, name: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate)
    if (dirname(directory) === directory) return undefined
  }
}

function typeOf (manifest: string): 'module' | 'commonjs' {
  try {
    return JSON.parse(manifest).type === 'module' ? 'module' : 'commonjs'
  } catch {
    return 'commonjs'
  }
}

function readIfThere (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function remember<T> (memory: Map<string, T>, key: string, compute: () => T): T {
  let value = memory.get(key)
  if (value === undefined) {
    value = compute()
    memory.set(key, value)
  }
  return value
}
