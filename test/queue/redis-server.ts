import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Test {
  teardown (tidy: () => unknown): void
}

/** A database server of the tests' own, which they may kill and start again with its data. */
export interface DatabaseServer {
  readonly url: string
  start (): Promise<void>
  /** SIGKILL: nobody is told. */
  kill (): Promise<void>
}

/** Why the tests with Redis cannot run here, `false` where they can. In CI they have to: the environment says so. */
export function missingRedis (): string | false {
  if (process.env.REQUIRE_REDIS !== undefined) return false
  const { error } = spawnSync('redis-server', ['--version'])
  return error !== undefined && 'redis-server is not installed: apt-get install redis-server, or brew install redis'
}

/** Makes a Redis server on a port of its own, not started yet; every write is on its disk before it is answered. */
export async function createRedisServer (t: Test): Promise<DatabaseServer> {
  const directory = await mkdtemp(join(tmpdir(), 'queue-redis-'))
  const port = await findFreePort()
  let server: ChildProcess | undefined
  t.teardown(async () => {
    await kill()
    await rm(directory, { recursive: true, force: true })
  })

  return { url: `redis://127.0.0.1:${port}`, start, kill }

  async function start (): Promise<void> {
    const files = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(server, 'spawn')
    for await (const chunk of server.stdout ?? []) {
      if (String(chunk).includes('Ready to accept connections')) break
    }
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`)
  }

  async function kill (): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
}

export async function findFreePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
