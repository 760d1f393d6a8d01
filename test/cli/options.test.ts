import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createSite } from '../helper.ts'
import { run, start, startWith } from './command.ts'

const FILES = {
  'netlify/functions/hello.mjs': `export default (req, { geo }) => {
    console.log('said hello')
    return Response.json({ country: geo?.country?.code, variable: process.env.CLI_VARIABLE, secret: process.env.OTHER })
  }`,
  'netlify/functions/blob.mjs': `import { getStore } from '@netlify/blobs'
  export default async () => {
    await getStore('shelf').set('key', 'kept')
    return new Response(await getStore('shelf').get('key'))
  }`,
  'netlify/functions/submission-created.mjs': 'export default async (req) => { console.log("got " + (await req.json()).payload.data.name) }',
  'public/index.html': 'the page',
  'one.env': 'CLI_VARIABLE=one',
  'two.env': 'OTHER=two'
}
const AUTHORIZATION = { authorization: `Basic ${Buffer.from('me:se:cret').toString('base64')}` }

t.test('metrics, health and the dashboard lie below the prefix, as the functions do', async (t) => {
  const root = await createSite(t, FILES)
  const server = await start(t, root, '--prefix', '/shop', '--metrics', '--health', '/up', '--dashboard', '--publish', 'public')
  const get = async (path: string): Promise<Response> => await fetch(`${server.origin}${path}`)
  t.equal((await get('/shop/.netlify/functions/hello')).status, 200)
  t.equal(await (await get('/shop/')).text(), 'the page')
  t.match(await (await get('/shop/metrics')).text(), /^netlify_invocations_total\{.*function="hello".*\} 1$/m)
  t.equal((await get('/shop/up/ready')).status, 200)
  t.equal((await get('/shop/.netlify/dashboard')).status, 200)
  t.match(server.output(), `"dashboard":"${server.origin}/shop/.netlify/dashboard"`)
  for (const path of ['/.netlify/functions/hello', '/metrics', '/up/ready']) t.equal((await get(path)).status, 404, path)
})

t.test('the dashboard asks for the user that the option or the variable names', async (t) => {
  const root = await createSite(t, FILES)
  for (const [args, env] of [[['--dashboard-auth', 'me:se:cret'], {}], [[], { NETLIFY_DASHBOARD_AUTH: 'me:se:cret' }]] as const) {
    const server = await startWith(t, env, root, '--dashboard', '/admin', ...args)
    t.equal((await fetch(`${server.origin}/admin`)).status, 401)
    t.equal((await fetch(`${server.origin}/admin`, { headers: AUTHORIZATION })).status, 200)
    t.notMatch(server.output(), 'se:cret')
  }
})

t.test('a dashboard that others can reach needs a user, and the command says how to give one', async (t) => {
  const { code, stderr } = await run([await createSite(t, FILES), '--port', '0', '--host', '0.0.0.0', '--dashboard', '--log-level', 'silent'])
  t.equal(code, 1)
  t.equal(stderr, 'error others can reach the dashboard at 0.0.0.0; say who may see it by the variable NETLIFY_DASHBOARD_AUTH or by --dashboard-auth, or leave --host out\n')
})

t.test('variables come from files, a place from --country, blobs and a log lie in the file system', async (t) => {
  const root = await createSite(t, FILES)
  const blobs = join(root, 'blobs')
  await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'))
  const server = await start(t, root, '--geo', 'mock', '--country', 'de', '--env-file', join(root, 'one.env'), '--env-file', join(root, 'two.env'), '--blobs', blobs, '--log-file', join(root, 'logs/site.log'))
  t.same(await (await fetch(`${server.origin}/.netlify/functions/hello`)).json(), { country: 'DE', variable: 'one', secret: 'two' })
  t.equal(await (await fetch(`${server.origin}/.netlify/functions/blob`)).text(), 'kept')
  t.not((await readdir(blobs)).length, 0)
  server.child.kill('SIGTERM')
  await server.ended
  const [file = ''] = await readdir(join(root, 'logs'))
  const lines = (await readFile(join(root, 'logs', file), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(lines, [{ type: 'output', text: 'said hello' }, { type: 'invocation', record: { function: 'hello' } }, { record: { function: 'blob' } }])
})

t.test('forms reach functions, and what nothing serves a development server', async (t) => {
  const other = createServer((request, response) => { response.end(`development ${request.url}`) }).listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const server = await start(t, await createSite(t, FILES), '--publish', 'public', '--forms', '--dev-server', `http://127.0.0.1:${(other.address() as AddressInfo).port}`)
  t.equal(await (await fetch(`${server.origin}/a/b?c`)).text(), 'development /a/b?c')
  await fetch(server.origin, { method: 'POST', body: new URLSearchParams({ 'form-name': 'contact', name: 'Ada' }), redirect: 'manual' })
  await server.shows('got Ada')
  t.pass('the function has run')
})

t.test('while it drains, a server says it is not ready, and serves', async (t) => {
  const server = await start(t, await createSite(t, FILES), '--drain', '2', '--health')
  server.child.kill('SIGTERM')
  let status = 200
  while (status === 200) status = (await fetch(`${server.origin}/health/ready`)).status
  t.equal(status, 503)
  t.equal((await fetch(`${server.origin}/.netlify/functions/hello`)).status, 200)
  await server.ended
  t.equal(server.child.exitCode, 0)
})

t.test('a package that is missing is named, with the line that installs it', async (t) => {
  const hooks = 'import { registerHooks } from "node:module"; registerHooks({ resolve (name, context, next) { if (name === "prom-client") throw Object.assign(new Error("none"), { code: "ERR_MODULE_NOT_FOUND" }); return next(name, context) } })'
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hooks)}` }
  const { code, stderr } = await run([await createSite(t, FILES), '--port', '0', '--metrics'], { env })
  t.equal(code, 1)
  t.match(stderr, /^error .*"prom-client", which is not installed; run: npm install prom-client\n$/)
})
