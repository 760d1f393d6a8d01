import { resolve } from 'node:path'
import { FST_NETLIFY_INVALID_OPTION } from '../errors.ts'
import { hostEnv } from '../invoke/process-env.ts'
import type { NetlifyFunctionsOptions } from '../options.ts'
import { envFilesOf, readEnvFile } from '../site/env-file.ts'
import { DEV_CONTEXT } from '../site/toml-layer.ts'

export type EnvironmentOptions = Pick<NetlifyFunctionsOptions, 'env' | 'envFile' | 'site' | 'deploy'>
type Variables = Readonly<Record<string, string>>

/** Of a deploy that nobody has given another. */
export const DEFAULT_CONTEXT = 'production'

/**
 * Gives the variables that belong to the site.
 *
 * @throws FST_NETLIFY_INVALID_OPTION for a file that is not there or cannot be read
 */
export function environmentOf (root: string, options: EnvironmentOptions): Variables {
  const { id: SITE_ID, name: SITE_NAME, url: URL } = options.site ?? {}
  const site = Object.entries({ SITE_ID, SITE_NAME, URL }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.freeze({ ...unlessOfHost(Object.assign({}, ...envFiles(root, options))), ...Object.fromEntries(site), ...options.env })
}

/** Without what the process has: who starts it has the last word over what lies in a file. */
export function unlessOfHost (variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => hostEnv.get(name) === undefined))
}

function envFiles (root: string, { env, envFile, deploy }: EnvironmentOptions): Variables[] {
  const context = deploy?.context ?? env?.CONTEXT ?? hostEnv.get('CONTEXT') ?? DEFAULT_CONTEXT
  const given = envFile ?? context === DEV_CONTEXT
  if (given === false) return []
  if (given === true) return envFilesOf(root, context).map((file) => readEnvFile(file) ?? {})
  return [given].flat().map((path) => {
    const file = resolve(root, path)
    const variables = readEnvFile(file)
    if (variables === undefined) throw new FST_NETLIFY_INVALID_OPTION('envFile', `names a file that does not exist: ${file}`)
    return variables
  })
}
