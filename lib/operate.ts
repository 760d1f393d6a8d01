import type { FastifyInstance } from 'fastify'
import type { ResolvedOptions } from './options/resolve.ts'
import type { NetlifyFunctions } from './server/handle.ts'

export interface OperateParts {
  readonly options: ResolvedOptions
  readonly handle: NetlifyFunctions
}

/** Adds what shows how a site does, and lets somebody see to it. */
export async function operate (_app: FastifyInstance, _parts: OperateParts): Promise<void> {
}
