import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { findFreePort, type Database, type RunningDatabase } from './database.ts'

const READY = 'Ready to accept connections'

/** The Redis of this machine. */
export const redis: Database = { missing, start }

function missing (): string | undefined {
  const { error } = spawnSync('redis-server', ['--version'])
  return error && 'redis-server is not installed; `apt-get install redis-server` or `brew install redis` helps'
}

async function start (directory: string): Promise<RunningDatabase> {
  const port = await findFreePort()
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
  const server = spawn('redis-server', [...place, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(server, 'exit')
  let output = ''
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false })) {
    output += String(chunk)
    if (output.includes(READY)) break
  }
  if (!output.includes(READY)) throw new Error(`redis-server did not start:\n${output}`)
  // A pipe that nobody reads would fill up and hold it.
  server.stdout.resume()

  return {
    url: `redis://127.0.0.1:${port}`,
    async stop () {
      server.kill()
      await ended
    }
  }
}
