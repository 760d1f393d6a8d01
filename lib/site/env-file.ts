import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'

const BYTE_ORDER_MARK = /^\uFEFF/
/** What `netlify dev` has for the context `dev`. */
const STAGES: ReadonlyMap<string, string> = new Map([['dev', 'development']])
const IS_ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** The `.env` files of a deploy context, in the order of Netlify's command line: the later counts more. */
export function envFilesOf (root: string, context: string): string[] {
  const stage = STAGES.get(context) ?? context
  return ['.env', `.env.${stage}`, '.env.local', `.env.${stage}.local`].map((name) => join(root, name))
}

/**
 * Reads a file such as `.env`; `undefined` when there is none. A variable without a value is an empty one.
 *
 * @throws FST_NETLIFY_INVALID_OPTION when there is one that cannot be read
 */
export function readEnvFile (file: string): Record<string, string> | undefined {
  try {
    return parseEnv(readFileSync(file, 'utf8').replace(BYTE_ORDER_MARK, '')) as Record<string, string>
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (IS_ABSENT.has(code)) return undefined
    throw new FST_NETLIFY_INVALID_OPTION('envFile', `names a file that cannot be read: ${message}`, { cause: error })
  }
}
