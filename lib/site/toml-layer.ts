import { readFunctionBlocks, type FunctionBlock } from './toml-functions.ts'
import type { TomlTable } from './toml-table.ts'

/** What one part of a configuration says: the file at its top, or what it has for a deploy context or branch. */
export interface ConfigLayer {
  readonly base: string | undefined
  readonly publish: string | undefined
  readonly functions: string | undefined
  readonly blocks: readonly FunctionBlock[]
  readonly remoteImages: readonly string[] | undefined
  readonly environment: Readonly<Record<string, string>>
}

/** Which deploy this is, which decides about the parts of netlify.toml that apply. */
export interface DeployPlace {
  /** `production`, `deploy-preview`, `branch-deploy`, `dev`, or any other name. */
  readonly context: string
  readonly branch: string
}

/** The context of `netlify dev`, in which a site is worked on. */
export const DEV_CONTEXT = 'dev'
/** They say what a build is, not what a site is. Netlify lets nobody set them. */
const READ_ONLY_VARIABLES = new Set([
  'BRANCH', 'CACHED_COMMIT_REF', 'COMMIT_REF', 'CONTEXT', 'HEAD', 'INCOMING_HOOK_BODY', 'INCOMING_HOOK_TITLE', 'INCOMING_HOOK_URL', 'NETLIFY',
  'NETLIFY_BUILD_BASE', 'NETLIFY_BUILD_LIFECYCLE_TRIAL', 'NETLIFY_IMAGES_CDN_DOMAIN', 'NETLIFY_LOCAL', 'PULL_REQUEST', 'REPOSITORY_URL', 'REVIEW_ID', 'URL'
])

/**
 * Reads what netlify.toml says at its top, then what it has for the deploy context, then for the branch; the
 * later counts more. A name such as `release/*` is for all that begin so, unless one is exact.
 */
export function readLayers (toml: TomlTable, { context, branch }: DeployPlace): ConfigLayer {
  const contexts = toml.table('context')
  const names = [context, branch].flatMap((name) => matchingNames(contexts, name))
  return mergeLayers([readLayer(toml), ...names.map((name) => readContext(contexts.table(name)))])
}

/** Reads one layer, whose keys of the build are in its table `build`. */
export function readLayer (layer: TomlTable, hasFunctions = true): ConfigLayer {
  const build = layer.table('build')
  const functions = hasFunctions ? layer.table('functions') : undefined
  return {
    base: build.text('base'),
    publish: build.text('publish'),
    functions: functions?.text('directory') ?? build.text('functions'),
    blocks: functions === undefined ? [] : readFunctionBlocks(functions),
    remoteImages: layer.table('images').texts('remote_images'),
    environment: readEnvironment(build.table('environment'))
  }
}

/** The later of two counts more, key by key. */
export function mergeLayers (layers: readonly ConfigLayer[]): ConfigLayer {
  return layers.reduce((less, more) => ({
    base: more.base ?? less.base,
    publish: more.publish ?? less.publish,
    functions: more.functions ?? less.functions,
    blocks: [...less.blocks, ...more.blocks],
    remoteImages: more.remoteImages ?? less.remoteImages,
    environment: { ...less.environment, ...more.environment }
  }))
}

function matchingNames ({ values }: TomlTable, name: string): string[] {
  if (name === '') return []
  if (Object.hasOwn(values, name)) return [name]
  return Object.keys(values).filter((pattern) => pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)))
}

/** In `[context.<name>]` the keys of the build may stand without `build`, and `functions` may be their directory. */
function readContext (context: TomlTable): ConfigLayer {
  const hasDirectory = typeof context.values.functions === 'string'
  const direct: ConfigLayer = {
    base: context.text('base'),
    publish: context.text('publish'),
    functions: hasDirectory ? context.text('functions') : undefined,
    blocks: [],
    remoteImages: undefined,
    environment: readEnvironment(context.table('environment'))
  }
  return mergeLayers([direct, readLayer(context, !hasDirectory)])
}

function readEnvironment (table: TomlTable): Record<string, string> {
  const entries = Object.entries(table.values).filter(([name]) => !READ_ONLY_VARIABLES.has(name))
  return Object.fromEntries(entries.map(([name, value]) => {
    if (typeof value === 'object') throw table.invalid(name, ' must be a string')
    return [name, String(value)]
  }))
}
