import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { differences, type Comparison, type Difference } from './compare.ts'
import type { Call } from './exchange.ts'
import { knownDifferences, type KnownDifference } from './known-differences.ts'
import type { Runtimes } from './runtimes.ts'

/** Runs calls through both runtimes, and keeps count of what was compared and which known differences it met. */
export interface Differential {
  readonly met: ReadonlySet<KnownDifference>
  compared: number
  /** What differs and is not known. */
  unexplained (call: Call): Promise<Difference[]>
}

export function createDifferential ({ oracle, ours }: Runtimes): Differential {
  const met = new Set<KnownDifference>()
  return {
    met,
    compared: 0,
    async unexplained (call) {
      const [expected, actual] = await Promise.all([oracle(call), ours(call)])
      const comparison: Comparison = { call, oracle: expected, ours: actual }
      this.compared++
      return differences(comparison).filter((difference) => {
        const known = knownDifferences.find(({ covers }) => covers(difference, comparison))
        if (known !== undefined) met.add(known)
        return known === undefined
      })
    }
  }
}

/** The paragraphs of docs/compatibility.md that have an id. */
export async function documentedAnchors (): Promise<Set<string>> {
  const text = await readFile(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8')
  return new Set(Array.from(text.matchAll(/<a id="([^"]+)"><\/a>/g), ([, id]) => id!))
}
