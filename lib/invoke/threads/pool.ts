import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { moduleKey, type Loadable } from '../../build/load.ts'
import { FST_NETLIFY_HELD_BACK, FST_NETLIFY_THREAD_LOST } from '../../errors.ts'
import type { FunctionKind, ReadyFunction } from '../../functions/definition.ts'
import type { FunctionResponse } from '../../functions/exchange.ts'
import type { Print } from '../globals.ts'
import { CallTask, type CallOptions } from './call-task.ts'
import type { Departure } from './departure.ts'
import type { FunctionThread } from './function-thread.ts'
import { Holdbacks } from './holdbacks.ts'
import { LoadTask } from './load-task.ts'
import { judge, withRetryAfter } from './lost-tasks.ts'
import type { RegisteredSite } from './site-registry.ts'
import type { Task } from './task.ts'
import { ThreadGroup } from './thread-group.ts'
import { Watch } from './watch.ts'

export interface ThreadPoolOptions {
  /** Threads of each group. */
  readonly threads: { readonly min: number, readonly max: number }
  /** Megabytes of a thread whose functions name none in `config.memory`. */
  readonly memory: number
  /** Milliseconds after which a thread that has nothing to do ends, if there are more than `min`. */
  readonly idleTimeout: number
  readonly log: FastifyBaseLogger
  readonly print: Print
  /** A thread has ended that was not asked to. */
  readonly onLost?: (reason: Exclude<Departure['reason'], 'asked'>) => void
}

/** Runs functions in threads, and keeps the process and each other's calls safe from them. */
export interface ThreadPool {
  /** Threads that there are. */
  readonly size: number
  /**
   * Loads a function where it harms nobody and gives what it is; `undefined` for a file that is no function.
   * @throws as `loadFunction`
   */
  load (site: RegisteredSite, loadable: Loadable, kind: FunctionKind): Promise<ReadyFunction | undefined>
  /** @throws FST_NETLIFY_THREAD_ENDED, FST_NETLIFY_THREAD_LOST, FST_NETLIFY_HELD_BACK and what the function's invoker throws */
  run (call: CallOptions): Promise<FunctionResponse>
  /** Has threads come to their end that have loaded anything but these bundles, or have other variables. */
  keep (site: RegisteredSite, bundles: ReadonlySet<string>): void
  /** Waits for what runs, at most `timeout` ms, and ends all threads. Idempotent. */
  close (timeout: number): Promise<void>
}

