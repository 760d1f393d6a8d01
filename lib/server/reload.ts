import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_RELOAD_FAILED } from '../errors.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import type { SiteVersion } from './site-version.ts'

/** What became of a new version of a site. */
export interface BuildEvent {
  readonly outcome: 'served' | 'refused'
  /** The functions that were bundled anew. */
  readonly bundled: readonly string[]
  /** The functions of the new version that cannot run. */
  readonly failed: ReadonlyArray<{ readonly function: string, readonly file: string, readonly error: Error }>
  /** Why the new version was refused. */
  readonly error: Error | undefined
  /** Milliseconds that it took. */
  readonly duration: number
}

/** A version of a site that is ready, and not served yet. */
export interface Candidate {
  readonly functions: ReadonlyArray<Pick<FunctionDefinition, 'name' | 'file' | 'state'>>
  /** Runs a function of it as `app.netlifyFunctions.invoke()` does. */
  invoke (name: string, request?: Request): Promise<Response>
}

export interface ReloadOptions {
  /**
   * Looks at the new version before it is served; a rejection refuses it.
   * @default none, beyond that no function may fail to build or load which the old version runs
   */
  readonly check?: (candidate: Candidate) => unknown
}

export type Reload = (options?: ReloadOptions) => Promise<void>

/** A version that was made beside the one that is served. */
export interface Prepared {
  readonly version: SiteVersion
  readonly bundled: readonly string[]
  /** Puts it in the place of the one that is served. */
  swap (): void
  /** Takes back what was changed for it. */
  discard (): void
}

export interface ReloaderOptions {
  readonly current: () => SiteVersion
  /** Makes a version from what lies on the disk. */
  readonly prepare: () => Promise<Prepared>
  readonly candidate: (version: SiteVersion) => Candidate
  readonly log: FastifyBaseLogger
  readonly onBuild: (event: BuildEvent) => void
}

/** Makes new versions of a site, one at a time. */
export interface Reloader {
  readonly reload: Reload
  /** As `reload`, but serves a version some of whose functions fail; never rejects. For work on the site. */
  refresh (): Promise<void>
  /** Ends when the reload that is at work has; there are no others from here on. */
  close (): Promise<void>
}

export function createReloader (options: ReloaderOptions): Reloader {
  const { current, prepare, candidate, log, onBuild } = options
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false
  /** Ends the wait for a check, which may never end. */
  let stopWaiting: (error: Error) => void = () => {}

  return {
    reload: async (given = {}) => await inTurn(async () => await make(refuseFailures, given)),
    async refresh () {
      await inTurn(async () => await make(() => {}, {})).catch(() => {})
    },
    async close () {
      isClosed = true
      stopWaiting(shuttingDown())
      await last
    }
  }

  async function inTurn (work: () => Promise<void>): Promise<void> {
    const turn = last.then(async () => {
      if (isClosed) throw shuttingDown()
      await work()
    })
    last = turn.catch(() => {})
    await turn
  }

  async function make (examine: (version: SiteVersion) => void, { check }: ReloadOptions): Promise<void> {
    const begun = performance.now()
    let prepared: Prepared | undefined
    try {
      prepared = await prepare()
      examine(prepared.version)
      if (check !== undefined) await pass(check, prepared.version)
      prepared.swap()
    } catch (error) {
      prepared?.discard()
      const failure = error instanceof FST_NETLIFY_RELOAD_FAILED ? error : new FST_NETLIFY_RELOAD_FAILED((error as Error | undefined)?.message ?? String(error), { cause: error })
      report('refused', begun, prepared, failure)
      throw failure
    }
    report('served', begun, prepared, undefined)
  }

  async function pass (check: NonNullable<ReloadOptions['check']>, version: SiteVersion): Promise<void> {
    if (isClosed) throw shuttingDown()
    const { promise, reject } = Promise.withResolvers<never>()
    stopWaiting = reject
    try {
      await Promise.race([check(candidate(version)), promise])
    } finally {
      stopWaiting = () => {}
    }
  }

  function refuseFailures ({ functions }: SiteVersion): void {
    const served = current().functions
    const worse = failuresOf(functions).filter(({ name }) => served.get(name)?.state === 'ready')
    const [first] = worse
    if (first === undefined) return
    const others = worse.length > 1 ? ` (and ${worse.length - 1} other functions)` : ''
    throw new FST_NETLIFY_RELOAD_FAILED(`${first.error.message}${others}`, { cause: worse.length > 1 ? new AggregateError(worse.map(({ error }) => error)) : first.error })
  }

  function report (outcome: BuildEvent['outcome'], begun: number, prepared: Prepared | undefined, error: Error | undefined): void {
    const duration = Math.round(performance.now() - begun)
    const failed = failuresOf(prepared?.version.functions ?? new Map()).map(({ name, file, error }) => ({ function: name, file, error }))
    const bundled = prepared?.bundled ?? []
    if (error === undefined) log.info({ bundled, duration, failed: failed.map((failure) => failure.function) }, 'a new version of the site is served')
    else log.error({ err: error, duration }, 'the new version of the site is not served, the old one is')
    try {
      onBuild({ outcome, bundled, failed, error, duration })
    } catch (thrown) {
      log.error({ err: thrown }, 'listener of the event "build" threw')
    }
  }
}

function shuttingDown (): Error {
  return new FST_NETLIFY_RELOAD_FAILED('the server is shutting down')
}

function failuresOf (functions: ReadonlyMap<string, FunctionDefinition>): Array<Extract<FunctionDefinition, { state: 'failed' }>> {
  return [...functions.values()].filter((definition) => definition.state === 'failed')
}
