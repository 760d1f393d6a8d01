import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { findFreePort } from '../queue/redis-server.ts'
import { startLoad } from './load.ts'
import { ask, missingNginx, startNginx } from './nginx-server.ts'
import { createProductionSite, startServer, type ServerProcess } from './server-process.ts'

const files = {
  'netlify/functions/hello.mjs': 'export default () => new Response("hi")',
  'netlify/functions/note-background.mjs': 'export default () => {}'
}

t.test('two processes behind nginx are restarted one after the other, and nobody notices', { skip: missingNginx() }, async (t) => {
  const root = await createProductionSite(t, files)
  const state = join(root, 'state')
  await mkdir(state)
  const ports = [await findFreePort(), await findFreePort()] as const
  const start = async (port: number): Promise<ServerProcess> => await startServer(t, root, { PORT: String(port), STATE_DIRECTORY: state })
  const servers = [await start(ports[0]), await start(ports[1])]
  const { port } = await startNginx(t, ports)
  const reads = startLoad(6, async () => (await ask(port, '/.netlify/functions/hello')).status)
  const jobs = startLoad(2, async () => (await ask(port, '/.netlify/functions/note-background', { method: 'POST', body: 'x' })).status)
  await reads.more(50)

  for (const [index, server] of servers.entries()) {
    t.equal(await server.stop(), 0)
    await reads.more(50)
    servers[index] = await start(ports[index]!)
    await reads.more(50)
  }
  await Promise.all([reads.stop(), jobs.stop()])
  t.same([...reads.answers.keys()], [200])
  t.comment(Object.fromEntries(reads.answers), Object.fromEntries(jobs.answers))

  await Promise.all(servers.map(async (server) => await server.stop()))
  const accepted = jobs.answers.get(202) ?? 0
  t.ok(accepted > 0)
  const database = new DatabaseSync(join(state, 'queue.sqlite'))
  t.teardown(() => database.close())
  const { stored } = database.prepare('SELECT count(*) AS stored FROM jobs').get() as { stored: number }
  t.ok(stored >= accepted, 'every call that got its 202 is in the queue of both')
})
