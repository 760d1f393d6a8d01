import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { FST_NETLIFY_INVALID_TOML } from '../errors.ts'
import { locate } from '../functions/problem.ts'
import { readFrameworkConfig, type TomlRules } from './framework-config.ts'
import { overridesOf, type ConfigOverrides } from './toml-functions.ts'
import { DEV_CONTEXT, mergeLayers, readLayers, type DeployPlace } from './toml-layer.ts'
import { openTable, type TomlTable } from './toml-table.ts'

export interface TomlOptions extends DeployPlace {
  readonly root: string
  /** Absolute; `undefined` reads none. */
  readonly file: string | undefined
  /** Whether `file` was named, so that no other takes its place. Its own directory is the root then. */
  readonly explicit: boolean
}

/** What netlify.toml and the build of a framework say about the site; every path absolute. */
export interface SiteToml {
  /** The netlify.toml that counts, if there is one. */
  readonly file: string | undefined
  /** Directory the other paths are relative to; the root unless `[build] base` says otherwise. */
  readonly base: string
  readonly publish: string | undefined
  readonly functions: string | undefined
  readonly overridesFor: ConfigOverrides
  /** Redirect rules as they were written; those of `_redirects` come before them. */
  readonly redirects: TomlRules
  /** Redirect rules of a framework that come before all others. */
  readonly firstRedirects: TomlRules
  /** Header rules as they were written; those of `_headers` come before them. */
  readonly headers: TomlRules
  readonly images: { readonly remoteImages: readonly string[] }
  /** Variables that functions see: in the context `dev` only. */
  readonly environment: Readonly<Record<string, string>>
}

const FILE = 'netlify.toml'
const NO_TABLE = openTable({}, (reason) => new Error(reason))

/**
 * Reads netlify.toml and what the build of a framework adds to it. A netlify.toml in the base directory takes
 * the place of the one that names this directory. Unknown keys are ignored.
 * See https://docs.netlify.com/build/configure-builds/file-based-configuration/
 *
 * @throws FST_NETLIFY_INVALID_TOML, FST_NETLIFY_INVALID_FRAMEWORK_CONFIG
 */
export async function readToml ({ root, file, explicit, ...place }: TomlOptions): Promise<SiteToml> {
  const start = explicit && file !== undefined ? dirname(file) : root
  const first = file === undefined ? undefined : await readTomlFile(file)
  const base = resolveInside(start, readLayers(first ?? NO_TABLE, place).base ?? '.')
  const other = join(base, FILE)
  const second = file === undefined || explicit || base === start ? undefined : await readTomlFile(other)

  const toml = second ?? first ?? NO_TABLE
  const dev = place.context === DEV_CONTEXT ? toml.table('dev') : NO_TABLE
  const framework = await readFrameworkConfig([...new Set([base, root])])
  const own = readLayers(toml, place)
  const layers = framework === undefined ? own : mergeLayers([framework, own])
  const inside = (path: string | undefined): string | undefined => path === undefined ? undefined : resolveInside(base, path)
  return {
    file: second === undefined ? first && file : other,
    base,
    publish: inside(dev.text('publish') ?? layers.publish),
    functions: inside(dev.text('functions') ?? layers.functions),
    overridesFor: overridesOf(layers.blocks),
    redirects: [...toml.tables('redirects'), ...framework?.redirects ?? []],
    firstRedirects: framework?.firstRedirects ?? [],
    headers: [...toml.tables('headers'), ...framework?.headers ?? []],
    images: { remoteImages: [...own.remoteImages ?? [], ...framework?.remoteImages ?? []] },
    environment: place.context === DEV_CONTEXT ? layers.environment : {}
  }
}

async function readTomlFile (file: string): Promise<TomlTable | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new FST_NETLIFY_INVALID_TOML(file, error.message, { cause: error })
  })
  return text === undefined ? undefined : openTable(parseToml(file, text), (reason) => new FST_NETLIFY_INVALID_TOML(file, reason))
}

function parseToml (file: string, text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const { line, column, message } = error
    throw locate(new FST_NETLIFY_INVALID_TOML(file, `line ${line}, column ${column}: ${message}`, { cause: error }), [{ message: message.split('\n', 1)[0] ?? '', file, line, column, length: 0 }])
  }
}

/** Netlify reads a leading slash as the directory that paths start from, not as the root of the disk. */
function resolveInside (base: string, path: string): string {
  return resolve(base, path.replace(/^\/+/, '') || '.')
}
