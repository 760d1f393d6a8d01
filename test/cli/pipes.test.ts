import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { createSite, writeFiles, type SiteFiles } from '../helper.ts'
import { cli, run, start, withoutProgress } from './command.ts'

const FILES: SiteFiles = {
  'netlify/functions/hello.mjs': 'export default () => new Response("one")',
  'netlify/functions/broken.mjs': 'export default (',
  'netlify/functions/wait.mjs': `export default async () => {
    console.log('wait has begun')
    await new Promise((resolve) => { process.once('SIGTERM', () => setTimeout(resolve, 100)) })
    return new Response('finished')
  }`
}
/** What tap loads into each process obeys SIGPIPE, which Node.js ignores. */
const BARE = ['-u', 'NODE_OPTIONS']

t.test('without a terminal, every line is JSON, and what cannot run is named', async (t) => {
  const server = await start(t, await createSite(t, FILES))
  t.equal(await (await fetch(`${server.origin}/.netlify/functions/hello`)).text(), 'one')
  t.equal((await fetch(`${server.origin}/.netlify/functions/broken`)).status, 500)
  const lines = server.output().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(lines.find(({ msg }) => msg === 'the site is served'), { urls: [server.origin], functions: 3, failed: ['broken'], queue: 'sqlite' })
})

t.test('SIGTERM lets a request finish, then ends with 0', async (t) => {
  const server = await start(t, await createSite(t, FILES))
  const response = fetch(`${server.origin}/.netlify/functions/wait`)
  await server.shows('wait has begun')
  server.child.kill('SIGTERM')
  t.equal(await (await response).text(), 'finished')
  await server.ended
  t.equal(server.child.exitCode, 0)
})

t.test('SIGHUP serves what lies on the disk now', async (t) => {
  const root = await createSite(t, FILES)
  const server = await start(t, root)
  await writeFiles(root, { 'netlify/functions/hello.mjs': 'export default () => new Response("two")' })
  server.child.kill('SIGHUP')
  await server.shows('a new version of the site is served')
  t.equal(await (await fetch(`${server.origin}/.netlify/functions/hello`)).text(), 'two')
})

t.test('a server whose output nobody reads any more ends, with 0', async (t) => {
  const server = await start(t, await createSite(t, FILES))
  server.child.stdout.destroy()
  server.child.stderr.destroy()
  await fetch(`${server.origin}/.netlify/functions/hello`).catch(() => {})
  await server.ended
  t.equal(server.child.exitCode, 0)
})

t.test('list ends quietly when its reader leaves', async (t) => {
  const root = await createSite(t, FILES)
  const child = spawn('env', [...BARE, process.execPath, cli, 'list', root])
  const ended = once(child, 'close')
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (chunk) => { stderr += chunk })
  await ended
  t.same([child.exitCode, withoutProgress(stderr)], [0, ''])
})

t.test('invoke ends quietly when its reader leaves in the middle', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/endless.mjs': 'export default () => new Response(new ReadableStream({ pull (controller) { controller.enqueue(new Uint8Array(65536)) } }))'
  })
  const child = spawn('env', [...BARE, process.execPath, cli, 'invoke', 'endless', '--directory', root])
  const ended = once(child, 'close')
  let stderr = ''
  child.stderr.on('data', (chunk) => { stderr += chunk })
  await once(child.stdout, 'data')
  child.stdout.destroy()
  await ended
  t.same([child.exitCode, withoutProgress(stderr)], [0, ''])
})

t.test('a port that is taken is named', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const { code, stderr } = await run([await createSite(t, FILES), '--host', '127.0.0.1', '--port', String(port), '--log-level', 'silent'])
  t.equal(code, 1)
  t.equal(stderr, `error port ${port} of 127.0.0.1 is taken; give another one by --port, or 0 for any that is free\n`)
})

t.test('build fills the cache, and list shows the functions', async (t) => {
  const root = await createSite(t, FILES)
  const cold = await run(['build', root])
  t.equal(cold.code, 1)
  t.match(cold.stdout, /^3 functions in .+: 2 built, 0 unchanged, 1 failed\nfailed broken: Function "broken" does not build/)
  t.match((await run(['build', root])).stdout, /: 0 built, 2 unchanged, 1 failed\n/)

  const table = await run(['list', root])
  t.equal(table.code, 0)
  t.match(table.stdout, /^hello +request +any +\/\.netlify\/functions\/hello +inline$/m)
  const json = JSON.parse((await run(['list', root, '--json'])).stdout) as Array<Record<string, unknown>>
  t.match(json.find(({ name }) => name === 'broken'), { state: 'failed', error: /does not build/ })
})
