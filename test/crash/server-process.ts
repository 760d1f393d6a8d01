import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import type { JobCounts, NetlifyFunctionsOptions } from '../../lib/index.ts'

/** What a server tells of itself. */
export type Message =
  | { readonly type: 'ready' }
  | { readonly type: 'listening', readonly origin: string }
  | { readonly type: 'stats', readonly stats: JobCounts }
  | { readonly type: 'queued' | 'started' | 'succeeded' | 'failed' | 'retrying', readonly id: string }

export interface QueueChoice {
  readonly subpath: string
  readonly factory: string
  readonly options: object
}

export interface ServerOptions {
  readonly site: NetlifyFunctionsOptions
  readonly queue?: QueueChoice | undefined
  readonly env?: Readonly<Record<string, string>>
}

/** A server that can be killed and started again. It emits each message that its process sends. */
export class ServerProcess extends EventEmitter<{ message: [message: Message] }> {
  readonly #options: ServerOptions
  #child: ChildProcess | undefined
  /** The address while it listens. */
  origin: string | undefined

  constructor (t: { teardown (tidy: () => unknown): void }, options: ServerOptions) {
    super()
    this.#options = options
    t.teardown(() => this.kill())
  }

  async start (): Promise<void> {
    const { site, queue, env } = this.#options
    const child = fork(join(import.meta.dirname, 'server.js'), {
      env: { PATH: process.env.PATH, ...env, SITE_OPTIONS: JSON.stringify(site), ...queue && { QUEUE: JSON.stringify(queue) } },
      execArgv: []
    })
    this.#child = child
    child.on('message', (message: Message) => {
      if (message.type === 'listening') this.origin = message.origin
      this.emit('message', message)
    })
    child.once('exit', () => { this.origin = undefined })
    const exited = once(child, 'exit').then(() => { throw new Error('the server ended while it started') })
    exited.catch(() => {})
    await Promise.race([this.heard('listening'), exited])
  }

  /** Ends the process at once, whatever it does. */
  async kill (): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends it as a process manager does, and gives its exit code. */
  async stop (): Promise<number | null> {
    return await this.#end('SIGTERM')
  }

  async exited (): Promise<void> {
    if (this.#child !== undefined && !hasEnded(this.#child)) await once(this.#child, 'exit')
  }

  async heard (type: Message['type']): Promise<Message> {
    return await new Promise((resolve) => {
      const listener = (message: Message): void => {
        if (message.type !== type) return
        this.off('message', listener)
        resolve(message)
      }
      this.on('message', listener)
    })
  }

  /** Sets the clock of a server that has said that it is ready, and waits for it; then it listens. */
  setClock (clockOffset: number): void {
    this.#child?.send({ clockOffset })
  }

  async stats (): Promise<JobCounts> {
    const answer = this.heard('stats')
    this.#child?.send('stats')
    return (await answer as Message & { type: 'stats' }).stats
  }

  async #end (signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child === undefined) return null
    this.#child.kill(signal)
    await this.exited()
    return this.#child.exitCode
  }
}

function hasEnded ({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
