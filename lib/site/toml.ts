import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { FST_NETLIFY_INVALID_TOML } from '../errors.ts'
import { readFunctionBlocks, type ConfigOverrides } from './toml-functions.ts'

/** What netlify.toml says about the site; every path absolute. */
export interface SiteToml {
  /** Directory the other paths are relative to; `root` unless `[build] base` says otherwise. */
  readonly base: string
  readonly publish: string | undefined
  readonly functions: string | undefined
  readonly overridesFor: ConfigOverrides
}

/**
 * Reads the keys of netlify.toml that place functions and published files, and those that configure functions. Unknown keys are ignored.
 * See https://docs.netlify.com/build/configure-builds/file-based-configuration/
 *
 * @throws FST_NETLIFY_INVALID_TOML when the file cannot be parsed, or a key that is read has a wrong type.
 */
export async function readToml (file: string, root: string): Promise<SiteToml | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new FST_NETLIFY_INVALID_TOML(file, error.message, { cause: error })
  })
  if (text === undefined) return undefined

  const toml = parseToml(file, text)
  const build = table(file, toml, 'build')
  const functions = table(file, toml, 'functions')
  const base = resolveInside(root, string(file, build, 'build.base') ?? '.')
  const publish = string(file, build, 'build.publish')
  const directory = string(file, functions, 'functions.directory') ?? string(file, build, 'build.functions')
  return {
    base,
    publish: publish === undefined ? undefined : resolveInside(base, publish),
    functions: directory === undefined ? undefined : resolveInside(base, directory),
    overridesFor: readFunctionBlocks(file, functions)
  }
}

function parseToml (file: string, text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new FST_NETLIFY_INVALID_TOML(file, `line ${error.line}, column ${error.column}: ${error.message}`, { cause: error })
  }
}

function table (file: string, parent: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = parent[key] ?? {}
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Date) {
    throw new FST_NETLIFY_INVALID_TOML(file, `"${key}" must be a table`)
  }
  return value as Record<string, unknown>
}

function string (file: string, parent: Record<string, unknown>, path: string): string | undefined {
  const value = parent[path.slice(path.lastIndexOf('.') + 1)]
  if (value === undefined || typeof value === 'string') return value
  throw new FST_NETLIFY_INVALID_TOML(file, `"${path}" must be a string`)
}

/** Netlify reads a leading slash as the directory that paths start from, not as the root of the disk. */
function resolveInside (base: string, path: string): string {
  return resolve(base, path.replace(/^\/+/, '') || '.')
}
