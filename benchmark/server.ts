import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Workload } from './workload.ts'

/** A server that is measured, in a process of its own. */
export interface BenchServer {
  readonly title: string
  /** Listens on the loopback with every workload in place and gives the port. */
  start (workloads: Iterable<Workload>): Promise<number>
}

export async function listen (app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}
