import { isBuiltin } from 'node:module'
import { extname, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ImportKind, OnResolveResult, Plugin, PluginBuild } from 'esbuild'
import type { TsconfigLookup } from './tsconfig.ts'

export type ModuleFormat = 'esm' | 'cjs'

/** A bare import that was looked up for a bundle: `name` from the directory `from`. */
export interface PackageLookup {
  readonly from: string
  readonly name: string
  /** Absolute paths at which `paths` of a tsconfig.json had it looked for. */
  readonly candidates: readonly string[]
}

const RESOLVING = Symbol('resolving')
/** Bare specifiers, and native addons by any path. */
const BARE_OR_NATIVE = /^[^./]|\.node$/
/** What Node.js loads by itself. Anything else in a package (TypeScript, JSON) is bundled. */
const LOADABLE = new Set(['.js', '.mjs', '.cjs', '.node'])

/** What is told of the packages of a bundle. */
export interface PackageListener {
  readonly onLookup: (lookup: PackageLookup) => void
  /** One stays outside, under this specifier. */
  readonly onExternal: (name: string, specifier: string) => void
}

/**
 * Keeps packages out of the bundle: each is resolved for the file that imports it and written as a
 * file URL (import) or a path (require), since its bare name means nothing where the bundle lies.
 * Workspace packages, whose real path is outside node_modules, are the user's own code and bundled.
 * What does not resolve is left as it is.
 */
export function packagesPlugin (root: string, format: ModuleFormat, tsconfig: TsconfigLookup, { onLookup, onExternal }: PackageListener): Plugin {
  return {
    name: 'packages',
    setup (build) {
      build.onResolve({ filter: BARE_OR_NATIVE }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind === 'entry-point' || pluginData === RESOLVING || isBuiltin(path) || path.includes(':')) return undefined
        const candidates = tsconfig.paths(importer, path)
        if (/^[^./]/.test(path)) onLookup({ from: resolveDir, name: packageName(path), candidates })

        const found = await resolve(build, [path, ...candidates], kind, importer, resolveDir)
        if (found === undefined) return { path, external: true }
        if (!isExternal(root, found)) return found === '' ? undefined : await bundled(build, path, kind, importer, resolveDir, found)
        const external = specifier(found, kind, format)
        onExternal(packageName(path), external)
        return { path: external, external: true }
      })
    }
  }

  /** In CommonJS an import becomes a `require()`, so its conditions come first. */
  async function resolve (build: PluginBuild, candidates: readonly string[], kind: ImportKind, importer: string, resolveDir: string): Promise<string | undefined> {
    const kinds: ImportKind[] = format === 'cjs' && kind === 'import-statement' ? ['require-call', kind] : [kind]
    for (const candidate of candidates) {
      for (const candidateKind of kinds) {
        const result = await build.resolve(candidate, { kind: candidateKind, importer, resolveDir, pluginData: RESOLVING })
        if (result.errors.length === 0) return result.external ? '' : result.path
      }
    }
    return undefined
  }

  /** esbuild resolves again what is bundled, so that the file keeps its own tsconfig. */
  async function bundled (build: PluginBuild, path: string, kind: ImportKind, importer: string, resolveDir: string, found: string): Promise<OnResolveResult | undefined> {
    const again = await build.resolve(path, { kind, importer, resolveDir, pluginData: RESOLVING })
    return again.errors.length === 0 ? undefined : { path: found }
  }
}

function isExternal (root: string, path: string): boolean {
  return extname(path) === '.node' || (LOADABLE.has(extname(path)) && relative(root, path).split(sep).includes('node_modules'))
}

function specifier (path: string, kind: ImportKind, format: ModuleFormat): string {
  const isImport = kind === 'dynamic-import' || (kind === 'import-statement' && format === 'esm')
  return isImport ? pathToFileURL(path).href : path
}

function packageName (specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
