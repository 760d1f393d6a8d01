import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createFilesMatcher, createPathsMatcher, getTsconfig, parseTsconfig, type TsConfigResult } from 'get-tsconfig'

/** Looks up which tsconfig.json applies to a file; answers are remembered, so one is made per build. */
export interface TsconfigLookup {
  /** The tsconfig esbuild must be told about, because it would not find it by itself. */
  explicit (entry: string, directories: readonly string[]): string | undefined
  /** What `paths` makes of a specifier: absolute candidates, best first. */
  paths (importer: string, specifier: string): string[]
  /** Everything that applies to files of this directory, as text to compare. */
  fingerprint (directory: string): string
  /** Every tsconfig.json that has been read, and what they extend. */
  files (): string[]
}

/** What get-tsconfig remembers a file under, before its path and behind it. */
const READ = /^readFileSync:(.+):utf8$/

export function createTsconfigLookup (): TsconfigLookup {
  const cache = new Map<string, never>()
  const nearestByDirectory = new Map<string, TsConfigResult | undefined>()
  const fingerprints = new Map<string, string>()

  function nearest (directory: string): TsConfigResult | undefined {
    if (!nearestByDirectory.has(directory)) {
      nearestByDirectory.set(directory, attempt(() => getTsconfig(directory, 'tsconfig.json', cache)) ?? undefined)
    }
    return nearestByDirectory.get(directory)
  }

  /** A "solution" tsconfig only lists projects: the one that includes the file applies. */
  function applying (file: string): TsConfigResult | undefined {
    const found = nearest(dirname(file))
    if (found === undefined || createFilesMatcher(found)(file) !== undefined) return found
    return referenced(found).find((project) => createFilesMatcher(project)(file) !== undefined) ?? found
  }

  function referenced (from: TsConfigResult): TsConfigResult[] {
    return (from.config.references ?? []).flatMap(({ path }) => {
      const target = join(dirname(from.path), path)
      const file = target.endsWith('.json') ? target : join(target, 'tsconfig.json')
      const config = existsSync(file) ? attempt(() => parseTsconfig(file, cache)) : undefined
      return config === undefined ? [] : [{ path: file, config }]
    })
  }

  return {
    explicit (entry, directories) {
      const found = applying(entry)
      if (found !== undefined) return found.path === nearest(dirname(entry))?.path ? undefined : found.path
      return directories.map((directory) => join(directory, 'tsconfig.json')).find((file) => existsSync(file))
    },
    paths (importer, specifier) {
      const found = applying(importer)
      return (found && attempt(() => createPathsMatcher(found))?.(specifier)) ?? []
    },
    fingerprint (directory) {
      let text = fingerprints.get(directory)
      if (text === undefined) {
        const found = nearest(directory)
        text = found === undefined ? '' : JSON.stringify([found, ...referenced(found)])
        fingerprints.set(directory, text)
      }
      return text
    },
    files: () => [...cache.keys()].flatMap((key) => READ.exec(key)?.[1] ?? [])
  }
}

/** A tsconfig that does not parse is esbuild's to report, with the position. */
function attempt<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
