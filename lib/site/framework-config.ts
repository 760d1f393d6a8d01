import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FST_NETLIFY_INVALID_FRAMEWORK_CONFIG } from '../errors.ts'
import { readLayer, type ConfigLayer } from './toml-layer.ts'
import { isTable, openTable, type TomlTable } from './toml-table.ts'

/** What a framework's build says about the site, which counts less than netlify.toml. */
export interface FrameworkConfig extends ConfigLayer {
  readonly redirects: TomlRules
  /** They come before all that the user wrote. */
  readonly firstRedirects: TomlRules
  readonly headers: TomlRules
}

export type TomlRules = ReturnType<TomlTable['tables']>

/** The present place, and the one of the interface's first version, which Netlify still reads. */
const FILES = ['.netlify/v1/config.json', '.netlify/deploy/v1/config.json']

/**
 * Reads what the build of a framework left in `.netlify/v1/config.json` of the first of some directories
 * that has one. See https://docs.netlify.com/frameworks-api/
 *
 * @throws FST_NETLIFY_INVALID_FRAMEWORK_CONFIG
 */
export async function readFrameworkConfig (directories: readonly string[]): Promise<FrameworkConfig | undefined> {
  for (const file of directories.flatMap((directory) => FILES.map((name) => join(directory, name)))) {
    const config = await readConfig(file)
    if (config === undefined) continue
    return {
      ...readLayer(config),
      // Neither the base nor variables are the framework's to say.
      base: undefined,
      environment: {},
      redirects: config.tables('redirects'),
      firstRedirects: config.tables('redirects!'),
      headers: config.tables('headers')
    }
  }
  return undefined
}

async function readConfig (file: string): Promise<TomlTable | undefined> {
  const fail = (reason: string, cause?: unknown): Error => new FST_NETLIFY_INVALID_FRAMEWORK_CONFIG(file, reason, { cause })
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw fail(error.message, error)
  })
  if (text === undefined) return undefined
  const parsed = parse(text, fail)
  if (!isTable(parsed)) throw fail('it must be an object')
  return openTable(parsed, fail)
}

function parse (text: string, fail: (reason: string, cause: unknown) => Error): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw fail((error as Error).message, error)
  }
}
