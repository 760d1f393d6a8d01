import { extname } from 'node:path'
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads'
import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_THREAD_LOST } from '../../errors.ts'
import type { Print } from '../globals.ts'
import { departureOf, type Departure } from './departure.ts'
import { heapLimit } from './heap-guard.ts'
import { Heartbeat } from './heartbeat.ts'
import { Ledger } from './ledger.ts'
import type { Batch, Culprit, FromThread, LogMessage, OutputMessage, ThreadData, ToThread } from './messages.ts'
import { Outbox, unpack } from './outbox.ts'
import { packError, unpackError } from './portable-error.ts'
import { threadEnv, type RegisteredSite } from './site-registry.ts'
import type { Task } from './task.ts'
import { endThread, keepFromLooks, looking } from './thread-ends.ts'
import { outputCost } from './thread-output.ts'

export interface FunctionThreadOptions {
  /** Whose variables it has in `process.env`. */
  readonly site: RegisteredSite
  readonly name: string
  /** Megabytes. */
  readonly memory: number
  readonly log: FastifyBaseLogger
  readonly print: Print
  readonly onUp: () => void
  /** Some of its calls have come to their end. */
  readonly onOver: () => void
  /** It is gone, whoever ended it. */
  readonly onGone: (departure: Departure) => void
}

const MEGABYTE = 1024 * 1024

/** A call that its thread has not begun is in nobody's hands, one that it has begun may have done something. */
export interface LeftTask {
  readonly task: Task
  readonly wasBegun: boolean
}

/** A thread that runs functions, as the main thread sees it. */
export class FunctionThread {
  /** Milliseconds, of `performance.now()`. */
  idleSince: number = performance.now()
  /** It gets no more tasks, and ends when it has none. */
  isRetiring = false
  /** It has started. */
  isUp = false
  /** The bundles that it has loaded, or will. */
  readonly bundles: ReadonlySet<string>
  readonly heartbeat: Heartbeat
  readonly #options: FunctionThreadOptions
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #ledger = new Ledger()
  readonly #outbox: Outbox<ToThread>
  readonly #tasks = new Map<number, Task>()
  /** Those that nobody waits for any more. */
  readonly #expired = new Map<number, Task>()
  readonly #sites = new Set<number>()
  readonly #bundles = new Set<string>()
  #isIdle = false
  #departure: Departure | undefined = undefined
  #ending: { by: Culprit, how: string } | undefined = undefined

