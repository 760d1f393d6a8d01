import { channel } from 'node:diagnostics_channel'
import { availableParallelism } from 'node:os'
import * as fastq from 'fastq'
import { routesOf, readFunctionConfig, type GivenConfig } from '../functions/config.ts'
import type { FailedFunction, FunctionRoute, FunctionSource } from '../functions/definition.ts'
import { problemsOf } from '../functions/problem.ts'
import type { BuildMemory } from './build-memory.ts'
import { bundleFunction, type BundleOptions } from './bundle.ts'
import { openBundleCache, type CacheDirectory, type CachedBundle } from './cache.ts'
import { discoverFunctions } from './discover.ts'
import { createFingerprints } from './fingerprint.ts'
import { guessPaths } from './guess-paths.ts'
import { enableSourceMaps, type Loadable, type LoadedElsewhere, type LoadedFunction } from './load.ts'
import { withSidecar } from './sidecar.ts'

export interface BuildOptions {
  readonly root: string
  readonly cacheDirectory: Pick<CacheDirectory, 'open'>
  /** Directories of functions, absolute. */
  readonly directories: readonly string[]
  /** Directories of functions that a framework's build has written, absolute. */
  readonly generated: readonly string[]
  /** Directories whose tsconfig.json applies to functions that have none nearer. */
  readonly tsconfigDirectories: readonly string[]
  /** Whether functions may have light Fetch objects, which are to be in place when they are loaded. */
  readonly lightObjects: boolean
  /** Whether functions may have a `console` of their own, which is to be in place, too. */
  readonly ownConsole: boolean
  /** What netlify.toml says about a function. */
  readonly overridesFor: (functionName: string) => GivenConfig
  /** Tells the functions' modules from those of a version of the site with other variables; `''` for the first. */
  readonly instance: string
  /** Loads a function where it will run; `undefined` when it is none. */
  readonly load: (loadable: Loadable) => Promise<LoadedFunction | LoadedElsewhere | undefined>
  /** What builds before have found out, where changes of files are watched. */
  readonly memory?: BuildMemory<BuildResult> | undefined
}

/** A function, why it cannot run, or `undefined` for a file that is none. */
export type BuildResult = LoadedFunction | LoadedElsewhere | { readonly definition: FailedFunction } | undefined

/** One version of a site's functions. */
export interface SiteBuild {
  readonly functions: ReadonlyArray<NonNullable<BuildResult>>
  /** Files without a handler: no functions. */
  readonly skipped: readonly FunctionSource[]
  /** Functions directories that do not exist. */
  readonly absent: readonly string[]
  /** The functions that were bundled and not taken from the cache. */
  readonly bundled: readonly string[]
}

/** What the channel `fastify-netlify-functions:build` of `node:diagnostics_channel` says when a function of a site has been built. */
export interface BuildProgress {
  /** Of the site. */
  readonly root: string
  /** Of the function. */
  readonly name: string
  /** Functions that are done, this one included. */
  readonly built: number
  readonly total: number
  /** Whether nothing had to be bundled. */
  readonly cached: boolean
}

const progress = channel('fastify-netlify-functions:build')

/** Finds, bundles and loads the functions of a site. One that fails does not stop the others. */
export async function buildFunctions (options: BuildOptions): Promise<SiteBuild> {
  options.memory?.begin()
  try {
    return await build(options)
  } finally {
    options.memory?.end()
  }
}

async function build (options: BuildOptions): Promise<SiteBuild> {
  const { sources, absent } = await discoverFunctions(options)
  if (sources.length === 0) return { functions: [], skipped: [], absent, bundled: [] }

  enableSourceMaps()
  const { root, tsconfigDirectories, lightObjects, ownConsole, instance, memory } = options
  const bundling: BundleOptions = { directory: await options.cacheDirectory.open(), root, tsconfigDirectories, lightObjects, ownConsole }
  const cache = openBundleCache(bundling)
  const fingerprints = createFingerprints()
  const inUse: string[] = []
  const bundled: string[] = []
  let hasRecalled = false
  let built = 0

  const queue = fastq.promise(async ({ source, inputs }: Work) => {
    const found = await cache.read(source, fingerprints) ?? await bundle(source, inputs)
    for (const input of found.inputs) inputs.add(input)
    return found.bundle
  }, availableParallelism() * 8)

  async function makeResult (source: FunctionSource): Promise<BuildResult> {
    const result = await recallOrLoad(source)
    built++
    const { name } = source
    if (progress.hasSubscribers) progress.publish({ root, name, built, total: sources.length, cached: !bundled.includes(name) } satisfies BuildProgress)
    return result
  }

  async function recallOrLoad (source: FunctionSource): Promise<BuildResult> {
    const toml = options.overridesFor(source.name)
    const situation = JSON.stringify([source, toml, instance, bundling])
    const known = memory?.recall(source, situation)
    if (known !== undefined) {
      hasRecalled = true
      return known.result
    }
    const inputs = new Set<string>()
    const result = await load(source, toml, inputs)
    for (const file of memory === undefined ? [] : fingerprints.tsconfig.files()) inputs.add(file)
    memory?.remember(source, situation, { result, inputs, isIncomplete: isIncomplete(result) })
    return result
  }

  // Not in the queue, where a module that never finishes would hold up others.
  async function load (source: FunctionSource, toml: GivenConfig, inputs: Set<string>): Promise<BuildResult> {
    try {
      const bundle = await queue.push({ source, inputs })
      inUse.push(bundle.path)
      return await options.load({ source, bundle, root, toml: withSidecar(toml, source), instance })
    } catch (error) {
      for (const { file } of problemsOf(error as Error)) inputs.add(file)
      return { definition: await failed(source, error as Error) }
    }
  }

  async function bundle (source: FunctionSource, inputs: Set<string>): Promise<CachedBundle> {
    bundled.push(source.name)
    return await cache.write(source, await bundleFunction(source, fingerprints, bundling, (path) => inputs.add(path)), fingerprints)
  }

  const results = await Promise.all(sources.map(makeResult))
  if (!hasRecalled) await cache.prune(inUse)
  return {
    functions: results.filter((result) => result !== undefined),
    skipped: sources.filter((_, index) => results[index] === undefined),
    absent,
    bundled
  }
}

/** A function that is to be bundled, and the files that this looks at. */
interface Work {
  readonly source: FunctionSource
  readonly inputs: Set<string>
}

function isIncomplete (result: BuildResult): boolean {
  return result?.definition.state === 'failed' && result.definition.error.message.includes('Could not resolve')
}

/** The URLs of a function that could not be loaded still answer, with its error. */
async function failed ({ name, file, generated = false }: FunctionSource, error: Error): Promise<FailedFunction> {
  const paths = await guessPaths(file)
  // Those of frameworks are for all paths, and leave the files of the site to be served.
  return { state: 'failed', name, file, error, routes: paths.flatMap((path) => routesOfGuess(name, path, generated)) }
}

function routesOfGuess (name: string, path: string, preferStatic: boolean): FunctionRoute[] {
  try {
    return routesOf(readFunctionConfig(name, { path, preferStatic }))
  } catch {
    return []
  }
}
