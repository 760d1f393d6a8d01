import { createServer } from 'node:http'
import { Agent } from 'node:https'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createSite } from '../helper.ts'
import { findFreePort } from '../queue/redis-server.ts'
import { ask, missingNginx, startNginx } from './nginx-server.ts'
import { createProductionSite, startServer } from './server-process.ts'

/** Clients that ask one thing after the other. */
const CLIENTS = 6
/** One call in so many is a background one. */
const SHARE = 5
/** Requests between two restarts, so that each process is seen to serve again. */
const BETWEEN = 100

t.test('two processes are restarted one by one, and nobody notices', { skip: missingNginx() }, async (t) => {
  const runs = await collectRuns(t)
  const root = await createProductionSite(t, {
    'netlify/functions/process.mjs': 'export default () => new Response(process.env.PORT)',
    'netlify/functions/note-background.mjs': `export default async (req) => { await fetch('${runs.origin}', { method: 'POST', body: await req.text() }) }`
  })
  const ports = [await findFreePort(), await findFreePort()] as const
  const state = await createSite(t, {})
  const start = async (port: number): ReturnType<typeof startServer> => await startServer(t, root, { PORT: String(port), STATE_DIRECTORY: state, DRAIN: '100' })
  const servers = [await start(ports[0]), await start(ports[1])]
  const { port } = await startNginx(t, ports)
  const load = startLoad(port)

  for (const [index, server] of servers.entries()) {
    await load.answered(BETWEEN)
    t.equal(await server.stop(), 0, 'it ends by itself')
    await load.answered(BETWEEN)
    await start(ports[index]!)
  }
  await load.answered(BETWEEN)
  const { gets, accepted, refused } = await load.stop()

  t.same(gets.filter(({ status }) => status !== 200), [], 'every GET is answered')
  for (const [from, to] of [[0, BETWEEN], [-BETWEEN, undefined]] as const) {
    t.same(new Set(gets.slice(from, to).map(({ body }) => body)), new Set(ports.map(String)), 'both serve')
  }
  t.ok(accepted.length > 0)
  t.same(refused.filter((status) => status !== 502), [], 'nginx never sends a POST a second time that may have run')
  await runs.include(accepted)
  t.pass('what was accepted has run')
  t.comment(`${gets.length} GETs, ${accepted.length} POSTs accepted, ${refused.length} refused, ${runs.count()} runs`)
})

interface Runs {
  readonly origin: string
  count (): number
  /** Waits until all of these have run. */
  include (names: readonly string[]): Promise<void>
}

/** A server that background functions tell what they have run. */
async function collectRuns (t: { teardown (tidy: () => unknown): void }): Promise<Runs> {
  const names = new Set<string>()
  let look = (): void => {}
  let count = 0
  const server = createServer(async (request, response) => {
    names.add(Buffer.concat(await request.toArray()).toString())
    count++
    response.end()
    look()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    async include (wanted) {
      await new Promise<void>((resolve) => {
        look = () => { if (wanted.every((name) => names.has(name))) resolve() }
        look()
      })
    }
  }
}

interface Outcome {
  readonly gets: ReadonlyArray<{ readonly status: number | undefined, readonly body: string }>
  /** Bodies of the background calls that got a 202. */
  readonly accepted: readonly string[]
  /** Status codes of the others. */
  readonly refused: ReadonlyArray<number | undefined>
}

interface Load {
  /** Waits until so many more GETs have an answer. */
  answered (more: number): Promise<void>
  stop (): Promise<Outcome>
}

/** Clients on open connections to nginx, until they are stopped. */
function startLoad (port: number): Load {
  const outcome = { gets: [] as Array<Outcome['gets'][number]>, accepted: [] as string[], refused: [] as Array<number | undefined> }
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  const over = new AbortController()
  let look = (): void => {}
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let call = 1; !over.signal.aborted; call++) {
      if (call % SHARE === 0) await post(`${client}-${call}`)
      else outcome.gets.push(await ask(port, '/.netlify/functions/process', { agent }))
      look()
    }
  })
  return {
    async answered (more) {
      const enough = outcome.gets.length + more
      const reached = new Promise<void>((resolve) => { look = () => { if (outcome.gets.length >= enough) resolve() } })
      await Promise.race([reached, Promise.all(clients)])
    },
    async stop () {
      over.abort()
      await Promise.all(clients)
      agent.destroy()
      return outcome
    }
  }

  async function post (body: string): Promise<void> {
    const { status } = await ask(port, '/.netlify/functions/note-background', { method: 'POST', body, agent })
    if (status === 202) outcome.accepted.push(body)
    else outcome.refused.push(status)
  }
}
