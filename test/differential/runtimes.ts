import { fork } from 'node:child_process'
import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { deserialize } from 'node:v8'
import Fastify from 'fastify'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createSite, listen, type SiteFiles } from '../helper.ts'
import { closeConnections, send, type Call, type Outcome } from './exchange.ts'
import { account, deploy, env, geo, region, site } from './platform.ts'

/** The same site in Netlify's production bootstrap and in this plugin. */
export interface Runtimes {
  /** What the bootstrap makes of a call. */
  oracle (call: Call): Promise<Outcome>
  /** What a client of this plugin gets. */
  ours (call: Call): Promise<Outcome>
}

interface Test {
  teardown (tidy: () => unknown): void
}

const NODE_MODULES = join(import.meta.dirname, '../../node_modules')
const FUNCTIONS = 'netlify/functions'

/** Starts both on files named by what follows `netlify/functions/`. */
export async function startRuntimes (t: Test, files: SiteFiles, options: NetlifyFunctionsOptions = {}): Promise<Runtimes> {
  const root = await createSite(t, Object.fromEntries(Object.entries(files).map(([name, content]) => [`${FUNCTIONS}/${name}`, content])))
  await symlink(NODE_MODULES, join(root, 'node_modules'))
  const [oracle, ours] = await Promise.all([startOracle(t, join(root, FUNCTIONS)), startPlugin(t, root, options)])
  t.teardown(closeConnections)
  return {
    async oracle (call) {
      const headers: Array<[string, string]> = [['x-oracle-function', call.twin ?? call.function]]
      if (call.route !== undefined) headers.push(['x-oracle-route', call.route])
      // The answer is in a body, which a HEAD has not.
      if (call.method === 'HEAD') headers.push(['x-oracle-method', 'HEAD'])
      const { body } = await send(oracle, call.method === 'HEAD' ? { ...call, method: 'GET' } : call, headers)
      const outcome = deserialize(body) as Outcome
      return { ...outcome, body: Buffer.from(outcome.body) }
    },
    ours: async (call) => await send(ours, call)
  }
}

async function startOracle (t: Test, directory: string): Promise<string> {
  const child = fork(join(import.meta.dirname, `oracle-process${extname(import.meta.filename)}`), [directory], {
    env: { ...env, SITE_ID: site.id, SITE_NAME: site.name, URL: site.url, AWS_REGION: region },
    execArgv: [],
    // Functions write to the console, and so does the bootstrap.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc']
  })
  t.teardown(async () => {
    if (child.exitCode !== null) return
    child.kill()
    await once(child, 'exit')
  })
  const [port] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => { throw new Error(`the oracle did not start; its process ended with ${code}`) })])
  return `http://127.0.0.1:${port}`
}

async function startPlugin (t: Test, root: string, options: NetlifyFunctionsOptions): Promise<string> {
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, site, deploy, account, env: { ...env, AWS_REGION: region }, geo: () => geo, exposeErrors: true, ...options })
  return await listen(app)
}
