import { type Command as CommandType, Command, Option } from 'commander'
import { build } from './build.ts'
import { invoke, type InvokeFlags } from './invoke.ts'
import { changeJob, countJobs, listJobs, showJob, STATES, type JobListFlags, type JobsFlags } from './jobs.ts'
import { list, type ListFlags } from './list.ts'
import { addSiteFlags, gather, toCount, toPort, toPositive, type SiteFlags } from './options.ts'
import { serve, type ServeFlags } from './serve.ts'
import type { Terminal } from './terminal.ts'

export interface Program {
  readonly program: CommandType
  /** `undefined` while a server runs. */
  readonly exitCode: () => number | undefined
}

const DIRECTORY = 'folder of the site (default: the working directory)'
const QUEUE = 'memory, sqlite:FILE, redis://… or postgres://…; default: .netlify/background.sqlite below the site'

/** Describes the command and all it takes. */
export function createProgram (terminal: Terminal): Program {
  let code: number | undefined
  const program = new Command('fastify-netlify-functions')
  // Subcommands take these over, so they come first.
  program.exitOverride().enablePositionalOptions().configureHelp({ showGlobalOptions: false }).configureOutput({
    getOutHelpWidth: () => 120,
    getErrHelpWidth: () => 120
  })
  for (const each of [program, program.command('serve', { hidden: true })]) {
    addServeFlags(each).action(async (directory: string | undefined, flags: ServeFlags) => { await serve(directory, flags, terminal) })
  }
  program.description('Serves the Netlify Functions and the static files of a site.')
  program.addHelpText('after', '\n<command> --help shows what a command takes. Exit codes: 0 done, 1 failed, 2 wrong usage.')

  addSiteFlags(program.command('list').description('show the functions of a site').argument('[directory]', DIRECTORY))
    .option('--json', 'as JSON')
    .action(async (directory: string | undefined, flags: ListFlags) => { code = await list(directory, flags, terminal) })
  addSiteFlags(program.command('build').description('build the functions ahead of a start').argument('[directory]', DIRECTORY))
    .action(async (directory: string | undefined, flags: SiteFlags) => { code = await build(directory, flags, terminal) })
  addSiteFlags(program.command('invoke').description('run one function and write what it answers').argument('<name>', 'name of the function'), 'info')
    .option('--directory <dir>', DIRECTORY)
    .option('--body <text>', 'body of the request; @FILE reads a file, - the standard input')
    .option('--method <method>', 'method of the request (default: GET, with a body POST)')
    .option('--header <line>', '"name: value"; may be given several times', gather)
    .option('--path <path>', 'path of the request (default: /.netlify/functions/<name>)')
    .option('--query <text>', 'query of the request, such as a=1&b=2')
    .option('-i, --include', 'write status and headers to the standard error output')
    .action(async (name: string, flags: InvokeFlags) => { code = await invoke(name, flags, terminal) })

  const jobs = program.command('jobs').description('show and change the jobs of a site\'s queue')
  addQueueFlags(jobs.command('list', { isDefault: true }).description('show jobs, newest first'))
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
    .option('--function <name>', 'only those of this function')
    .option('--limit <count>', 'so many at most', toCount, 100)
    .action(async (flags: JobListFlags) => { code = await listJobs(flags, terminal) })
  addQueueFlags(jobs.command('show').description('show all of one job').argument('<id>'))
    .action(async (id: string, flags: JobsFlags) => { code = await showJob(id, flags) })
  for (const change of ['retry', 'cancel'] as const) {
    const what = change === 'retry' ? 'run a failed or cancelled job again' : 'take a waiting job out'
    addQueueFlags(jobs.command(change).description(what).argument('<id>'))
      .action(async (id: string, flags: JobsFlags) => { code = await changeJob(id, change, flags) })
  }
  addQueueFlags(jobs.command('stats').description('count the jobs by state'))
    .action(async (flags: JobsFlags) => { code = await countJobs(flags) })
  return { program, exitCode: () => code }
}

function addServeFlags (command: CommandType): CommandType {
  command.argument('[directory]', DIRECTORY)
    .addOption(new Option('--port <number>', 'port to listen on; 0 is any that is free').default(8888).env('PORT').argParser(toPort))
    .option('--host <address>', 'address to listen on; 0.0.0.0 is reached from other machines', 'localhost')
    .option('--watch', 'build again what a change of a file reaches')
    .option('--prefix <path>', 'URL prefix of the site')
    .option('--queue <url>', `where background calls wait: ${QUEUE}`)
    .option('--no-schedule', 'do not run scheduled functions by the clock')
    .option('--forms', 'hand posted forms to functions')
    .option('--dev-server <url>', 'server of a framework that gets what nothing else serves')
    .option('--dashboard [path]', 'serve the dashboard (path: /.netlify/dashboard)')
    .option('--dashboard-auth <user:password>', 'who may see the dashboard (better: the variable NETLIFY_DASHBOARD_AUTH)')
    .option('--metrics [path]', 'serve metrics for Prometheus (path: /metrics)')
    .option('--health [path]', 'serve <path>/live and <path>/ready (path: /health)')
    .option('--drain <seconds>', 'on SIGTERM, say "not ready" for so long before closing (default: 0)', toPositive)
    .option('--trust-proxy [addresses]', 'believe X-Forwarded-* of whoever connects, or of these addresses, separated by commas')
    .option('--trust-platform-headers', 'believe x-nf-*, x-netlify-* and client-ip of requests')
    .option('--log-file <file>', 'write invocations and what functions print to a rotated file, too')
    .option('--json', 'log JSON (default where the output is no terminal)')
    .addOption(new Option('--pretty', 'log for people (default in a terminal)').conflicts('json'))
  return addSiteFlags(command, 'info')
}

function addQueueFlags (command: CommandType): CommandType {
  return command
    .option('--directory <dir>', DIRECTORY)
    .option('--queue <url>', QUEUE)
    .option('--json', 'as JSON')
    .option('--verbose', 'show where in the code an error comes from')
    .option('--no-color', 'no colours')
}
