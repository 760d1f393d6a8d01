import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { buildFunctions, type SiteBuild } from './build/build.ts'
import type { CacheDirectory } from './build/cache.ts'
import { digest } from './build/fingerprint.ts'
import { loadFunction } from './build/load.ts'
import { FST_NETLIFY_INVALID_OPTION } from './errors.ts'
import { createCallEnv } from './invoke/call-env.ts'
import { createSiteEnv, runInScope } from './invoke/globals.ts'
import { createInlineInvoker } from './invoke/inline.ts'
import type { PublishOptions } from './options.ts'
import type { ResolvedOptions } from './options/resolve.ts'
import { createSiteVersion, logOverlaps, type SiteVersion } from './server/site-version.ts'
import { BLOBS_VARIABLE, type Blobs } from './site/blobs.ts'
import { listPublishedFiles, type PublishedFiles } from './site/published-files.ts'
import { readToml, type SiteToml } from './site/toml.ts'

/** What all versions of a site have in common. */
export interface VersionParts {
  readonly log: FastifyBaseLogger
  readonly cacheDirectory: CacheDirectory
  readonly blobs: Blobs | undefined
  /** The variables of the site's first version. */
  readonly firstEnv: Readonly<Record<string, string>>
}

export interface ReadVersion {
  readonly version: SiteVersion
  /** The functions that were bundled anew. */
  readonly bundled: readonly string[]
}

const DEFAULT_FUNCTIONS = 'netlify/functions'

/**
 * Makes a version of a site from its options and what lies on the disk.
 *
 * @throws FST_NETLIFY_INVALID_OPTION, FST_NETLIFY_INVALID_TOML
 */
export async function readVersion (options: ResolvedOptions, parts: VersionParts): Promise<ReadVersion> {
  const { root, identity, limits } = options
  const { log, blobs } = parts
  const toml = await loadToml(options)
  const directories = options.functions ?? [toml?.functions ?? resolve(toml?.base ?? root, DEFAULT_FUNCTIONS)]
  const env = createSiteEnv(options.env)
  const loadEnv = blobs === undefined ? env : createCallEnv(env, BLOBS_VARIABLE, blobs.context)
  const build = await buildFunctions({
    root,
    cacheDirectory: parts.cacheDirectory,
    directories,
    lightObjects: options.lightObjects,
    tsconfigDirectories: [...new Set([root, toml?.base ?? root])],
    overridesFor: toml?.overridesFor ?? (() => ({})),
    instance: instanceOf(options.env, parts.firstEnv),
    load: async (loadable) => await runInScope({ context: null, env: loadEnv, code: { functionName: loadable.source.name, log } }, async () => await loadFunction(loadable))
  })
  logBuild(build, log)

  const publish = publishOptions(options, toml)
  const unpublished = [...directories, resolve(root, '.netlify'), options.toml?.file, options.blobs?.directory].filter((path) => path !== undefined)
  const files = publish && await publishedFiles(publish, unpublished, log)
  const loaded = build.functions.filter((built) => 'handler' in built)
  const version = createSiteVersion({
    functions: new Map(build.functions.map(({ definition }) => [definition.name, definition])),
    identity,
    files,
    notFoundPage: Boolean(files?.hasNotFoundPage && publish?.notFound),
    invoker: createInlineInvoker({
      handlers: new Map(loaded.map(({ definition, handler }) => [definition.name, handler])),
      eventHandlers: new Map(loaded.map(({ definition, eventHandlers }) => [definition.name, eventHandlers])),
      env,
      identity,
      verifyToken: options.verifyToken,
      blobs,
      maxLambdaBody: limits.responseBody,
      exposeErrors: options.exposeErrors
    })
  })
  logOverlaps(version, log)
  return { version, bundled: build.bundled }
}

async function loadToml ({ toml }: ResolvedOptions): Promise<SiteToml | undefined> {
  if (toml === undefined) return undefined
  const found = await readToml(toml.file, dirname(toml.file))
  if (found === undefined && toml.required) throw new FST_NETLIFY_INVALID_OPTION('config', `names a file that does not exist: ${toml.file}`)
  return found
}

/** Modules read variables where they are loaded, so those of a version with other variables are loaded again. */
function instanceOf (env: Readonly<Record<string, string>>, first: Readonly<Record<string, string>>): string {
  const text = (variables: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(variables).sort())
  return text(env) === text(first) ? '' : digest(text(env)).slice(0, 16)
}

function publishOptions ({ publish }: ResolvedOptions, toml: SiteToml | undefined): Required<PublishOptions> | undefined {
  if (publish !== undefined) return publish || undefined
  return toml?.publish === undefined ? undefined : { directory: toml.publish, notFound: true, dotfiles: false }
}

async function publishedFiles ({ directory, dotfiles }: Required<PublishOptions>, except: readonly string[], log: FastifyBaseLogger): Promise<PublishedFiles | undefined> {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    log.warn({ directory }, 'the published directory does not exist; no files are served')
    return undefined
  }
  return await listPublishedFiles(directory, { dotfiles, except })
}

function logBuild ({ functions, skipped, absent, bundled }: SiteBuild, log: FastifyBaseLogger): void {
  for (const directory of absent) log.info({ directory }, 'the functions directory does not exist; it has no functions')
  for (const { name, file } of skipped) log.debug({ function: name, file }, 'a file without a handler is no function')
  for (const { definition } of functions) {
    if (definition.state === 'failed') log.error({ err: definition.error, function: definition.name, file: definition.file }, `function "${definition.name}" cannot run`)
  }
  log.debug({ functions: functions.length, bundled: bundled.length }, 'functions loaded')
}
