import { BroadcastChannel } from 'node:worker_threads'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, listen, type LogLine } from '../helper.ts'
import { buildSite } from './build.ts'

export interface ServedSite {
  readonly app: FastifyInstance
  readonly origin: string
  /** Warnings and errors of the log so far. */
  readonly complaints: () => LogLine[]
  /** A request that follows no redirect. */
  readonly get: (path: string, init?: RequestInit) => Promise<Response>
}

const WARN = 40
/** An installation from an empty cache, on a machine that does something else, too. */
const BUILD_TIMEOUT = 400_000

/** Runs the tests of a site twice: with its functions in the server's thread and with all of them in others. */
export function testSite (name: string, test: (t: Test, site: ServedSite) => void | Promise<void>, options: (t: Test) => Promise<NetlifyFunctionsOptions> = async () => ({})): void {
  t.setTimeout(BUILD_TIMEOUT)
  for (const isolation of ['inline', 'thread'] as const) {
    t.test(`with isolation: '${isolation}'`, async (t) => {
      t.setTimeout(BUILD_TIMEOUT)
      await test(t, await serveSite(t, name, { isolation, ...await options(t) }))
    })
  }
}

/** Serves a site after its normal build, from its directory, as a host does whose app is nothing but the site. */
async function serveSite (t: Test, name: string, options: NetlifyFunctionsOptions): Promise<ServedSite> {
  const root = await buildSite(name)
  const before = process.cwd()
  process.chdir(root)
  t.teardown(() => process.chdir(before))
  const { logger, lines } = captureLog('warn')
  const app = Fastify({ logger })
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, site: { name }, ...options })
  const origin = await listen(app)
  return {
    app,
    origin,
    complaints: () => lines.filter(({ level }) => level >= WARN),
    get: async (path, init) => await fetch(new URL(path, origin), { redirect: 'manual', ...init })
  }
}

/** Waits for what functions say on a channel, in whatever thread they run. What comes while nobody waits is kept. */
export function listenTo (name: string): (news: string) => Promise<void> {
  const channel = new BroadcastChannel(name)
  const heard: unknown[] = []
  let listen: () => void = () => {}
  channel.onmessage = (event) => {
    heard.push((event as { data: unknown }).data)
    listen()
  }
  channel.unref()
  return async (news) => {
    while (!heard.includes(news)) await new Promise<void>((resolve) => { listen = resolve })
  }
}

/** The chunks of a body as they arrive. */
export async function chunksOf (response: Response): Promise<string[]> {
  const chunks: string[] = []
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) chunks.push(chunk)
  return chunks
}
