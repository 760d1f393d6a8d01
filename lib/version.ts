import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { buildFunctions, type BuildResult, type SiteBuild } from './build/build.ts'
import type { BuildMemory } from './build/build-memory.ts'
import type { CacheDirectory } from './build/cache.ts'
import { digest } from './build/fingerprint.ts'
import { FST_NETLIFY_INVALID_OPTION } from './errors.ts'
import { createCallEnv } from './invoke/call-env.ts'
import { createSiteEnv, runInScope, type Print, type SiteEnv } from './invoke/globals.ts'
import type { Invoker } from './invoke/invoker.ts'
import { createIsolation } from './invoke/isolation.ts'
import { createSiteInvoker } from './invoke/site-invoker.ts'
import type { ThreadPool } from './invoke/threads/pool.ts'
import type { NetlifyFunctionsOptions } from './options.ts'
import { unlessOfHost } from './options/environment.ts'
import type { PublishOptions } from './options/publish.ts'
import { resolveOptions, type ResolvedOptions } from './options/resolve.ts'
import { createSiteVersion, logOverlaps, type SiteVersion } from './server/site-version.ts'
import type { VersionSources } from './server/watch.ts'
import { BLOBS_VARIABLE, type Blobs } from './site/blobs.ts'
import { deployBlobs } from './site/blobs-deploy.ts'
import { readHeaderRules } from './site/header-rules.ts'
import { compileRemotePatterns } from './site/images/remote-patterns.ts'
import { listPublishedFiles, type PublishedFiles } from './site/published-files.ts'
import { readRedirects } from './site/redirects.ts'
import type { Redirects } from './site/redirects/table.ts'
import { readToml, type SiteToml } from './site/toml.ts'

/** What the options say, and what netlify.toml adds to them. */
export interface Settings {
  readonly options: ResolvedOptions
  readonly toml: SiteToml
}

/** What all versions of a site have in common. */
export interface VersionParts {
  readonly log: FastifyBaseLogger
  readonly cacheDirectory: CacheDirectory
  readonly blobs: Blobs | undefined
  readonly pool: ThreadPool
  /** The variables of the site's first version. */
  readonly firstEnv: Readonly<Record<string, string>>
  /** What builds have found out, where changes of files are watched. */
  readonly memory: BuildMemory<BuildResult> | undefined
  readonly print: Print
  /** What runs the functions, so that others see it, too. */
  readonly wrap: (invoker: Invoker) => Invoker
}

export interface ReadVersion {
  readonly version: SiteVersion
  /** To be called when the version is served. */
  settle (): void
  /** The functions that were bundled anew. */
  readonly bundled: readonly string[]
  /** Where it was read from. */
  readonly sources: VersionSources
  /** The functions that a framework's build has written. */
  readonly generated: readonly string[]
}

const DEFAULT_FUNCTIONS = 'netlify/functions'
/** What the log has already; a version may have failures of the one before. */
const told = new WeakSet<Error>()
/** Where the builds of frameworks leave functions; of one name, the later counts. */
const GENERATED_FUNCTIONS = ['.netlify/functions-internal', '.netlify/v1/functions']

/**
 * Reads the options, and the site's own configuration files.
 *
 * @throws FST_NETLIFY_INVALID_OPTION, FST_NETLIFY_INVALID_TOML, FST_NETLIFY_INVALID_FRAMEWORK_CONFIG
 */
export async function readSettings (given: NetlifyFunctionsOptions): Promise<Settings> {
  const options = resolveOptions(given)
  const { root, identity: { deploy: { context, branch } } } = options
  const { file, required } = options.toml ?? { file: undefined, required: false }
  const toml = await readToml({ root, file, explicit: required, context, branch })
  if (required && toml.file === undefined) throw new FST_NETLIFY_INVALID_OPTION('config', `names a file that does not exist: ${file}`)
  return { options: { ...options, env: { ...unlessOfHost(toml.environment), ...options.env } }, toml }
}

/**
 * Makes a version of a site from its settings and what lies on the disk.
 *
 * @throws FST_NETLIFY_INVALID_OPTION
 */
