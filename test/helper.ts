import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { mock } from 'node:test'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../lib/index.ts'

/** What the helpers need of a test: something that tidies up after it. */
interface Test {
  teardown (tidy: () => unknown): void
}

/** A file of a test site: its text, or its bytes. */
export type SiteFiles = Readonly<Record<string, string | Uint8Array>>

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly err?: { readonly code?: string, readonly message: string, readonly stack: string }
  readonly [key: string]: unknown
}

/** Time stands still, until the test says otherwise with `mock.timers.tick()`. */
export function stopTime (t: Test, now = '2026-01-01T00:00:00Z'): void {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse(now) })
  const monotonic = mock.method(performance, 'now', () => Date.now())
  t.teardown(() => {
    mock.timers.reset()
    monotonic.mock.restore()
  })
}

/** Writes a site into a directory of its own, removed after the test. */
export async function createSite (t: Test, files: SiteFiles): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'netlify-site-')))
  t.teardown(async () => await rm(root, { recursive: true, force: true }))
  await writeFiles(root, files)
  return root
}

export async function writeFiles (root: string, files: SiteFiles): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}

/** Where functions run unless a test says otherwise: inline, where they reach what the test has put into `globalThis`. */
export const isolation = process.env.TEST_ISOLATION === 'thread' ? 'thread' : 'inline'

/** A Fastify app that serves a site, closed after the test. Functions are named by their file below `netlify/functions`. */
export async function createApp (t: Test, files: SiteFiles, options: NetlifyFunctionsOptions = {}, serverOptions: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const root = await createSite(t, files)
  const app = Fastify(serverOptions)
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation, ...options })
  return app
}

/** Starts to listen on a free port of the loopback and gives the origin. */
export async function listen (app: FastifyInstance): Promise<string> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

/** A logger whose lines can be read, and waited for. */
export function captureLog (level = 'debug'): { logger: { level: string, stream: Writable }, lines: LogLine[], line: (matches: (line: LogLine) => boolean) => Promise<LogLine> } {
  const lines: LogLine[] = []
  const waiting = new Set<() => void>()
  const stream = new Writable({
    write (chunk, _encoding, done) {
      for (const text of String(chunk).trim().split('\n')) lines.push(JSON.parse(text) as LogLine)
      for (const look of waiting) look()
      done()
    }
  })
  return {
    logger: { level, stream },
    lines,
    line: async (matches) => await new Promise((resolve) => {
      const look = (): void => {
        const found = lines.find(matches)
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  }
}
