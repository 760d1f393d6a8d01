import type { FunctionInfo } from '../index.ts'
import { createLogger } from './log.ts'
import { type SiteFlags, toPluginOptions } from './options.ts'
import { showProgress } from './progress.ts'
import { drawFunctions } from './routes.ts'
import { findSite, openSite } from './site.ts'
import type { Terminal } from './terminal.ts'

export interface ListFlags extends SiteFlags {
  readonly json?: boolean
}

/** Shows the functions of a site. */
export async function list (directory: string | undefined, flags: ListFlags, terminal: Terminal): Promise<number> {
  const root = findSite(directory)
  const progress = showProgress()
  const logger = createLogger({ level: flags.logLevel ?? (flags.verbose ? 'error' : 'silent'), isPretty: true, isVerbose: true, terminal, beforeLine: progress.clear, output: process.stderr })
  const app = await openSite(toPluginOptions(root, flags), { logger }).finally(progress.stop)
  const { functions } = app.netlifyFunctions
  if (flags.json) process.stdout.write(`${JSON.stringify(functions.map(toPlain), null, 2)}\n`)
  else process.stdout.write(functions.length === 0 ? 'There are no functions\n' : drawFunctions(functions, terminal))
  await app.close()
  return 0
}

function toPlain ({ name, kind, state, routes, schedule, events, isolation, file, config, error }: FunctionInfo): unknown {
  return { name, kind, state, routes, methods: config?.method, schedule, events, isolation, file, error: error?.message }
}
