import type { FastifyBaseLogger } from 'fastify'

type HostLog = FastifyBaseLogger & { readonly isLevelEnabled?: (level: string) => boolean }

/**
 * Tells whether the host has no logger at all: what Fastify then has in its place does nothing by any of its methods. So do
 * those of pino at the level `silent`, but that has a level.
 */
export function isAbsent (log: FastifyBaseLogger): boolean {
  return log.info === log.error && !('level' in log)
}

/** Tells whether lines at level `info` are written. A logger that does not say so writes them. */
export function writesInfo (log: HostLog): boolean {
  return log.isLevelEnabled?.('info') ?? true
}
