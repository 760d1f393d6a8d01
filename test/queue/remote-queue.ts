import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Claim, NewJob, QueueDriver } from '../../lib/queue/driver.ts'
import type { SqliteQueueOptions } from '../../lib/queue/sqlite.ts'

export interface RemoteCall {
  readonly number: number
  readonly method: Exclude<keyof QueueDriver, 'durable'>
  readonly args: readonly unknown[]
}

export type RemoteAnswer =
  | { readonly number: number, readonly value: unknown }
  | { readonly number: number, readonly error: { readonly code: string | undefined, readonly message: string } }

/** A queue in a process of its own. */
export interface RemoteQueue extends Pick<QueueDriver, 'enqueue' | 'settle' | 'stats' | 'close'> {
  readonly child: ChildProcess
  claim (options: { limit: number, leaseDuration: number, except?: string[], patience: number }): Promise<Claim[]>
  kill (): Promise<void>
}

interface Test {
  teardown (tidy: () => unknown): void
}

const FILE = join(import.meta.dirname, 'queue-process.ts')

/** Starts a process with a queue in it, killed after the test; `limits` are those of a shell's `ulimit`. */
export function startQueue (t: Test, options: SqliteQueueOptions, limits?: string): RemoteQueue {
  const child = limits === undefined ? forkQueue(options) : spawnLimited(options, limits)
  const pending = new Map<number, PromiseWithResolvers<unknown>>()
  let calls = 0
  child.on('message', (answer: RemoteAnswer) => {
    const call = pending.get(answer.number)
    pending.delete(answer.number)
    if ('value' in answer || !('error' in answer)) call?.resolve((answer as { value?: unknown }).value)
    else call?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }))
  })
  child.on('exit', () => {
    for (const { reject } of pending.values()) reject(new Error('the process has ended'))
  })
  t.teardown(kill)

  return {
    child,
    kill,
    enqueue: async (job) => await call('enqueue', [job]),
    claim: async (claim) => await call('claim', [claim]),
    settle: async (claim, settlement) => await call('settle', [claim, settlement]),
    stats: async () => await call('stats', []),
    close: async () => await call('close', [])
  }

  async function call<Result> (method: RemoteCall['method'], args: readonly unknown[]): Promise<Result> {
    const result = Promise.withResolvers<unknown>()
    const number = ++calls
    pending.set(number, result)
    child.send({ number, method, args } satisfies RemoteCall, (error) => error && result.reject(error))
    return await result.promise as Result
  }

  async function kill (): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

/** A job without a body: pipes know JSON only. */
export function bareJob (id: string, changes: Partial<NewJob> = {}): NewJob {
  const request = { method: 'POST', url: 'http://localhost/', headers: {}, body: null }
  return { id, function: 'job', deployId: '0', requestId: 'request', ip: '127.0.0.1', params: {}, route: undefined, request, ...changes }
}

// execArgv: what the test runner adds for itself must not decide how the queue runs.
function forkQueue (options: SqliteQueueOptions): ChildProcess {
  return fork(FILE, [JSON.stringify(options)], { execArgv: [], serialization: 'advanced' })
}

function spawnLimited (options: SqliteQueueOptions, limits: string): ChildProcess {
  const script = `ulimit ${limits} && exec "$0" "$@"`
  return spawn('sh', ['-c', script, process.execPath, FILE, JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
}
