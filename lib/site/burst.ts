/** Changes of files that belong together. */
export interface Burst {
  /** @param event what chokidar calls it, or `raw` */
  add (path: string, event: string): void
  /** Waits for the work that is under way; there is no other from here on. */
  close (): Promise<void>
}

/** Milliseconds without a change after which a burst has ended. */
const QUIET = 15
/** What an editor has removed gets this long to come back. */
const GONE = 100
/** A burst that does not end is worked on this often. */
const LONGEST = 250

/**
 * Gathers paths until nothing has come for a moment, and while the last ones are still worked on.
 *
 * @param work must not reject
 */
export function createBurst (work: (paths: ReadonlySet<string>) => Promise<void>): Burst {
  let paths = new Set<string>()
  const born = new Set<string>()
  const gone = new Set<string>()
  let since = 0
  let timer: NodeJS.Timeout | undefined
  let working: Promise<void> | undefined
  let isClosed = false

  return {
    add (path, event) {
      if (isClosed) return
      if (paths.size === 0) since = performance.now()
      paths.add(path)
      if (event === 'add') gone.delete(path) || born.add(path)
      // A draft that came and went in one burst is nobody's file.
      if (event === 'unlink' && !born.has(path)) gone.add(path)
      wait()
    },
    async close () {
      isClosed = true
      clearTimeout(timer)
      await working
    }
  }

  function wait (): void {
    if (working !== undefined || isClosed) return
    clearTimeout(timer)
    const left = LONGEST - (performance.now() - since)
    timer = setTimeout(flush, Math.max(0, Math.min(gone.size > 0 ? GONE : QUIET, left)))
  }

  function flush (): void {
    const changed = paths
    paths = new Set()
    born.clear()
    gone.clear()
    working = work(changed).finally(() => {
      working = undefined
      if (paths.size > 0) wait()
    })
  }
}
