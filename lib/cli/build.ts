import { createLogger } from './log.ts'
import { type SiteFlags, toPluginOptions } from './options.ts'
import { showProgress } from './progress.ts'
import { drawFunctions } from './routes.ts'
import { failedOf, findSite, openSite } from './site.ts'
import { milliseconds, plural } from './text.ts'
import type { Terminal } from './terminal.ts'

const MOST_FAILURES = 50

/** Builds the functions of a site ahead of its start. Gives 1 if one of them cannot run. */
export async function build (directory: string | undefined, flags: SiteFlags, terminal: Terminal): Promise<number> {
  const begun = performance.now()
  const root = findSite(directory)
  const progress = showProgress()
  const logger = createLogger({ level: flags.logLevel ?? (flags.verbose ? 'error' : 'silent'), isPretty: true, isVerbose: true, terminal, beforeLine: progress.clear, output: process.stderr })
  const app = await openSite(toPluginOptions(root, flags), { logger }).finally(progress.stop)
  const { functions } = app.netlifyFunctions
  const failed = failedOf(functions)
  const cached = functions.filter(({ name, state }) => state !== 'failed' && progress.cached.has(name)).length
  const built = functions.length - failed.length - cached
  process.stdout.write(`${plural(functions.length, 'function')} in ${milliseconds(performance.now() - begun)}: ${built} built, ${cached} unchanged, ${failed.length} failed\n`)
  if (failed.length > 0) process.stdout.write(drawFunctions(failed, terminal, MOST_FAILURES))
  await app.close()
  return failed.length > 0 ? 1 : 0
}
