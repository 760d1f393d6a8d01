import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Loader } from 'esbuild'
import { FST_NETLIFY_INVALID_CONFIG } from '../errors.ts'
import type { FunctionSource } from '../functions/definition.ts'

const PACKAGE = '@netlify/functions'
const IMPORTED = new RegExp(`import\\s*(?:[\\w$]+\\s*,\\s*)?{([^}]*)}\\s*from\\s*"${PACKAGE}"`)
const REQUIRED = new RegExp(`{([^}]*)}\\s*=\\s*require\\("${PACKAGE}"\\)`)
const TAKEN_OUT = new RegExp(`([\\w$]+)\\s*=\\s*require\\("${PACKAGE}"\\)\\.schedule\\b(?!\\()`)
const WHOLE = new RegExp(`import\\s*(?:\\*\\s*as\\s+)?([\\w$]+)\\s*from\\s*"${PACKAGE}"|([\\w$]+)\\s*=\\s*require\\("${PACKAGE}"\\)(?!\\.)`)
const LITERAL = '"[^"\\n]*"|\'[^\'\\n]*\'|`[^`$\\n]*`'

/**
 * Reads the cron expression of `export const handler = schedule('@daily', …)` from the source of a Lambda-compatible
 * function. The helper of @netlify/functions returns the handler as it is, so the expression is nowhere else.
 *
 * @throws FST_NETLIFY_INVALID_CONFIG when the helper is imported, but its call or the expression cannot be found
 */
export async function readScheduleHelper ({ name, file }: FunctionSource): Promise<string | undefined> {
  const source = await readFile(file, 'utf8')
  if (!source.includes(PACKAGE) || !/\bschedule\b/.test(source)) return undefined
  const code = await toPlainScript(source, file)
  const imported = importedName(code)
  const whole = WHOLE.exec(code)
  const callee = imported ?? (whole && `${whole[1] ?? whole[2]}.schedule`) ?? `require("${PACKAGE}").schedule`
  const call = startingWith(callee, `\\(\\s*(?:(${LITERAL})|([\\w$]+))?`).exec(code)
  if (call === null) {
    if (imported === undefined) return undefined
    throw invalid('The `schedule` helper was imported but we couldn\'t find any usages. If you meant to schedule a function, please check that `schedule` is invoked and `handler` correctly exported.')
  }
  const [, literal, constant] = call
  const expression = literal ?? (constant && startingWith(constant, `\\s*=\\s*(${LITERAL})`).exec(code)?.[1])
  if (expression === undefined) {
    throw invalid('Unable to find cron expression for scheduled function. The cron expression (first argument) for the `schedule` helper needs to be accessible inside the file and cannot be imported.')
  }
  return expression.slice(1, -1)

  function invalid (rule: string): Error {
    return new FST_NETLIFY_INVALID_CONFIG(name, 'schedule', rule)
  }
}

/** Without types and comments, in esbuild's even spelling; imports that nothing uses stay. */
async function toPlainScript (source: string, file: string): Promise<string> {
  const esbuild = await import('esbuild')
  const { code } = await esbuild.transform(source, {
    loader: extname(file).slice(1).replace(/^[cm]/, '') as Loader,
    charset: 'utf8',
    legalComments: 'none',
    minifyWhitespace: true,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } }
  })
  return code
}

/** What the file calls the helper. */
function importedName (code: string): string | undefined {
  const names = (IMPORTED.exec(code) ?? REQUIRED.exec(code))?.[1]
  const found = names === undefined ? null : /(?:^|,)\s*schedule(?:(?:\s+as\s+|\s*:\s*)([\w$]+))?\s*(?:,|$)/.exec(names)
  return found === null ? TAKEN_OUT.exec(code)?.[1] : found[1] ?? 'schedule'
}

function startingWith (name: string, rest: string): RegExp {
  return new RegExp(`(?<![\\w$.])${name.replace(/[$.()]/g, '\\$&')}${rest}`)
}
