import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** Reads a file such as `.env`; `undefined` when there is none. A variable without a value is an empty one. */
export function readEnvFile (file: string): Record<string, string> | undefined {
  try {
    return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
