import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, BuildOptions, BuildResult, Message, Metafile } from 'esbuild'
import { FST_NETLIFY_BUILD_FAILED } from '../errors.ts'
import type { FunctionSource } from '../functions/definition.ts'
import { locate, type Problem } from '../functions/problem.ts'
import { consoleInjection, isConsoleRefused, isInjectedConsole } from './console-injection.ts'
import { createFetchInjection, isInjected, seemsToExcludeLightObjects } from './fetch-injection.ts'
import { digest, type Fingerprints } from './fingerprint.ts'
import { packagesPlugin, type ModuleFormat, type PackageLookup } from './packages-plugin.ts'
import { isPrebuilt, leadsElsewhere, wrapPrebuilt } from './prebuilt.ts'
import { SOURCE_PLACE_DEFINES, sourcesPlugin } from './sources-plugin.ts'

/** A function as one module that Node.js can load, and what went into it. */
export interface Bundle {
  readonly format: ModuleFormat
  readonly code: string
  /** Absolute paths of the user's files in it, and of those that an import would have taken had they been there. */
  readonly inputs: readonly string[]
  readonly packages: readonly PackageLookup[]
  /** Whether `Request`, `Response` and `fetch` in it are light ones. */
  readonly lightObjects: boolean
  /** Whether it only loads a module of the site that is not bundled. */
  readonly prebuilt: boolean
}

export interface BundleOptions {
  /** Where the bundle will lie: source maps are relative to it. */
  readonly directory: string
  readonly root: string
  /** Directories whose tsconfig.json applies to a function that has none nearer. */
  readonly tsconfigDirectories: readonly string[]
  /** Whether bundles may have light Fetch objects. */
  readonly lightObjects: boolean
  /** Whether bundles have a `console` of their own, where that can be. */
  readonly ownConsole: boolean
}

/** `.mts` and `.mjs` are ES modules, `.cts` and `.cjs` CommonJS, the rest by the nearest package.json. */
export function moduleFormat (file: string, fingerprints: Fingerprints): ModuleFormat {
  const kind = /\.([mc])[jt]s$/.exec(file)?.[1] ?? (fingerprints.packageType(dirname(file)) === 'module' ? 'm' : 'c')
  return kind === 'm' ? 'esm' : 'cjs'
}

/**
 * Bundles one function with esbuild: the user's own files go in, packages stay outside. One that a framework has built
 * for Node.js already may be loaded as it lies.
 *
 * @param onRead is told of every file that it looks at, also when the build fails
 * @throws FST_NETLIFY_BUILD_FAILED with file, line and code frame of every error.
 */
export async function bundleFunction (source: FunctionSource, fingerprints: Fingerprints, options: BundleOptions, onRead: (path: string) => void): Promise<Bundle> {
  const text = await readFile(source.file, 'utf8').catch(() => '')
  if (isPrebuilt(source, text)) return await wrapPrebuilt(source, fingerprints, onRead)
  const bundle = await bundleText(source, text, fingerprints, options, onRead)
  return leadsElsewhere(source, bundle) ? await wrapPrebuilt(source, fingerprints, onRead) : bundle
}

/** The function gets light Fetch objects if nothing in it could bring them together with code that knows only native ones. */
async function bundleText (source: FunctionSource, text: string, fingerprints: Fingerprints, options: BundleOptions, onRead: (path: string) => void): Promise<Bundle> {
  const guess = options.lightObjects && !seemsToExcludeLightObjects(text)
  if (guess) {
    const light = await buildLight()
    if (light !== undefined) return light
  }
  const native = await build(source, fingerprints, options, false, onRead)
  // The guess was wrong if what it saw is an import of types only, or leads to the user's own files.
  const light = options.lightObjects && !guess && native.acceptsLightObjects ? await buildLight() : undefined
  return light ?? native.bundle

  async function buildLight (): Promise<Bundle | undefined> {
    try {
      const { bundle, acceptsLightObjects } = await build(source, fingerprints, options, true, onRead)
      return acceptsLightObjects ? bundle : undefined
    } catch {
      return undefined // as with `Response = …`; if it does not build anyway, the native build says why
    }
  }
}

