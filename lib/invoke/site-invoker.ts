import { readFile } from 'node:fs/promises'
import type { FastifyBaseLogger } from 'fastify'
import { loadFunction, type Loadable, type LoadedElsewhere, type LoadedFunction } from '../build/load.ts'
import type { FunctionKind } from '../functions/definition.ts'
import { BLOBS_VARIABLE, type Blobs } from '../site/blobs.ts'
import { createCallEnv } from './call-env.ts'
import type { VerifyToken } from './caller.ts'
import { createSiteEnv, runInScope, type Print } from './globals.ts'
import { createInlineInvoker } from './inline.ts'
import type { Invoker } from './invoker.ts'
import { createIsolatingInvoker, type Isolation } from './isolation.ts'
import type { SiteIdentity } from './site-identity.ts'
import type { ThreadPool } from './threads/pool.ts'
import { registerSite } from './threads/site-registry.ts'
import { createThreadInvoker } from './threads/thread-invoker.ts'

export interface SiteInvokerOptions {
  readonly isolation: Isolation
  readonly pool: ThreadPool
  /** The site's own variables. */
  readonly env: Readonly<Record<string, string>>
  readonly identity: SiteIdentity
  readonly blobs: Blobs | undefined
  readonly verifyToken: VerifyToken | undefined
  /** Bytes; for the Lambda form. */
  readonly maxLambdaBody: number
  readonly exposeErrors: boolean
  readonly log: FastifyBaseLogger
  readonly print: Print
}

type Built = LoadedFunction | LoadedElsewhere

/** Loads the functions of one version of a site where they will run, and runs them there. */
export interface SiteInvoker {
  /** @throws as `loadFunction` */
  load (loadable: Loadable): Promise<Built | undefined>
  /** @param functions what `load` has given */
  invokerOf (functions: readonly Built[]): Invoker
  /** The version is served: no thread goes on with anything else. */
  settle (functions: readonly Built[]): void
}

const KINDS: readonly FunctionKind[] = ['request', 'background', 'scheduled']
/** What the text of a module that is no function for requests is likely to have. */
const BACKGROUND = /\bbackground\s*:\s*(?:true|!0)/
const SCHEDULE = /\bschedule\b/

export function createSiteInvoker (options: SiteInvokerOptions): SiteInvoker {
  const { isolation, pool, identity, blobs, verifyToken, maxLambdaBody, exposeErrors, log, print } = options
  const env = createSiteEnv(options.env)
  const loadEnv = blobs === undefined ? env : createCallEnv(env, BLOBS_VARIABLE, blobs.context)
  const site = registerSite({ env: options.env, identity, blobs: blobs && { context: blobs.context, event: blobs.event, headers: blobs.headers }, maxLambdaBody, exposeErrors })

  return {
    async load (loadable) {
      const { source: { name } } = loadable
      const kind = await guessKind(loadable)
      const mode = isolation(name, kind)
      const loaded = mode === 'inline' ? await loadHere(loadable) : await loadElsewhere(loadable, kind)
      if (loaded === undefined) return undefined
      const { definition } = loaded
      if (isolation(name, definition.kind) === mode) return loaded
      return mode === 'inline' ? { definition: { ...definition, isolation: 'thread' }, loadable } : await loadHere(loadable)
    },

    invokerOf (functions) {
      const here = functions.filter((built) => 'handler' in built)
      return createIsolatingInvoker({
        inline: createInlineInvoker({
          handlers: new Map(here.map(({ definition, handler }) => [definition.name, handler])),
          eventHandlers: new Map(here.map(({ definition, eventHandlers }) => [definition.name, eventHandlers])),
          env,
          identity,
          verifyToken,
          blobs,
          maxLambdaBody,
          exposeErrors,
          print
        }),
        thread: createThreadInvoker({ pool, site, verifyToken, loadables: new Map(elsewhere(functions).map(({ definition, loadable }) => [definition.name, loadable])) })
      })
    },

    settle (functions) {
      pool.keep(site, new Set(elsewhere(functions).map(({ definition }) => definition.bundle)))
    }
  }

  async function loadHere (loadable: Loadable): Promise<LoadedFunction | undefined> {
    return await runInScope({ context: null, env: loadEnv, code: { functionName: loadable.source.name, log }, print }, async () => await loadFunction(loadable))
  }

  async function loadElsewhere (loadable: Loadable, kind: FunctionKind): Promise<LoadedElsewhere | undefined> {
    const definition = await pool.load(site, loadable, kind)
    return definition && { definition: { ...definition, isolation: 'thread' }, loadable }
  }

  /**
   * What kind a function is, is known for certain when it is loaded; but code that is meant for threads is better not
   * loaded in this one.
   */
  async function guessKind ({ source: { name }, toml, bundle }: Loadable): Promise<FunctionKind> {
    if (new Set(KINDS.map((kind) => isolation(name, kind))).size === 1) return 'request'
    if (toml.background === true || name.endsWith('-background')) return 'background'
    if (toml.schedule !== undefined) return 'scheduled'
    const text = await readFile(bundle.path, 'utf8').catch(() => '')
    if (BACKGROUND.test(text)) return 'background'
    return SCHEDULE.test(text) ? 'scheduled' : 'request'
  }
}

function elsewhere (functions: readonly Built[]): LoadedElsewhere[] {
  return functions.filter((built) => 'loadable' in built)
}
