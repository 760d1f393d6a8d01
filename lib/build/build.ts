import { availableParallelism } from 'node:os'
import * as fastq from 'fastq'
import { routesOf, readFunctionConfig, type GivenConfig } from '../functions/config.ts'
import type { FailedFunction, FunctionRoute, FunctionSource } from '../functions/definition.ts'
import { bundleFunction, type BundleOptions } from './bundle.ts'
import { openBundleCache, type BundleCache, type CacheDirectory, type StoredBundle } from './cache.ts'
import { discoverFunctions } from './discover.ts'
import { createFingerprints, type Fingerprints } from './fingerprint.ts'
import { guessPaths } from './guess-paths.ts'
import { enableSourceMaps, type Loadable, type LoadedFunction } from './load.ts'

export interface BuildOptions {
  readonly root: string
  readonly cacheDirectory: Pick<CacheDirectory, 'open'>
  /** Directories of functions, absolute. */
  readonly directories: readonly string[]
  /** Directories whose tsconfig.json applies to functions that have none nearer. */
  readonly tsconfigDirectories: readonly string[]
  /** Whether functions may have light Fetch objects, which are to be in place when they are loaded. */
  readonly lightObjects: boolean
  /** What netlify.toml says about a function. */
  readonly overridesFor: (functionName: string) => GivenConfig
  /** Tells the functions' modules from those of a version of the site with other variables; `''` for the first. */
  readonly instance: string
  /** Loads a function where it will run; `undefined` when it is none. */
  readonly load: (loadable: Loadable) => Promise<LoadedFunction | undefined>
}

/** One version of a site's functions. */
export interface SiteBuild {
  readonly functions: ReadonlyArray<LoadedFunction | { readonly definition: FailedFunction }>
  /** Files without a handler: no functions. */
  readonly skipped: readonly FunctionSource[]
  /** Functions directories that do not exist. */
  readonly absent: readonly string[]
  /** The functions that were bundled and not taken from the cache. */
  readonly bundled: readonly string[]
}

/** Finds, bundles and loads the functions of a site. One that fails does not stop the others. */
export async function buildFunctions (options: BuildOptions): Promise<SiteBuild> {
  const { sources, absent } = await discoverFunctions(options.directories)
  if (sources.length === 0) return { functions: [], skipped: [], absent, bundled: [] }

  enableSourceMaps()
  const { root, tsconfigDirectories, lightObjects, instance } = options
  const bundling: BundleOptions = { directory: await options.cacheDirectory.open(), root, tsconfigDirectories, lightObjects }
  const cache = openBundleCache(bundling)
  const fingerprints = createFingerprints()
  const inUse: string[] = []
  const bundled: string[] = []

  const queue = fastq.promise(async (source: FunctionSource) => {
    return await cache.read(source, fingerprints) ?? await bundle(source, cache, fingerprints)
  }, availableParallelism() * 8)

  // Not in the queue, where a module that never finishes would hold up others.
  async function load (source: FunctionSource): Promise<SiteBuild['functions'][number] | undefined> {
    try {
      const bundle = await queue.push(source)
      inUse.push(bundle.path)
      return await options.load({ source, bundle, root, toml: options.overridesFor(source.name), instance })
    } catch (error) {
      return { definition: await failed(source, error as Error) }
    }
  }

  async function bundle (source: FunctionSource, cache: BundleCache, fingerprints: Fingerprints): Promise<StoredBundle> {
    bundled.push(source.name)
    return await cache.write(source, await bundleFunction(source, fingerprints, bundling), fingerprints)
  }

  const results = await Promise.all(sources.map(load))
  await cache.prune(inUse)
  return {
    functions: results.filter((result) => result !== undefined),
    skipped: sources.filter((_, index) => results[index] === undefined),
    absent,
    bundled
  }
}

/** The URLs of a function that could not be loaded still answer, with its error. */
async function failed ({ name, file }: FunctionSource, error: Error): Promise<FailedFunction> {
  const paths = await guessPaths(file)
  return { state: 'failed', name, file, error, routes: paths.flatMap((path) => routesOfGuess(name, path)) }
}

function routesOfGuess (name: string, path: string): FunctionRoute[] {
  try {
    return routesOf(readFunctionConfig(name, { path }))
  } catch {
    return []
  }
}
