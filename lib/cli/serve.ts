import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import type { NetlifyFunctionsOptions } from '../index.ts'
import { explain, failure, usage } from './failure.ts'
import { createLogger } from './log.ts'
import { type SiteFlags, toPluginOptions } from './options.ts'
import { showProgress } from './progress.ts'
import { openQueue } from './queue.ts'
import { withoutRequestLines } from './request-log.ts'
import { drawFunctions } from './routes.ts'
import { createSiteApp, failedOf, findSite, nothingToServe } from './site.ts'
import { plural } from './text.ts'
import type { Terminal } from './terminal.ts'

export interface ServeFlags extends SiteFlags {
  readonly port: number
  readonly host: string
  readonly watch?: boolean
  readonly prefix?: string
  readonly queue?: string
  readonly schedule: boolean
  readonly forms?: boolean
  readonly devServer?: string
  readonly trustProxy?: string | true
  readonly trustPlatformHeaders?: boolean
  readonly dashboard?: string | true
  readonly dashboardAuth?: string
  readonly metrics?: string | true
  readonly health?: string | true
  readonly drain?: number
  readonly logFile?: string
  readonly json?: boolean
  readonly pretty?: boolean
}

/** Lines of the table of functions that is shown at the start. */
const MOST_FUNCTIONS = 50
/** What the plugin gives to running jobs, and as much as its other parts take to close. */
const PATIENCE = 40_000
const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 }
const DASHBOARD = '/.netlify/dashboard'

/** Serves a site until a signal ends it. */
export async function serve (directory: string | undefined, flags: ServeFlags, terminal: Terminal): Promise<void> {
  const root = findSite(directory)
  const options = await toOptions(root, flags)
  const isPretty = flags.pretty ?? (!flags.json && terminal.isInteractive)
  const progress = showProgress()
  let isBooting = true
  const logger = createLogger({
    level: flags.logLevel ?? 'info', isPretty, isVerbose: flags.verbose ?? false, hidesFailures: () => isBooting, terminal, beforeLine: progress.clear
  })
  // What a proxy has on its way when the server begins to close is served, not refused.
  const app = await createSiteApp(options, { logger, return503OnClosing: false, ...withoutRequestLines(), ...flags.trustProxy !== undefined && { trustProxy: toTrust(flags.trustProxy) } }).finally(progress.clear)
  try {
    const { functions, published } = app.netlifyFunctions
    if (functions.length === 0 && published === undefined && !flags.watch && flags.devServer === undefined) throw nothingToServe(root)
    await listen(app, flags)
  } catch (error) {
    await app.close()
    throw error
  }
  closeOnSignals(app, flags)
  isBooting = false
  if (isPretty) process.stdout.write(banner(app, root, flags, terminal))
  else app.log.info(summary(app, flags), 'the site is served')
}

async function toOptions (root: string, flags: ServeFlags): Promise<NetlifyFunctionsOptions> {
  const { watch, prefix, schedule, forms, devServer, trustPlatformHeaders, metrics, health, logFile } = flags
  const queue = await openQueue(flags.queue)
  return {
    ...toPluginOptions(root, flags, watch),
    schedule,
    ...watch && { watch },
    ...prefix !== undefined && { prefix },
    ...queue && { queue },
    ...forms && { forms },
    ...devServer !== undefined && { devServer },
    ...trustPlatformHeaders && { trustPlatformHeaders },
    ...metrics !== undefined && { metrics: { path: pathOf('metrics', metrics, '/metrics') } },
    ...health !== undefined && { health: { path: pathOf('health', health, '/health') } },
    ...logFile !== undefined && { logs: { file: logFile } },
    ...dashboardOf(flags)
  }
}

function dashboardOf ({ dashboard, dashboardAuth }: ServeFlags): Pick<NetlifyFunctionsOptions, 'dashboard'> {
  if (dashboard === undefined) {
    if (dashboardAuth !== undefined) throw usage('"--dashboard-auth" needs "--dashboard"')
    return {}
  }
  const path = pathOf('dashboard', dashboard, DASHBOARD)
  const credentials = dashboardAuth ?? process.env.NETLIFY_DASHBOARD_AUTH
  if (credentials === undefined) return { dashboard: { path } }
  const [, username, password] = /^([^:]+):(.+)$/s.exec(credentials) ?? []
  if (username === undefined || password === undefined) throw usage('"--dashboard-auth", or the variable NETLIFY_DASHBOARD_AUTH, must be user:password')
  return { dashboard: { path, auth: { username, password } } }
}