/** What does to `console` what only the global one bears is built again without one of its own. */
async function build (source: FunctionSource, fingerprints: Fingerprints, options: BundleOptions, lightObjects: boolean, onRead: (path: string) => void): Promise<{ bundle: Bundle, acceptsLightObjects: boolean }> {
  // Loaded here, so that a start from a warm cache does not start esbuild at all.
  const esbuild = await import('esbuild')
  const format = moduleFormat(source.file, fingerprints)
  const packages = new Map<string, PackageLookup>()
  const injection = createFetchInjection()
  const tsconfig = fingerprints.tsconfig.explicit(source.file, options.tsconfigDirectories)
  const buildOptions = {
    absWorkingDir: options.root,
    entryPoints: [source.file],
    outfile: join(options.directory, `${source.name}.js`),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: `node${process.versions.node}`,
    format,
    charset: 'utf8',
    // Node.js's own. It knows neither the `module` condition nor the field, esbuild's defaults for bundles.
    conditions: ['module-sync', 'node-addons'],
    mainFields: ['main'],
    sourcemap: 'inline',
    sourcesContent: false,
    define: { ...SOURCE_PLACE_DEFINES, ...(options.ownConsole && consoleInjection.define), ...(lightObjects && injection.define) },
    inject: [...options.ownConsole ? consoleInjection.inject : [], ...lightObjects ? injection.inject : []],
    logLevel: 'silent',
    logOverride: injection.logOverride,
    ...(format === 'esm' && { banner: { js: moduleBanner(source.file) } }),
    ...(tsconfig !== undefined && { tsconfig }),
    plugins: [
      injection.plugin,
      consoleInjection.plugin,
      packagesPlugin(options.root, format, fingerprints.tsconfig, {
        onLookup: (lookup) => packages.set([lookup.from, lookup.name, ...lookup.candidates].join('\n'), lookup),
        onExternal: injection.onExternal
      }),
      sourcesPlugin((path, content) => {
        onRead(path)
        fingerprints.file(path, content)
        injection.onSource(content)
      })
    ]
  } satisfies BuildOptions

  let result: BuildResult<typeof buildOptions>
  try {
    result = await esbuild.build(buildOptions)
  } catch (error) {
    const messages = (error as BuildFailure).errors ?? []
    if (options.ownConsole && isConsoleRefused(messages)) return await buildAgain()
    const reason = messages.length === 0 ? String(error) : await formatMessages(messages)
    throw locate(new FST_NETLIFY_BUILD_FAILED(source.name, reason), messages.flatMap((message) => toProblem(message, options.root)))
  }
  const code = result.outputFiles[0]?.text ?? ''
  if (options.ownConsole && !consoleInjection.accepts(result.warnings, code)) return await buildAgain()
  const lookups = [...packages.values()]
  const bundle: Bundle = {
    format,
    code,
    inputs: [...inputFiles(result.metafile, options.root), ...lookups.flatMap(({ candidates }) => candidates)],
    packages: lookups,
    lightObjects,
    prebuilt: false
  }
  return { bundle, acceptsLightObjects: injection.accepts(result) }

  async function buildAgain (): ReturnType<typeof build> {
    return await build(source, fingerprints, { ...options, ownConsole: false }, lightObjects, onRead)
  }
}

/** A relative import that led nowhere, as of an optional file, is left as it is: esbuild calls it external. */
function inputFiles ({ inputs }: Metafile, root: string): string[] {
  return Object.entries(inputs).flatMap(([input, { imports }]) => {
    if (isInjected(input) || isInjectedConsole(input)) return []
    const file = resolve(root, input)
    const absent = imports.filter(({ path, external }) => external && /^\.{1,2}\//.test(path))
    return [file, ...absent.map(({ path }) => resolve(dirname(file), path))]
  })
}

/** esbuild counts bytes from 0, everybody else characters from 1. */
function toProblem ({ text, notes, location }: Message, root: string): Problem[] {
  if (location === null) return []
  const { file, line, column, length, lineText } = location
  const bytes = Buffer.from(lineText)
  return [{
    message: [text, ...notes.map((note) => note.text)].join('\n'),
    file: resolve(root, file),
    line,
    column: bytes.toString('utf8', 0, column).length + 1,
    length: bytes.toString('utf8', column, column + length).length
  }]
}

/** A position in a source file, as esbuild shows it: the message, and the line with a mark under the column. */
export async function codeFrame (root: string, file: string, line: number, column: number, lineText: string, text: string): Promise<string> {
  const frame = await formatMessages([{ text, location: { file: relative(root, file), line, column: column - 1, lineText } }])
  return frame.replace(/^\S+ \[ERROR\] /, '')
}

async function formatMessages (messages: ReadonlyArray<Partial<Omit<Message, 'location'>> & { location?: Partial<Message['location']> }>): Promise<string> {
  const esbuild = await import('esbuild')
  const formatted = await esbuild.formatMessages(messages as Message[], { kind: 'error', color: false })
  return formatted.join('\n').trim()
}

/** ES modules have no `require`, yet CommonJS files bundled into one need it. esbuild keeps the name free. */
function moduleBanner (file: string): string {
  return `import { createRequire as __create_require } from 'node:module';const require=__create_require(${JSON.stringify(pathToFileURL(file).href)});const __bundle_resolve=import.meta.resolve;`
}

/** The name under which a bundle is stored: the same content, the same module. */
export function bundleFileName (source: FunctionSource, bundle: Pick<Bundle, 'format' | 'code'>): string {
  return `${source.name}-${digest(bundle.code).slice(0, 16)}.${bundle.format === 'esm' ? 'mjs' : 'cjs'}`
}
