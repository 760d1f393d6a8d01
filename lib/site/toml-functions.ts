import { FST_NETLIFY_INVALID_TOML } from '../errors.ts'
import { checkConfig, type GivenConfig } from '../functions/config.ts'
import { compileGlob } from './glob.ts'

/** Gives what netlify.toml says about a function. */
export type ConfigOverrides = (functionName: string) => GivenConfig

/** What netlify.toml says about the functions with this name, or about those that the glob matches. */
interface Block {
  readonly name: string
  readonly config: GivenConfig
}

const EVERY_FUNCTION = '*'
/** The keys that netlify.toml has for functions, and what `config` calls them. */
const KEYS: ReadonlyMap<string, keyof GivenConfig> = new Map([
  ['background', 'background'],
  ['external_node_modules', 'externalNodeModules'],
  ['ignored_node_modules', 'ignoredNodeModules'],
  ['included_files', 'includedFiles'],
  ['memory', 'memory'],
  ['node_bundler', 'nodeBundler'],
  ['region', 'region'],
  ['schedule', 'schedule'],
  ['vcpu', 'vcpu']
])
const LISTS = ['externalNodeModules', 'ignoredNodeModules', 'includedFiles'] as const

/**
 * Reads the keys of `[functions]`, which are for every function, and its blocks for functions by name or
 * glob. Where several match, the one with more fixed characters counts more; lists are put together.
 * Unknown keys are ignored.
 *
 * @throws FST_NETLIFY_INVALID_TOML naming the key and the rule
 */
export function readFunctionBlocks (file: string, functions: Readonly<Record<string, unknown>>): ConfigOverrides {
  const tables = Object.entries(functions).filter((entry): entry is [string, Record<string, unknown>] => isTable(entry[1]))
  const keys = Object.entries(functions).filter(([, value]) => !isTable(value))
  const common: Block = { name: EVERY_FUNCTION, config: readKeys(file, 'functions', Object.fromEntries(keys)) }
  const named = tables.map(([name, table]): Block => ({ name, config: readKeys(file, `functions.${name}`, table) }))
  // Of equal weight, `[functions."*"]` comes after the keys of `[functions]`.
  const candidates = [common, ...named]
    .sort((a, b) => weight(a.name) - weight(b.name))
    .map((block) => ({ ...block, matches: compileGlob(block.name) }))

  return (functionName) => {
    const matching = candidates.filter(({ matches }) => matches(functionName))
    const { background, ...merged } = matching.map(({ config }) => config).reduce<GivenConfig>(merge, {})
    // Netlify looks for this key under the very name of the function only.
    const own = named.find(({ name }) => name === functionName)?.config.background
    return own === undefined ? merged : { ...merged, background: own }
  }
}

function readKeys (file: string, place: string, table: Readonly<Record<string, unknown>>): GivenConfig {
  const names = new Map(Array.from(KEYS, ([name, key]) => [key as string, name]))
  const config = Object.fromEntries(Array.from(KEYS, ([name, key]) => [key, table[name]]))
  return checkConfig(config, (key) => (rule, part) => {
    const name = [place, names.get(key), part].filter((segment) => segment !== undefined).join('.')
    return new FST_NETLIFY_INVALID_TOML(file, `"${name}": ${rule}`)
  })
}

function merge (less: GivenConfig, more: GivenConfig): GivenConfig {
  const lists = LISTS.map((key) => [key, [...less[key] ?? [], ...more[key] ?? []]] as const)
  return { ...less, ...more, ...Object.fromEntries(lists.filter(([, list]) => list.length > 0)) }
}

/** As Netlify weighs it: the characters that are fixed, and one less if some are not. */
function weight (glob: string): number {
  const stars = glob.split('*').length - 1
  return glob.length - stars - (stars > 0 ? 1 : 0)
}

function isTable (value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
