import { readFile } from 'node:fs/promises'
import { parse } from 'node:path'
import { FST_NETLIFY_INVALID_CONFIG } from '../errors.ts'
import { checkConfig, type GivenConfig } from '../functions/config.ts'
import type { FunctionSource } from '../functions/definition.ts'

/** What Netlify reads there; the rest of `config` is for the function itself to say. */
const KEYS = ['externalNodeModules', 'generator', 'ignoredNodeModules', 'includedFiles', 'name', 'nodeBundler', 'nodeVersion', 'region', 'schedule', 'timeout']

/** Reads the `config` of the JSON file beside a generated function. Any other JSON file is no business of ours. */
export async function readSidecar (file: string): Promise<Record<string, unknown> | undefined> {
  const { dir, name } = parse(file)
  try {
    const content: unknown = JSON.parse(await readFile(`${dir}/${name}.json`, 'utf8'))
    const { version, config } = Object(content) as { version?: unknown, config?: unknown }
    return version === 1 && typeof config === 'object' && config !== null ? { ...config } : undefined
  } catch {
    return undefined
  }
}

/**
 * Adds to what netlify.toml says about a function what the JSON file beside it says, which counts more.
 *
 * @throws FST_NETLIFY_INVALID_CONFIG naming the function, the key and the rule
 */
export function withSidecar (toml: GivenConfig, { name, sidecar }: FunctionSource): GivenConfig {
  if (sidecar === undefined) return toml
  const known = Object.fromEntries(KEYS.map((key) => [key, sidecar[key]]))
  return { ...toml, ...checkConfig(known, (key) => (rule, part) => new FST_NETLIFY_INVALID_CONFIG(name, part === undefined ? key : `${key}.${part}`, rule)) }
}
