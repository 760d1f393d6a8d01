import { type Command, InvalidArgumentError, Option } from 'commander'
import type { NetlifyFunctionsOptions } from '../index.ts'
import { usage } from './failure.ts'

/** What every command that builds a site takes. */
export interface SiteFlags {
  readonly functions?: string[]
  readonly publish?: string
  readonly config?: string | false
  readonly context?: string
  readonly envFile?: string[]
  readonly isolation?: 'inline' | 'thread'
  readonly timeout?: number
  readonly geo?: 'mock'
  readonly country?: string
  readonly blobs?: string
  readonly logLevel?: string
  readonly verbose?: boolean
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

export function addSiteFlags (command: Command, logLevel?: string): Command {
  const level = new Option('--log-level <level>', `least level that is logged${logLevel === undefined ? ' (default: silent; with --verbose, error)' : ''}`).choices(LEVELS)
  return command
    .option('--functions <dir>', 'directory of functions, relative to the site; may be given several times', gather)
    .option('--publish <dir>', 'directory of static files, relative to the site')
    .option('--config <file>', 'netlify.toml of the site')
    .option('--no-config', 'read no netlify.toml')
    .option('--context <name>', 'deploy context (default: CONTEXT, else dev with --watch, else production)')
    .option('--env-file <file>', 'file of variables; may be given several times (default in the context dev: .env and its kin)', gather)
    .addOption(new Option('--isolation <where>', 'where all functions run (default: background and scheduled ones in threads)').choices(['inline', 'thread']))
    .option('--timeout <seconds>', 'time limit of a request (default: 10)', toPositive)
    .addOption(new Option('--geo <source>', 'what context.geo shows').choices(['mock']))
    .option('--country <code>', 'country of --geo mock, such as DE', toCountry)
    .option('--blobs <dir>', 'keep Netlify Blobs in this directory')
    .addOption(logLevel === undefined ? level : level.default(logLevel))
    .option('--verbose', 'show where in the code an error comes from')
    .option('--no-color', 'no colours (as the variable NO_COLOR)')
}

/** The plugin's options that the flags stand for. */
export function toPluginOptions (root: string, flags: SiteFlags, watches = false): NetlifyFunctionsOptions {
  if (flags.country !== undefined && flags.geo === undefined) throw usage('"--country" needs "--geo mock"')
  const { functions, publish, config, envFile, isolation, timeout, blobs } = flags
  const context = flags.context ?? process.env.CONTEXT ?? (watches ? 'dev' : 'production')
  return {
    root,
    deploy: { context },
    // Who sees a stack trace should be whoever works on the site.
    exposeErrors: context === 'dev',
    ...functions && { functions },
    ...publish !== undefined && { publish },
    ...(typeof config === 'string' || config === false) && { config },
    ...envFile && { envFile },
    ...isolation && { isolation },
    ...timeout !== undefined && { limits: { timeout: timeout * 1000 } },
    ...flags.geo && { geo: flags.country === undefined ? 'mock' : { mock: flags.country } },
    ...blobs !== undefined && { blobs: { directory: blobs } }
  }
}

export function gather (value: string, before: string[] = []): string[] {
  return [...before, value]
}

export function toPort (value: string): number {
  const port = Number(value)
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('It must be a whole number from 0 to 65535.')
  return port
}

export function toPositive (value: string): number {
  const number = Number(value)
  if (!/^\d+(\.\d+)?$/.test(value) || number <= 0) throw new InvalidArgumentError('It must be a number above 0.')
  return number
}

export function toCount (value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number from 0 on.')
  return Number(value)
}

function toCountry (value: string): string {
  if (!/^[a-z]{2}$/i.test(value)) throw new InvalidArgumentError('It must be two letters, such as DE.')
  return value.toUpperCase()
}
