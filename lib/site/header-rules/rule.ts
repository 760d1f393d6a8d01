import { validateHeaderName, validateHeaderValue } from 'node:http'
import { compileHeaderRulePath, type HeaderRulePath } from './rule-path.ts'

export type HeaderPair = readonly [name: string, value: string]

/** A rule as the parser gives it. */
export interface ParsedHeaderRule {
  readonly for: string
  readonly values: Readonly<Record<string, string>>
}

export interface HeaderRule {
  readonly path: HeaderRulePath
  /** Names in lower case. */
  readonly headers: readonly HeaderPair[]
  /** Who may see the files, as `user:password`; `undefined` where everybody may. */
  readonly logins: readonly string[] | undefined
}

/** Netlify's list of what rules cannot set, and what HTTP/2 forbids. */
const RESERVED = new Set([
  'accept-ranges', 'age', 'allow', 'alt-svc', 'connection', 'content-encoding', 'content-length', 'content-range', 'date', 'location', 'server', 'trailer',
  'transfer-encoding', 'upgrade', 'http2-settings', 'keep-alive', 'proxy-connection', 'te'
])
/** No header, but a list of those who may see the files. */
const LOGINS = 'basic-auth'
/** Between two cookies. A date has a comma, too, but no name and `=` after it. */
const COOKIE_COMMA = /, (?=[^\s;,="]+=)/

/** Compiles a rule. A header of it that cannot be sent is left out. */
export function compileHeaderRule (parsed: ParsedHeaderRule, warn: (problem: string) => void): HeaderRule {
  const headers: HeaderPair[] = []
  let logins: readonly string[] | undefined
  for (const [name, value] of joinedValues(parsed)) {
    const problem = problemOf(name, value)
    if (name === LOGINS) logins = readLogins(value)
    else if (problem !== undefined) warn(`the rule for ${JSON.stringify(parsed.for)}: ${problem}`)
    else if (name === 'set-cookie') headers.push(...value.split(COOKIE_COMMA).map((cookie): HeaderPair => [name, cookie]))
    else headers.push([name, value])
  }
  return { path: compileHeaderRulePath(parsed.for), headers, logins }
}

/** The parser joins the values of a name that is written in one way. */
function joinedValues ({ values }: ParsedHeaderRule): Map<string, string> {
  const joined = new Map<string, string>()
  for (const [name, value] of Object.entries(values)) {
    const key = name.toLowerCase()
    const before = joined.get(key)
    joined.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  return joined
}

function problemOf (name: string, value: string): string | undefined {
  if (RESERVED.has(name)) return `the header ${JSON.stringify(name)} cannot be set, as the server has to`
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    return `the header ${JSON.stringify(name)} is left out, as its name or value cannot be part of a response`
  }
}

/** A list in which nobody can be found lets nobody in. */
function readLogins (value: string): readonly string[] {
  return value.split(/[\s,]+/).filter((login) => login.includes(':'))
}