  constructor (options: FunctionThreadOptions) {
    this.#options = options
    this.bundles = this.#bundles
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#outbox = new Outbox(port1)
    this.heartbeat = new Heartbeat(this.#ledger, (number) => this.#outbox.post({ type: 'ping', number }))
    this.#worker = new Worker(new URL(`thread${extname(import.meta.url)}`, import.meta.url), {
      name: options.name,
      env: threadEnv(options.site),
      workerData: { port: port2, ledger: this.#ledger.buffer, looking } satisfies ThreadData,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: heapLimit(options.memory) }
    })
    keepFromLooks(this.#worker, () => this.#ledger.isLeaving)
    let failure: NodeJS.ErrnoException | undefined
    port1.on('message', (batch: Batch) => this.#receive(batch))
    this.#worker.on('error', (error) => { failure = error as NodeJS.ErrnoException })
    this.#worker.on('exit', (code) => this.#onExit(code, failure))
    this.#setHold()
  }

  get id (): number { return this.#worker.threadId }
  get name (): string { return this.#options.name }
  get memory (): number { return this.#options.memory }

  /** How many tasks somebody waits for. */
  get load (): number { return this.#tasks.size }

  get tasks (): Iterable<Task> { return this.#tasks.values() }

  /** Whether code of tasks that nobody waits for any more may still run. */
  get hasExpired (): boolean { return this.#expired.size > 0 }

  /** Finds the tasks whose time is over. */
  sortOut (): void {
    for (const [call, task] of this.#tasks) {
      if (!task.isExpired) continue
      this.#tasks.delete(call)
      this.#expired.set(call, task)
    }
    this.#setHold()
  }

  /** @returns false when it has too many */
  begin (task: Task): boolean {
    const call = this.#ledger.reserve()
    if (call === undefined) return false
    this.#introduce(task)
    this.#tasks.set(call, task)
    task.begin(call, (message, payload) => this.#outbox.post(message, payload))
    this.#setHold()
    return true
  }

  /** Takes back tasks that it has not begun. */
  takeBack (most: number): Task[] {
    const taken: Task[] = []
    for (const [call, task] of [...this.#tasks].reverse()) {
      if (taken.length >= most) break
      if (!this.#ledger.withdraw(call)) continue
      this.#drop(call, task)
      taken.push(task)
    }
    return taken
  }

  /** Lets go of tasks that run a second time elsewhere; what comes of them here counts no more. */
  abandon (matches: (task: Task) => boolean): Task[] {
    const left = [...this.#tasks].filter(([, task]) => matches(task))
    for (const [call, task] of left) {
      this.#outbox.post({ type: 'abort', call, reason: packError(new FST_NETLIFY_THREAD_LOST(task.functionName, 'another call in it held it')) })
      this.#drop(call, task)
    }
    return left.map(([, task]) => task)
  }

  /** Megabytes that it uses, garbage included; also of a thread that does not answer. `undefined` if Node.js cannot tell. */
  async heapSize (): Promise<number | undefined> {
    // From Node.js 22.16 on.
    const worker = this.#worker as { getHeapStatistics?: () => Promise<{ used_heap_size: number, external_memory: number }> }
    const statistics = await worker.getHeapStatistics?.().catch(() => undefined)
    return statistics && (statistics.used_heap_size + statistics.external_memory) / MEGABYTE
  }

  /** Lets go of the settings of other versions; a call of one that is still begun brings them along again. */
  keepSite (kept: number): void {
    for (const site of this.#sites) {
      if (site === kept) continue
      this.#sites.delete(site)
      this.#outbox.post({ type: 'forget', site })
    }
  }

  collect (): void {
    this.#outbox.post({ type: 'collect' })
  }

  /** Whose code holds the thread, where that can be told without halting it. */
  get holder (): Culprit | undefined {
    const { running } = this.#ledger
    const task = running === undefined ? undefined : this.#find(running)
    return task && { call: running, functionName: task.functionName, requestId: task.requestId }
  }

  get isLoading (): boolean {
    return [...this.#tasks.values()].some(({ type }) => type === 'load')
  }

  /** Code that a call has left behind has its number, which another call may have by now. */
  taskOf ({ call, functionName, requestId }: Culprit): Task | undefined {
    const task = call === undefined ? undefined : this.#find(call)
    return task?.functionName === functionName && task?.requestId === requestId ? task : undefined
  }

  /** Ends it at once; its tasks are in the hands of `onGone`. */
  end (departure: Departure): void {
    if (this.#departure !== undefined) return
    this.#departure = departure
    endThread(this.#worker)
  }

  /** What is left of its tasks when it is gone. */
  leave (): LeftTask[] {
    const left = [...this.#tasks, ...this.#expired].map(([call, task]) => ({ task, wasBegun: !this.#ledger.withdraw(call) }))
    this.#tasks.clear()
    this.#expired.clear()
    return left
  }

  #introduce ({ site, bundle, loadable, type }: Task): void {
    if (!this.#sites.has(site.number)) this.#outbox.post({ type: 'site', site: site.number }, site.settings)
    this.#sites.add(site.number)
    // A function that is loaded anew may have other settings of netlify.toml.
    if (type === 'load' || !this.#bundles.has(bundle)) this.#outbox.post({ type: 'function', bundle }, loadable)
    this.#bundles.add(bundle)
  }

  #find (call: number): Task | undefined {
    return this.#tasks.get(call) ?? this.#expired.get(call)
  }

  #drop (call: number, task: Task): void {
    task.withdraw()
    this.#tasks.delete(call)
    this.#setHold()
  }

  #receive (batch: Batch): void {
    let isSomethingOver = false
    unpack<FromThread>(batch, (message, payload) => {
      if (message.type === 'log') return this.#write(message)
      if (message.type === 'output') return this.#print(message)
      if (message.type === 'up') {
        this.isUp = true
        return this.#options.onUp()
      }
      if (message.type === 'ending') {
        this.#ending = message
        return
      }
      const { call } = message
      this.#find(call)?.receive(message, payload)
      if (message.type !== 'over') return
      this.#tasks.delete(call)
      this.#expired.delete(call)
      this.#ledger.release(call)
      isSomethingOver = true
    })
    if (!isSomethingOver) return
    this.#setHold()
    this.#options.onOver()
  }

  #write ({ call, level, details, error, text }: LogMessage): void {
    const log = (call === undefined ? undefined : this.#find(call)?.log) ?? this.#options.log
    log[level]({ ...details, ...(error && { err: unpackError(error) }) }, text)
  }

  #print (message: OutputMessage): void {
    const { functionName, requestId, job, level, text } = message
    this.#ledger.hear(outputCost(message))
    const { log, print } = this.#options
    const ownLog = this.taskOf(message)?.log ?? (job === undefined ? log : log.child({ jobId: job.id, attempt: job.attempt }))
    print({ functionName, requestId, job, log: ownLog }, level, text)
  }

  /** The process lives on while somebody waits for the thread. */
  #setHold (): void {
    if (this.load > 0) {
      this.#worker.ref()
      this.#port.ref()
      this.#isIdle = false
    } else if (!this.#isIdle) {
      this.#isIdle = true
      this.idleSince = performance.now()
      this.#worker.unref()
      this.#port.unref()
    }
  }

  #onExit (code: number, failure: NodeJS.ErrnoException | undefined): void {
    // What it said last may not have been read yet.
    for (let last; (last = receiveMessageOnPort(this.#port)) !== undefined;) this.#receive(last.message as Batch)
    this.#port.close()
    this.#options.onGone(this.#departure ?? departureOf(code, failure, this.#ending))
  }
}
