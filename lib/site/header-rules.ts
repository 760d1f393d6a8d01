import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FST_NETLIFY_MISSING_PACKAGE } from '../errors.ts'
import { compileHeaderRule, type ParsedHeaderRule } from './header-rules/rule.ts'
import { createHeaderRules, type HeaderRules } from './header-rules/table.ts'

export interface HeaderSources {
  /** Absolute; its `_headers` is read. */
  readonly publishDirectory: string
  /** Tables as in `[[headers]]` of netlify.toml, which come after the rules of the file. */
  readonly tomlHeaders: readonly unknown[]
  /** Told of each rule or header that is left out, and why. */
  readonly warn: (message: string) => void
}

const PARSER = '@netlify/headers-parser'
const FILE = '_headers'

/**
 * Reads the header rules of a site and compiles them. As on Netlify, what cannot be read is left out.
 *
 * @returns `undefined` for a site without rules, which does not need the parser
 * @throws FST_NETLIFY_MISSING_PACKAGE
 */
export async function readHeaderRules ({ publishDirectory, tomlHeaders, warn }: HeaderSources): Promise<HeaderRules | undefined> {
  const file = join(publishDirectory, FILE)
  const hasFile = (await stat(file).catch(() => undefined))?.isFile() === true
  if (!hasFile && tomlHeaders.length === 0) return undefined
  const { parseAllHeaders } = await loadParser()
  const { headers, errors } = await parseAllHeaders({
    headersFiles: hasFile ? [file] : [],
    // Anything can stand in a table; the parser looks.
    configHeaders: tomlHeaders as ParsedHeaderRule[],
    minimal: true
  })
  for (const error of errors) warn(error.message)
  const rules = (headers as readonly ParsedHeaderRule[]).map((parsed) => compileHeaderRule(parsed, warn))
  if (rules.some(({ logins }) => logins !== undefined)) warn('"Basic-Auth" protects static files, and no functions')
  return rules.length === 0 ? undefined : createHeaderRules(rules)
}

async function loadParser (): Promise<typeof import('@netlify/headers-parser')> {
  try {
    return await import('@netlify/headers-parser')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new FST_NETLIFY_MISSING_PACKAGE('headers', PARSER, PARSER, { cause: error })
  }
}
