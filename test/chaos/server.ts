import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { JobCounts, NetlifyFunctionsOptions } from '../../lib/index.ts'

/** Bytes, after garbage collections. */
export interface Memory {
  /** Heap and buffers of the main thread. */
  readonly own: number
  readonly rss: number
}

interface Answer {
  readonly id: number
  readonly result: unknown
  readonly failure?: string
}

/** A server that has to live through whatever is done to it. */
export class ChaosServer {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #count = 0
  /** How it ended, if it has. */
  end: string | undefined

  private constructor (options: NetlifyFunctionsOptions) {
    this.#child = fork(join(import.meta.dirname, 'process.js'), {
      execArgv: ['--expose-gc'],
      env: { PATH: process.env.PATH, SITE_OPTIONS: JSON.stringify(options) }
    })
    this.#child.on('message', ({ id, result, failure }: Answer) => {
      if (failure === undefined) this.#waiting.get(id)?.resolve(result)
      else this.#waiting.get(id)?.reject(new Error(failure))
      this.#waiting.delete(id)
    })
    this.#child.once('exit', (code, signal) => {
      this.end = `code ${code}, signal ${signal}`
      for (const { reject } of this.#waiting.values()) reject(new Error(`the server has ended: ${this.end}`))
    })
  }

  /** Gives the server and its origin once it listens. */
  static async start (t: { teardown (tidy: () => unknown): void }, options: NetlifyFunctionsOptions): Promise<[server: ChaosServer, origin: string]> {
    const server = new ChaosServer(options)
    t.teardown(() => server.#child.kill('SIGKILL'))
    return [server, await server.#answer(0) as string]
  }

  async reload (): Promise<void> {
    await this.#ask('reload')
  }

  async jobs (): Promise<JobCounts> {
    return await this.#ask('jobs') as JobCounts
  }

  /** Those of the system, so that the ones of Node.js are among them. */
  async threads (): Promise<number> {
    return await this.#ask('threads') as number
  }

  async memory (): Promise<Memory> {
    return await this.#ask('memory') as Memory
  }

  /** Ends it as a process manager does, and gives its exit code. */
  async stop (): Promise<number | null> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [code] = await exited as [number | null]
    return code
  }

  async #ask (order: string): Promise<unknown> {
    if (this.end !== undefined) throw new Error(`the server has ended: ${this.end}`)
    const id = ++this.#count
    const answer = this.#answer(id)
    this.#child.send({ id, order })
    return await answer
  }

  async #answer (id: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    return await waiting.promise
  }
}
