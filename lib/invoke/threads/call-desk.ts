import { loadFunction, type Loadable, type LoadedFunction } from '../../build/load.ts'
import type { ReadyFunction } from '../../functions/definition.ts'
import { BLOBS_VARIABLE } from '../../site/blobs.ts'
import { createCallEnv } from '../call-env.ts'
import { createSiteEnv, runInScope, type Print, type RunningCode, type SiteEnv } from '../globals.ts'
import { createInlineInvoker } from '../inline.ts'
import type { Invoker } from '../invoker.ts'
import { processEnv } from '../process-env.ts'
import type { Ledger } from './ledger.ts'
import type { CallMessage, FromThread, Payload, SiteSettings, ToThread, UrgentMessage } from './messages.ts'
import { packError } from './portable-error.ts'
import { ThreadCall } from './thread-call.ts'
import { ThreadInvocation } from './thread-invocation.ts'
import { createThreadLog } from './thread-log.ts'
import { runInTrace } from './thread-trace.ts'

interface Site {
  readonly settings: SiteSettings
  readonly env: SiteEnv
  readonly invokers: Map<LoadedFunction, Invoker>
}

type Post = (message: FromThread, payload?: Payload) => void

/** Does in a thread what the pool asks for. */
export class CallDesk {
  readonly #ledger: Ledger
  readonly #post: Post
  readonly #print: Print
  readonly #sites = new Map<number, Site>()
  readonly #loadables = new Map<string, Loadable>()
  /** What is loaded, by the key of its bundle; what is still being loaded has its promise. */
  readonly #loaded = new Map<string, LoadedFunction | Promise<LoadedFunction | undefined>>()
  readonly #calls = new Map<number, ThreadCall>()

  constructor (ledger: Ledger, post: Post, print: Print) {
    this.#ledger = ledger
    this.#post = post
    this.#print = print
  }

  receive (message: Exclude<ToThread, UrgentMessage>, payload: Payload): void {
    switch (message.type) {
      case 'site': return this.#addSite(message.site, payload as SiteSettings)
      case 'forget': {
        this.#sites.delete(message.site)
        return
      }
      case 'function': {
        this.#loadables.set(message.bundle, payload as Loadable)
        return
      }
      case 'load': {
        this.#load(message.call, message.site, message.bundle)
        return
      }
      case 'call': return this.#begin(message, payload as Uint8Array<ArrayBuffer> | null)
      default: this.#calls.get(message.call)?.receive(message, payload)
    }
  }

  #addSite (number: number, settings: SiteSettings): void {
    this.#sites.set(number, { settings, env: createSiteEnv(settings.env, processEnv), invokers: new Map() })
  }

  #begin (message: CallMessage, body: Uint8Array<ArrayBuffer> | null): void {
    const { call, bundle } = message
    if (!this.#ledger.take(call)) return this.#post({ type: 'over', call })
    const site = this.#sites.get(message.site)!
    const running = new ThreadCall(message, body, this.#loadables.get(bundle)!.source.name, this.#post, () => {
      this.#calls.delete(call)
      this.#post({ type: 'over', call })
    })
    this.#calls.set(call, running)
    const loaded = this.#loaded.get(bundle)
    if (loaded !== undefined && !(loaded instanceof Promise)) this.#run(running, site, loaded, message)
    else this.#runOnceLoaded(running, site, message)
  }

  #run (running: ThreadCall, site: Site, loaded: LoadedFunction, { call, kind, trace }: CallMessage): void {
    const definition: ReadyFunction = loaded.definition.kind === kind ? loaded.definition : { ...loaded.definition, kind }
    this.#ledger.run(call, () => runInTrace(trace, () => running.run(this.#invokerOf(site, loaded), definition)))
  }

  async #runOnceLoaded (running: ThreadCall, site: Site, message: CallMessage): Promise<void> {
    const { call, bundle } = message
    try {
      const loaded = await (this.#loaded.get(bundle) ?? this.#loadModule(call, site, bundle))
      if (loaded === undefined) throw new Error(`${bundle} has no handler any more`)
      this.#run(running, site, loaded, message)
    } catch (error) {
      running.fail(error)
    }
  }

  async #load (call: number, site: number, bundle: string): Promise<void> {
    if (!this.#ledger.take(call)) return this.#post({ type: 'over', call })
    try {
      const loaded = await this.#loadModule(call, this.#sites.get(site)!, bundle)
      this.#post({ type: 'loaded', call }, loaded?.definition ?? null)
    } catch (error) {
      this.#post({ type: 'failed', call, error: packError(error) })
    }
    this.#post({ type: 'over', call })
  }

  #loadModule (call: number, { settings, env }: Site, bundle: string): Promise<LoadedFunction | undefined> {
    const loadable = this.#loadables.get(bundle)!
    const { name: functionName } = loadable.source
    const loadEnv = settings.blobs === undefined ? env : createCallEnv(env, BLOBS_VARIABLE, settings.blobs.context)
    const code: RunningCode & { call: number | undefined } = { functionName, call, log: createThreadLog(() => undefined, this.#post) }
    const loading = this.#ledger.run(call, () => runInScope({ context: null, env: loadEnv, code, print: this.#print }, () => loadFunction(loadable)))
    this.#loaded.set(bundle, loading)
    loading.finally(() => { code.call = undefined }).then((loaded) => {
      if (loaded === undefined) this.#loaded.delete(bundle)
      else this.#loaded.set(bundle, loaded)
    }, () => this.#loaded.delete(bundle))
    return loading
  }

  #invokerOf ({ settings, env, invokers }: Site, loaded: LoadedFunction): Invoker {
    let invoker = invokers.get(loaded)
    if (invoker === undefined) {
      const { name } = loaded.definition
      invoker = createInlineInvoker({
        handlers: new Map([[name, loaded.handler]]),
        eventHandlers: new Map([[name, loaded.eventHandlers]]),
        env,
        identity: settings.identity,
        findCaller: (_definition, _request, invocation) => invocation instanceof ThreadInvocation ? invocation.caller : undefined,
        blobs: settings.blobs,
        maxLambdaBody: settings.maxLambdaBody,
        exposeErrors: settings.exposeErrors,
        print: this.#print
      })
      invokers.set(loaded, invoker)
    }
    return invoker
  }
}
