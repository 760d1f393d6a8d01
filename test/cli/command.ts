import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

interface Test {
  teardown (tidy: () => unknown): void
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Server {
  readonly child: ChildProcessWithoutNullStreams
  readonly origin: string
  readonly ended: Promise<unknown>
  /** What it has written. */
  readonly output: () => string
  /** Waits for a text in what it writes. */
  readonly shows: (text: string) => Promise<void>
}

export const cli = join(import.meta.dirname, '../../dist/cli.js')

/** Runs the built command to its end. */
export async function run (args: readonly string[], { cwd = import.meta.dirname, input = '', env = {} }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { PATH: process.env.PATH, ...env } })
  const closed = once(child, 'close')
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code: child.exitCode, stdout, stderr: withoutProgress(stderr) }
}

/** A machine that is slow is told how far the build is. */
export function withoutProgress (stderr: string): string {
  return stderr.replace(/^Building functions: .*\n/gm, '')
}

/** Starts a server on a free port and waits until it listens. */
export async function start (t: Test, root: string, ...args: string[]): Promise<Server> {
  return await startWith(t, {}, root, ...args)
}

/** As `start`, with variables of its own. */
export async function startWith (t: Test, env: Readonly<Record<string, string>>, root: string, ...args: string[]): Promise<Server> {
  const child = spawn(process.execPath, [cli, root, '--port', '0', ...args], { env: { PATH: process.env.PATH, ...env } })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let output = ''
  const written = new EventEmitter()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      written.emit('data')
    })
  }
  const shows = async (wanted: string): Promise<void> => {
    while (!output.includes(wanted)) {
      await Promise.race([once(written, 'data'), ended.then(() => { throw new Error(`it ended without "${wanted}":\n${output}`) })])
    }
  }
  await shows('the site is served')
  const [origin = ''] = /http:\/\/localhost:\d+/.exec(output) ?? []
  return { child, origin, ended, output: () => output, shows }
}
