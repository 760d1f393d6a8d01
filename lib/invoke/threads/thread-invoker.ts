import type { Loadable } from '../../build/load.ts'
import { createCallerFinder, type VerifyToken } from '../caller.ts'
import type { Invoker } from '../invoker.ts'
import type { ThreadPool } from './pool.ts'
import type { RegisteredSite } from './site-registry.ts'

export interface ThreadInvokerOptions {
  readonly pool: Pick<ThreadPool, 'run'>
  readonly site: RegisteredSite
  /** What it takes to load each function, by its name. */
  readonly loadables: ReadonlyMap<string, Loadable>
  readonly verifyToken?: VerifyToken | undefined
}

/** Runs functions in threads. The host's verifier stays in this one. */
export function createThreadInvoker ({ pool, site, loadables, verifyToken }: ThreadInvokerOptions): Invoker {
  const findCaller = verifyToken && createCallerFinder(verifyToken, site.settings.identity.site.url)
  return {
    async invoke (definition, request, invocation) {
      const loadable = loadables.get(definition.name)
      if (loadable === undefined) throw new Error(`function "${definition.name}" is not known to threads`)
      const caller = await findCaller?.(definition, request, invocation)
      return await pool.run({ site, loadable, definition, request, invocation, caller })
    }
  }
}
