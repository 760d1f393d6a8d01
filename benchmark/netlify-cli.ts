import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { cores } from './bench-process.ts'
import { lastFunction } from './boot/times.ts'
import { sendBurst, type LoadGenerator } from './load-generator.ts'
import { portOf } from './server.ts'

/** What `netlify functions:serve` did. */
export interface NetlifyCliFigures {
  readonly version: string
  readonly requestsPerSecond: number
  /** Milliseconds. */
  readonly boot: number
}

interface NetlifyCliProcess {
  readonly script: string
  readonly root: string
  readonly path: string
  /** The only core it may run on; a boot may use all, as that of the plugin does. */
  readonly core?: number | undefined
}

const REQUESTS = 100
const CONNECTIONS = 10
/** Milliseconds. */
const BOOT_LIMIT = 120_000
const PAUSE = 20

export interface NetlifyCliSites {
  /** Answers {@link lastFunction}. */
  readonly large: string
  /** Has the function `hello`. */
  readonly small: string
}

/** Measures Netlify's own local server, of an installed netlify-cli. */
export async function measureNetlifyCli (directory: string, { large, small }: NetlifyCliSites, load: LoadGenerator): Promise<NetlifyCliFigures> {
  const { version, bin } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as { version: string, bin: Record<string, string> }
  const script = join(directory, bin.netlify ?? '')
  const boot = await served({ script, root: large, path: lastFunction.path }, async (_port, milliseconds) => milliseconds)
  const hello = '/.netlify/functions/hello'
  const requestsPerSecond = await served({ script, root: small, path: hello, core: cores?.servers }, async (port) => {
    const { milliseconds } = await sendBurst(load, { port, method: 'GET', paths: [hello], requests: REQUESTS, connections: CONNECTIONS })
    return REQUESTS / milliseconds * 1000
  })
  return { version, boot, requestsPerSecond }
}

/** Calls `use` once the path is answered, with the milliseconds that took. */
async function served<Result> ({ script, root, path, core }: NetlifyCliProcess, use: (port: number, milliseconds: number) => Promise<Result>): Promise<Result> {
  const port = await freePort()
  const args = [script, 'functions:serve', '--offline', '--port', String(port), '--functions', 'netlify/functions']
  const [file = '', ...rest] = core === undefined ? [process.execPath, ...args] : ['taskset', '-c', String(core), process.execPath, ...args]
  const start = performance.now()
  const child = spawn(file, rest, { cwd: root, stdio: 'ignore', env: { PATH: process.env.PATH, HOME: process.env.HOME, NETLIFY_TELEMETRY_DISABLED: '1', CI: '1' } })
  try {
    await answered(child, `http://127.0.0.1:${port}${path}`, start + BOOT_LIMIT)
    return await use(port, performance.now() - start)
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

async function answered (child: ChildProcess, url: string, deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`netlify functions:serve ended with code ${child.exitCode}`)
    const response = await fetch(url).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.status === 200) return
    await setTimeout(PAUSE)
  }
  throw new Error(`netlify functions:serve does not answer ${url}`)
}

async function freePort (): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  return port
}
