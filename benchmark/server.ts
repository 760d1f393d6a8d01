import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Workload } from './workload.ts'

/** A server that is measured, in a process of its own. */
export interface BenchServer {
  readonly title: string
  /** Listens on the loopback, with every workload in place where it has a router, and gives the port. */
  start (workload: Workload, workloads: Iterable<Workload>): Promise<number>
}

/** Fastify's own; a server that closes idle connections earlier would have to take new ones between its bursts. */
const KEEP_ALIVE_TIMEOUT = 72_000

export async function listen (app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return portOf(app.server)
}

export async function listenWith (server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return keptAlive(server)
}

/** Gives the port of a server that listens, and keeps its connections open. */
export function keptAlive (server: Pick<Server, 'address' | 'keepAliveTimeout'>): number {
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT
  return portOf(server)
}

export function portOf (server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port
}