/** A directory after such an option would be taken for its value. */
function pathOf (option: string, given: string | true, path: string): string {
  if (given === true) return path
  if (!given.startsWith('/')) throw usage(`"--${option}" takes a path that starts with "/"; name the site's directory before it`)
  return given
}

/** Fastify trusts no number of hops: whoever connects past the proxy could claim as many. */
function toTrust (given: string | true): string | true {
  if (given !== true && /^\d+$/.test(given)) throw usage('"--trust-proxy" takes addresses of proxies, such as 127.0.0.1 or 10.0.0.0/8, and no number of hops')
  return given
}

async function listen (app: FastifyInstance, { port, host }: ServeFlags): Promise<void> {
  try {
    await app.listen({ port, host })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw failure(`port ${port} of ${host} is taken; give another one by --port, or 0 for any that is free`, error)
    if (code === 'EACCES') throw failure(`port ${port} may not be used by this user; give one from 1024 on by --port`, error)
    if (code === 'FST_NETLIFY_DASHBOARD_NEEDS_AUTH') throw failure(`others can reach the dashboard at ${host}; say who may see it by the variable NETLIFY_DASHBOARD_AUTH or by --dashboard-auth, or leave --host out`, error)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') throw failure(`${host} is no address of this machine; give another one by --host`, error)
    throw error
  }
}

/** 0 when all has ended well; a second signal does not wait for that. */
function closeOnSignals (app: FastifyInstance, { drain = 0 }: ServeFlags): void {
  closeWithGrace({
    delay: PATIENCE + drain * 1000,
    skip: ['SIGHUP'],
    logger: false,
    onSecondSignal: (signal) => { process.exit(SIGNAL_CODES[signal] ?? 1) },
    onTimeout: () => { app.log.error('the server did not close in time') }
  }, async ({ err, signal }) => {
    if (err) app.log.error({ err }, `the server closes because of an error: ${explain(err, false)}`)
    if (signal === 'SIGTERM' && drain > 0) await app.netlifyFunctions.drain(drain * 1000)
    await app.close()
  })
  // Whether it has been served is in the log.
  process.on('SIGHUP', () => { app.netlifyFunctions.reload().catch(() => {}) })
}

function banner (app: FastifyInstance, root: string, flags: ServeFlags, terminal: Terminal): string {
  const { functions, published } = app.netlifyFunctions
  const { paint } = terminal
  const { urls, dashboard, queue } = summary(app, flags)
  const lines: Array<[string, string | undefined]> = [
    ['Site', root],
    ['URL', urls.map((url) => paint('cyan', url)).join('  ')],
    ['Files', published ?? 'none'],
    ['Queue', queue],
    ['Dashboard', dashboard && paint('cyan', dashboard)],
    ['Watching', flags.watch ? 'files are built again when they change' : undefined]
  ]
  const facts = lines.map(([name, text]) => text === undefined ? '' : `${paint('bold', name.padEnd(10))} ${text}\n`).join('')
  const failed = failedOf(functions).length
  const count = `${plural(functions.length, 'function')}${failed > 0 ? `, of which ${failed} cannot run` : ''}`
  return `\n${drawFunctions(functions, terminal, MOST_FUNCTIONS)}${count}\n\n${facts}${paint('dim', 'Ctrl-C ends it')}\n\n`
}

interface Summary {
  readonly urls: readonly string[]
  readonly functions: number
  readonly failed: readonly string[]
  readonly published: string | undefined
  readonly queue: string
  readonly dashboard: string | undefined
}

function summary (app: FastifyInstance, flags: ServeFlags): Summary {
  const { functions, published } = app.netlifyFunctions
  const prefix = flags.prefix?.replace(/\/+$/, '') ?? ''
  const urls = urlsOf(app, flags.host).map((url) => url + prefix)
  return {
    urls,
    functions: functions.length,
    failed: failedOf(functions).map(({ name }) => name),
    published,
    queue: queueName(flags.queue),
    dashboard: flags.dashboard === undefined ? undefined : `${urls[0]}${flags.dashboard === true ? DASHBOARD : flags.dashboard}`
  }
}

/** The name that was asked for is shorter than the addresses it has. */
function urlsOf (app: FastifyInstance, host: string): string[] {
  const addresses = app.addresses() as AddressInfo[]
  if (host === 'localhost') return [`http://localhost:${addresses[0]?.port}`]
  return addresses.map(({ address, port, family }) => `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`)
}

/** Its URL may hold a password. */
function queueName (given = 'sqlite'): string {
  return given.includes('://') ? given.slice(0, given.indexOf(':')) : given
}
