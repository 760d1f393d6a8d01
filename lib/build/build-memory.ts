import { basename, dirname, extname, join } from 'node:path'
import type { FunctionSource } from '../functions/definition.ts'

/** What one build of a function found out. */
export interface BuiltFunction<Result> {
  readonly result: Result
  /** Absolute paths of the files that it was made of, or looked for. */
  readonly inputs: Iterable<string>
  /** Whether an import led nowhere, so that any new file may be what it wants. */
  readonly isIncomplete: boolean
}

/**
 * What builds know of functions, for as long as no file has changed that could matter, so that a build looks at no more
 * than what has changed. It knows nothing of versions: one that was refused has been built all the same.
 */
export interface BuildMemory<Result> {
  /** A build begins: what is forgotten until it has ended is not remembered by it. */
  begin (): void
  end (): void
  /** @param situation all that decides, besides files, what a build gives */
  recall (source: FunctionSource, situation: string): { readonly result: Result } | undefined
  remember (source: FunctionSource, situation: string, built: BuiltFunction<Result>): void
  /** Forgets the functions that these changed files may reach, or all; tells whether a build would find out anything. */
  forget (changed?: Iterable<string>): boolean
  /** Directories of the files that functions were made of. */
  directories (): Set<string>
}

interface Entry<Result> {
  readonly situation: string
  readonly result: Result
  readonly files: ReadonlySet<string>
  /** What imports write where they leave out the extension. */
  readonly stems: ReadonlySet<string>
  readonly isIncomplete: boolean
}

/** Their meaning reaches far: `paths`, `type`, installed packages. The cache finds out what they changed. */
const CONFIGURATION = /[/\\](?:tsconfig\.json|package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/

export function createBuildMemory<Result> (): BuildMemory<Result> {
  const entries = new Map<string, Entry<Result>>()
  const changedMeanwhile = new Set<string>()
  let isBuilding = false
  let isAllForgotten = false

  return {
    begin () {
      changedMeanwhile.clear()
      isAllForgotten = false
      isBuilding = true
    },
    end () {
      isBuilding = false
    },
    recall (source, situation) {
      const entry = entries.get(keyOf(source))
      return entry?.situation === situation ? entry : undefined
    },
    remember (source, situation, { result, inputs, isIncomplete }) {
      const files = new Set([source.file, ...inputs])
      const entry = { situation, result, files, stems: new Set([...files].flatMap(stemsOfInput)), isIncomplete }
      if (!isAllForgotten && !reachTest(changedMeanwhile)(entry)) entries.set(keyOf(source), entry)
    },
    forget (changed) {
      if (changed === undefined) {
        entries.clear()
        isAllForgotten = true
        return true
      }
      const isReached = reachTest(new Set(changed))
      const reached = [...entries].filter(([, entry]) => isReached(entry))
      for (const [key] of reached) entries.delete(key)
      if (isBuilding) for (const path of changed) changedMeanwhile.add(path)
      return isBuilding || reached.length > 0
    },
    directories: () => new Set([...entries.values()].flatMap(({ files }) => [...files].map((file) => dirname(file))))
  }

  function reachTest (changed: ReadonlySet<string>): (entry: Entry<Result>) => boolean {
    const known = new Set([...entries.values()].flatMap(({ files }) => [...files]))
    const unknown = [...changed].filter((path) => !known.has(path))
    const stems = new Set([...changed].flatMap(stemsOfChange))
    if (unknown.some((path) => CONFIGURATION.test(path))) return () => true
    return (entry) => (entry.isIncomplete && unknown.length > 0) || meet(changed, entry.files) || meet(stems, entry.stems)
  }
}

function meet (some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const one of some) if (others.has(one)) return true
  return false
}

/** `x/y.ts` is found as `x/y`, `x/index.ts` as `x`, too. */
function stemsOfInput (file: string): string[] {
  const stem = file.slice(0, file.length - extname(file).length)
  return basename(stem) === 'index' ? [stem, dirname(stem)] : [stem]
}

/** All that a file or directory could be found as. */
function stemsOfChange (path: string): string[] {
  const parts = basename(path).split('.')
  const stems = parts.map((_, index) => join(dirname(path), parts.slice(0, index + 1).join('.')))
  return parts[0] === 'index' ? [...stems, dirname(path)] : stems
}

function keyOf ({ name, file }: FunctionSource): string {
  return `${name}\n${file}`
}
