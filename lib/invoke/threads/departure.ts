import type { Culprit } from './messages.ts'

/** How a thread has come to its end, as far as it is known. */
export interface Departure {
  readonly reason: 'asked' | 'memory' | 'exit' | 'held'
  readonly how: string
  /** Whose code it was. */
  readonly by: Culprit | undefined
}

/** @param ending what the thread has said about it */
export function departureOf (code: number, failure: NodeJS.ErrnoException | undefined, ending: { by: Culprit, how: string } | undefined): Departure {
  if (ending !== undefined) return { reason: 'exit', ...ending }
  if (failure?.code === 'ERR_WORKER_OUT_OF_MEMORY') return { reason: 'memory', how: 'it used up the memory of its thread', by: undefined }
  return { reason: 'exit', how: failure === undefined ? `its thread ended with exit code ${code}` : `its thread failed: ${failure.message}`, by: undefined }
}
