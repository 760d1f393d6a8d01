import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A kind of database server that can hold a queue. */
export interface Database {
  /** Why there is none on this machine, and what helps. */
  missing? (): string | undefined
  /** Starts one on a free port of the loopback, with its files in the directory. What it confirms is on its disk. */
  start (directory: string): Promise<RunningDatabase>
}

export interface RunningDatabase {
  readonly url: string
  stop (): Promise<void>
}

/** A port that nobody listens on. */
export async function findFreePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
