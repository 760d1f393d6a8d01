import { stat } from 'node:fs/promises'
import { FST_NETLIFY_MISSING_PACKAGE } from '../errors.ts'
import { compileRule, type Rule, type ParsedRule } from './redirects/rule.ts'
import { createRedirects, type Redirects } from './redirects/table.ts'

export interface RedirectSources {
  /** Absolute path of `_redirects`. */
  readonly file: string | undefined
  /** Tables as in `[[redirects]]` of netlify.toml, which come before those of the file. */
  readonly first: readonly unknown[]
  /** The same, after those of the file. */
  readonly toml: readonly unknown[]
  /** Told of each rule that is left out, and why. */
  readonly warn: (message: string) => void
}

const PARSER = '@netlify/redirect-parser'

/**
 * Reads the redirect rules of a site and compiles them. As on Netlify, a rule that cannot be read is left out.
 *
 * @returns `undefined` for a site without rules, which does not need the parser
 * @throws FST_NETLIFY_MISSING_PACKAGE
 */
export async function readRedirects ({ file, first, toml, warn }: RedirectSources): Promise<Redirects | undefined> {
  const hasFile = file !== undefined && (await stat(file).catch(() => undefined))?.isFile() === true
  if (!hasFile && first.length === 0 && toml.length === 0) return undefined
  const { parseAllRedirects } = await loadParser()
  const rules = [...await parse([], first), ...await parse(hasFile ? [file] : [], toml)]
  return rules.length === 0 ? undefined : createRedirects(rules)

  async function parse (redirectsFiles: string[], tables: readonly unknown[]): Promise<Rule[]> {
    // The parser types tables as text.
    const configRedirects = tables.flatMap((table) => plainTable(table, warn)) as unknown as string[]
    const { redirects, errors } = await parseAllRedirects({ redirectsFiles, configRedirects, minimal: false })
    for (const error of errors as Error[]) warn(error.message)
    return (redirects as ParsedRule[]).flatMap((parsed) => {
      const rule = compileRule(parsed)
      if (typeof rule !== 'string') return rule
      warn(`${describe(parsed)}: ${rule}`)
      return []
    })
  }
}

/** As JSON, which is what the parser can compare and show. */
function plainTable (table: unknown, warn: RedirectSources['warn']): unknown[] {
  try {
    return [JSON.parse(JSON.stringify(table))]
  } catch (error) {
    warn(`[[redirects]] of netlify.toml: ${(error as Error).message}`)
    return []
  }
}

function describe ({ from, to, status }: ParsedRule): string {
  return `the rule from ${JSON.stringify(from)} to ${JSON.stringify(to)}${status === undefined ? '' : ` with status ${String(status)}`}`
}

async function loadParser (): Promise<typeof import('@netlify/redirect-parser')> {
  try {
    return await import('@netlify/redirect-parser')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new FST_NETLIFY_MISSING_PACKAGE('redirects', PARSER, PARSER, { cause: error })
  }
}