export async function readVersion ({ options, toml }: Settings, parts: VersionParts): Promise<ReadVersion> {
  const { root, identity, limits } = options
  const { log, blobs } = parts
  const places = [...new Set([root, toml.base])]
  const directories = options.functions ?? [toml.functions ?? resolve(toml.base, DEFAULT_FUNCTIONS)]
  const env = createSiteEnv(options.env)
  if (blobs !== undefined) await bringBlobs(options, places, createCallEnv(env, BLOBS_VARIABLE, blobs.context), parts)
  const siteInvoker = createSiteInvoker({
    isolation: createIsolation(options.isolation),
    pool: parts.pool,
    env: options.env,
    identity,
    blobs,
    verifyToken: options.verifyToken,
    maxLambdaBody: limits.responseBody,
    exposeErrors: options.exposeErrors,
    log,
    print: parts.print
  })
  const generated = places.flatMap((place) => GENERATED_FUNCTIONS.map((directory) => join(place, directory)))
  const build = await buildFunctions({
    root,
    cacheDirectory: parts.cacheDirectory,
    directories,
    generated,
    lightObjects: options.lightObjects,
    ownConsole: options.logs !== false,
    tsconfigDirectories: places,
    overridesFor: toml.overridesFor,
    instance: instanceOf(options.env, parts.firstEnv),
    memory: parts.memory,
    load: siteInvoker.load
  })
  logBuild(build, log)

  const publish = publishOptions(options, toml)
  const unpublished = [...directories, ...places.map((place) => join(place, '.netlify')), toml.file, options.toml?.file, options.blobs?.directory].filter((path) => path !== undefined)
  const files = publish && await publishedFiles(publish, unpublished, log)
  const loaded = build.functions.filter((built) => 'handler' in built || 'loadable' in built)
  const version = createSiteVersion({
    functions: new Map(build.functions.map(({ definition }) => [definition.name, definition])),
    identity,
    files,
    notFoundPage: Boolean(files?.hasNotFoundPage && publish?.notFound),
    remoteImages: compileRemotePatterns(toml.images.remoteImages, (invalid) => { log.warn(invalid, 'a pattern of [images] remote_images is no regular expression and allows nothing') }),
    redirects: await siteRedirects(publish, toml, env.has, log),
    headerRules: files && await readHeaderRules({ publishDirectory: files.directory, tomlHeaders: toml.headers, warn: (problem) => { log.warn({ problem }, 'a header rule is not followed in full') } }),
    variable: env.get,
    invoker: parts.wrap(siteInvoker.invokerOf(loaded))
  })
  logOverlaps(version, log)
  const sources = {
    functions: [...directories, ...generated],
    published: publish?.directory,
    publishedFiles: files,
    files: [toml.file, options.toml?.file].filter((file) => file !== undefined)
  }
  const isGenerated = (file: string): boolean => generated.some((directory) => file.startsWith(directory + sep))
  return {
    version,
    settle () {
      siteInvoker.settle(loaded)
      parts.cacheDirectory.hold(loaded.flatMap((built) => 'loadable' in built ? [built.loadable.bundle.path] : []))
    },
    bundled: build.bundled,
    sources,
    generated: build.functions.flatMap(({ definition: { name, file } }) => isGenerated(file) ? [name] : [])
  }
}

/** Servers of frameworks may read files relative to the working directory, which on Netlify is that of the site. */
export function logWorkingDirectory ({ toml: { base } }: Settings, { generated }: ReadVersion, log: FastifyBaseLogger): void {
  const directory = process.cwd()
  if (generated.length === 0 || (existsSync(base) && realpathSync(base) === directory)) return
  log.warn({ directory, site: base, functions: generated }, 'functions that a framework has generated may read files relative to the working directory, which is not that of the site; start the server there, or call process.chdir()')
}

/** As a function would put them there. */
async function bringBlobs ({ blobs, identity }: ResolvedOptions, places: readonly string[], env: SiteEnv, { log, print }: Pick<VersionParts, 'log' | 'print'>): Promise<void> {
  if (blobs === undefined) return
  const deploy = { places: places.toReversed(), directory: blobs.directory, siteId: identity.site.id, deployId: identity.deploy.id, log }
  await runInScope({ context: null, env, code: { functionName: 'deploy', log }, print }, async () => { await deployBlobs(deploy) })
}

/** Modules read variables where they are loaded, so those of a version with other variables are loaded again. */
function instanceOf (env: Readonly<Record<string, string>>, first: Readonly<Record<string, string>>): string {
  const text = (variables: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(variables).sort())
  return text(env) === text(first) ? '' : digest(text(env)).slice(0, 16)
}

function publishOptions ({ publish }: ResolvedOptions, toml: SiteToml): Required<PublishOptions> | undefined {
  if (publish !== undefined) return publish || undefined
  return toml.publish === undefined ? undefined : { directory: toml.publish, notFound: true, dotfiles: false }
}

async function publishedFiles ({ directory, dotfiles }: Required<PublishOptions>, except: readonly string[], log: FastifyBaseLogger): Promise<PublishedFiles | undefined> {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    log.warn({ directory }, 'the published directory does not exist; no files are served')
    return undefined
  }
  return await listPublishedFiles(directory, { dotfiles, except })
}

async function siteRedirects (publish: PublishOptions | undefined, { file: tomlFile, firstRedirects: first, redirects: toml }: SiteToml, hasVariable: (name: string) => boolean, log: FastifyBaseLogger): Promise<Redirects | undefined> {
  const file = publish && join(publish.directory, '_redirects')
  const redirects = await readRedirects({ file, first, toml, warn: (problem) => { log.warn({ problem, files: [file, tomlFile] }, 'a redirect rule is left out') } })
  for (const variable of redirects?.signingVariables ?? []) {
    if (!hasVariable(variable)) log.warn({ variable }, 'requests that a redirect rule passes on are not signed: the variable that "signed" names is not set')
  }
  return redirects
}

function logBuild ({ functions, skipped, absent, bundled }: SiteBuild, log: FastifyBaseLogger): void {
  for (const directory of absent) log.info({ directory }, 'the functions directory does not exist; it has no functions')
  for (const { name, file } of skipped) log.debug({ function: name, file }, 'a file without a handler is no function')
  for (const { definition } of functions) {
    if (definition.state !== 'failed' || told.has(definition.error)) continue
    told.add(definition.error)
    log.error({ err: definition.error, function: definition.name, file: definition.file }, `function "${definition.name}" cannot run`)
  }
  log.debug({ functions: functions.length, bundled: bundled.length }, 'functions loaded')
}
