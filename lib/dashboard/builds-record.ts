import type { BuildEvent } from '../server/reload.ts'
import type { NetlifyFunctions } from '../server/handle.ts'

/** A build that is over, without what it would keep alive. */
export interface BuildRecord {
  readonly at: Date
  readonly outcome: BuildEvent['outcome']
  /** Milliseconds. */
  readonly duration: number
  readonly bundled: readonly string[]
  /** Names of functions that cannot run. */
  readonly failed: readonly string[]
  /** Why it was refused. */
  readonly reason: string | undefined
}

export interface Builds {
  /** Newest first. */
  readonly records: readonly BuildRecord[]
  /** When the version that is served began to be. */
  readonly servedSince: Date
  /** Why the newest version was refused, until one is served again. */
  readonly refusal: Error | undefined
}

const KEPT = 20
const REASON_LENGTH = 2_000

/** Remembers the last builds of a site, from now on. */
export function recordBuilds (handle: Pick<NetlifyFunctions, 'on'>): Builds {
  const records: BuildRecord[] = []
  let servedSince = new Date()
  let refusal: Error | undefined

  handle.on('build', ({ outcome, duration, bundled, failed, error }) => {
    const at = new Date()
    refusal = error
    if (outcome === 'served') servedSince = at
    records.unshift({ at, outcome, duration, bundled, failed: failed.map(({ function: name }) => name), reason: error?.message.slice(0, REASON_LENGTH) })
    records.length = Math.min(records.length, KEPT)
  })

  return {
    records,
    get servedSince () {
      return servedSince
    },
    get refusal () {
      return refusal
    }
  }
}
