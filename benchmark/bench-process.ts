import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { benchmark } from './directory.ts'

/** A process of the benchmark, which answers each message with one. */
export interface BenchProcess<Message, Reply> {
  ask (message: Message): Promise<Reply>
  stop (): Promise<void>
}

export interface ProcessOptions {
  /** Name of the compiled script. */
  readonly script: string
  readonly args?: readonly string[]
  /** Options of Node.js. */
  readonly nodeOptions?: readonly string[]
  /** The only core it may run on; `undefined` leaves it to the system. */
  readonly core?: number | undefined
}

/** Milliseconds: a thousand functions are bundled on one core before the first message. */
const REPLY_TIMEOUT = 5 * 60_000

/** The cores of the servers and of the load generator, where processes can be tied to one. */
export const cores: { readonly servers: number, readonly load: number } | undefined =
  availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0 ? { servers: 0, load: 1 } : undefined

/** Starts a process and gives its first message too. It ends when it is stopped, and when this process ends. */
export async function startProcess<Message, Reply, First> ({ script, args = [], nodeOptions = [], core }: ProcessOptions): Promise<[BenchProcess<Message, Reply>, First]> {
  const command = [process.execPath, ...nodeOptions, fileURLToPath(new URL(`dist/${script}.js`, benchmark)), ...args]
  const [file = '', ...rest] = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  // The system's variables only: NODE_OPTIONS of the caller would be measured too.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production' }
  const child = spawn(file, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env })
  const ended = new AbortController()
  child.once('exit', (code) => ended.abort(new Error(`${script} ${args.join(' ')} ended with code ${code}`)))

  async function receive (): Promise<unknown> {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(REPLY_TIMEOUT)])
    try {
      const [message] = await once(child, 'message', { signal }) as [unknown]
      return message
    } catch {
      if (!ended.signal.aborted) child.kill('SIGKILL')
      throw signal.reason
    }
  }

  const first = await receive() as First
  return [{
    async ask (message) {
      const reply = receive()
      child.send(message as object)
      return await reply as Reply
    },
    async stop () {
      if (ended.signal.aborted) return
      child.disconnect()
      await once(child, 'exit')
    }
  }, first]
}
