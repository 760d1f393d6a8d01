import { lstat } from 'node:fs/promises'

/** Leaves out the files of a burst that have not changed since the burst before. */
export type EchoFilter = (paths: ReadonlySet<string>) => Promise<ReadonlySet<string>>

/** In larger bursts some files more do not matter. */
const MOST_PATHS = 100
/** Milliseconds; two changes that are closer may have the same time. */
const CLOCK_TICK = 10

/** chokidar tells of a change when the system does, and once more when it has looked; that may be a burst later. */
export function createEchoFilter (): EchoFilter {
  let before = new Map<string, string>()
  let looked = 0

  return async function withoutEchoes (paths) {
    if (paths.size > MOST_PATHS) {
      before = new Map()
      return paths
    }
    const now = Date.now()
    const seen = await Promise.all([...paths].map(async (path) => ({ path, ...await look(path) })))
    const news = seen.filter(({ path, state, changed }) => before.get(path) !== state || changed >= looked - CLOCK_TICK)
    before = new Map(seen.map(({ path, state }) => [path, state]))
    looked = now
    return new Set(news.map(({ path }) => path))
  }
}

async function look (path: string): Promise<{ state: string, changed: number }> {
  try {
    const { ctimeNs, ino, size } = await lstat(path, { bigint: true })
    return { state: `${ctimeNs} ${ino} ${size}`, changed: Number(ctimeNs / 1_000_000n) }
  } catch {
    return { state: 'gone', changed: 0 }
  }
}
