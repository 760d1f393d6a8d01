import { checkConfig, type GivenConfig } from '../functions/config.ts'
import { compileGlob } from './glob.ts'
import { isTable, type TomlTable } from './toml-table.ts'

/** Gives what netlify.toml says about a function. */
export type ConfigOverrides = (functionName: string) => GivenConfig

/** What netlify.toml says about the functions with this name, or about those that the glob matches. */
export interface FunctionBlock {
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
 * Reads the keys of `[functions]`, which are for every function, and its blocks for functions by name or glob.
 * Unknown keys are ignored.
 */
export function readFunctionBlocks (functions: TomlTable): FunctionBlock[] {
  const names = Object.keys(functions.values).filter((name) => isTable(functions.values[name]))
  const keys = Object.entries(functions.values).filter(([name]) => !names.includes(name))
  return [
    { name: EVERY_FUNCTION, config: readKeys(functions, Object.fromEntries(keys)) },
    ...names.map((name) => ({ name, config: readKeys(functions.table(name), functions.table(name).values) }))
  ]
}

/**
 * Puts together what blocks say about a function. Of several that match, the one with more fixed characters counts
 * more, then the later one; lists are put together.
 */
export function overridesOf (blocks: readonly FunctionBlock[]): ConfigOverrides {
  const candidates = blocks.toSorted((a, b) => weight(a.name) - weight(b.name)).map((block) => ({ ...block, matches: compileGlob(block.name) }))

  return (functionName) => {
    const matching = candidates.filter(({ matches }) => matches(functionName))
    const { background, ...merged } = matching.map(({ config }) => config).reduce<GivenConfig>(merge, {})
    // Netlify looks for this key under the very name of the function only.
    const own = blocks.findLast(({ name, config }) => name === functionName && config.background !== undefined)?.config.background
    return own === undefined ? merged : { ...merged, background: own }
  }
}

function readKeys (table: TomlTable, values: TomlTable['values']): GivenConfig {
  const names = new Map(Array.from(KEYS, ([name, key]) => [key as string, name]))
  const config = Object.fromEntries(Array.from(KEYS, ([name, key]) => [key, values[name]]))
  return checkConfig(config, (key) => (rule, part) => {
    const name = [names.get(key), part].filter((segment) => segment !== undefined).join('.')
    return table.invalid(name, `: ${rule}`)
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