export function createThreadPool (options: ThreadPoolOptions): ThreadPool {
  const { threads: { min, max }, idleTimeout, log, print } = options
  const groups = new Map<string, ThreadGroup>()
  const holdbacks = new Holdbacks()
  const bundles = new Map<string, string>()
  const underWay = new Set<Promise<unknown>>()
  const watch = new Watch({ groups: () => groups.values(), onStuck })
  let closing: Promise<void> | undefined

  return {
    get size () {
      return [...groups.values()].reduce((size, { all }) => size + all.length, 0)
    },

    async load (site, loadable, kind) {
      const task = new LoadTask(site, loadable, moduleKey(loadable), log)
      begin(task, groupOf(site, kind, loadable.toml.memory))
      return await task.definition
    },

    run (call) {
      const { definition, site } = call
      bundles.set(definition.name, definition.bundle)
      const held = holdbacks.remaining(definition.bundle)
      const running = held === 0 ? runNow(call, groupOf(site, definition.kind, definition.config.memory)) : runHeld(call, held)
      const forget = (): void => { underWay.delete(running) }
      underWay.add(running)
      running.then(forget, forget)
      // Nobody waits for it any more.
      call.invocation.signal.addEventListener('abort', forget, { once: true })
      return running
    },

    keep (site, kept) {
      holdbacks.keep(kept)
      for (const [key, group] of groups) {
        group.retire(key.endsWith(site.envKey) ? kept : undefined)
        for (const thread of group.all) thread.keepSite(site.number)
        if (group.all.length === 0) groups.delete(key)
      }
    },

    close (timeout) {
      closing ??= close(timeout)
      return closing
    }
  }

  function runNow (call: CallOptions, group: ThreadGroup): Promise<FunctionResponse> {
    const task = new CallTask(call)
    begin(task, group)
    return task.response
  }

  /** A job waits until its function may run again, for which its client has no time. */
  async function runHeld (call: CallOptions, held: number): Promise<FunctionResponse> {
    const { definition: { name, kind, bundle, config }, invocation, site } = call
    if (kind === 'request') {
      const seconds = Math.ceil(held / 1000)
      throw withRetryAfter(new FST_NETLIFY_HELD_BACK(name, seconds), seconds)
    }
    for (let left = held; left > 0; left = holdbacks.remaining(bundle)) await pause(left, invocation)
    return await runNow(call, groupOf(site, kind, config.memory))
  }

  function begin (task: Task, group: ThreadGroup): void {
    if (closing !== undefined) return task.fail(new FST_NETLIFY_THREAD_LOST(task.functionName, 'the server is shutting down'))
    if (task.type === 'load') group.load(task)
    else group.run(task)
    watch.start()
  }

  /** Requests do not wait behind jobs, nor anybody behind those who need another size of heap or other variables. */
  function groupOf (site: RegisteredSite, kind: FunctionKind, memory = options.memory): ThreadGroup {
    const name = kind === 'request' ? 'requests' : 'jobs'
    const key = `${name} ${memory} ${site.envKey}`
    let group = groups.get(key)
    if (group === undefined) {
      group = new ThreadGroup({ name: `functions: ${name}`, site, min, max, memory, idleTimeout, log, print, onGone })
      groups.set(key, group)
    }
    return group
  }

  function onStuck (thread: FunctionThread, holder: Departure['by']): void {
    thread.end({ reason: 'held', how: 'it held its thread beyond its time', by: holder })
  }

  function onGone (group: ThreadGroup, thread: FunctionThread, departure: Departure): void {
    // Whose code had the memory is known only if it had not given control back.
    const culprit = departure.by ?? (departure.reason === 'memory' ? thread.holder : undefined)
    const named = culprit && thread.taskOf(culprit)
    const { guilty, again, suspects, failed } = judge(thread.leave(), departure, named)
    if (departure.reason !== 'asked') {
      options.onLost?.(departure.reason)
      report(departure, guilty, thread)
    }
    for (const { task, error } of failed) task.fail(error)
    for (const task of again) begin(retried(task), group)
    for (const task of suspects) group.runAlone(retried(task))
    if (suspects.length > 0) watch.start()
  }

  function retried (task: Task): Task {
    task.withdraw()
    return task
  }

  function report ({ how, by }: Departure, guilty: Task | undefined, { name }: FunctionThread): void {
    const functionName = guilty?.functionName ?? by?.functionName
    const details = { function: functionName, requestId: guilty?.requestId ?? by?.requestId, thread: name, reason: how }
    const bundle = guilty?.bundle ?? (functionName === undefined ? undefined : bundles.get(functionName))
    const pause = bundle === undefined || guilty?.type === 'load' ? 0 : holdbacks.add(bundle)
    const after = pause > 0 ? `; it is held back for ${pause / 1000} s` : ''
    if (functionName === undefined) log.error(details, 'a thread of functions has ended, and it is not known which of its calls ended it')
    else (guilty?.log ?? log).error(details, `function "${functionName}" ended its thread${after}`)
  }

  async function pause (milliseconds: number, invocation: CallOptions['invocation']): Promise<void> {
    await delay(milliseconds, undefined, { signal: invocation.signal }).catch(() => invocation.throwIfAborted())
  }

  async function close (timeout: number): Promise<void> {
    const limit = new AbortController()
    await Promise.race([Promise.allSettled(underWay), delay(timeout, undefined, { signal: limit.signal }).catch(() => {})])
    limit.abort()
    watch.stop()
    for (const group of groups.values()) group.end()
    groups.clear()
  }
}
