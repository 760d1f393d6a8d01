import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const example = join(import.meta.dirname, '../example-app')

export interface ExampleServer {
  readonly origin: string
  readonly child: ChildProcess
  /** What it has written to its log: nothing while all is well. */
  readonly log: () => string
  /** Waits for a line of it that contains a text. */
  readonly line: (text: string) => Promise<void>
}

/**
 * Starts the built example, as `npm start` does, and waits for its ready line. `npm run build` and `npm run build:example` come first.
 * @param place of the example, if it is a copy
 */
export async function startExample (t: { teardown (tidy: () => unknown): void }, place = example): Promise<ExampleServer> {
  const port = await freePort()
  // Servers that share a queue share its jobs, and tests run side by side.
  const directory = await mkdtemp(join(tmpdir(), 'example-queue-'))
  const env = { PATH: process.env.PATH, PORT: String(port), QUEUE_FILE: join(directory, 'queue.sqlite') }
  const child = spawn(process.execPath, [join(place, 'dist/server.js')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
    await rm(directory, { recursive: true, force: true })
  })
  let log = ''
  const written = new EventEmitter()
  child.stderr.setEncoding('utf8').on('data', (text: string) => { log += text })

  const output = createInterface(child.stdout)
  for await (const line of output) {
    if (line.startsWith(`The example is at http://localhost:${port}`)) {
      output.on('line', (line) => {
        log += `${line}\n`
        written.emit('line')
      })
      return {
        origin: `http://localhost:${port}`,
        child,
        log: () => log,
        async line (text) {
          while (!log.includes(text)) await once(written, 'line')
        }
      }
    }
    log += `${line}\n`
  }
  throw new Error(`the example did not start:\n${log}`)
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
