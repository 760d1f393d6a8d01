import { chdir } from 'node:process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, createSite, type LogLine } from '../helper.ts'

const WARNING = /may read files relative to the working directory/
const reading = 'import { readFile } from "node:fs/promises"\nexport default async () => new Response(await readFile("data/x.txt"))\nexport const config = { nodeBundler: "none" }'

/** What is logged at level warn while the site is registered, and what its function `server` then answers. */
async function serve (t: Parameters<typeof createSite>[0], options: NetlifyFunctionsOptions): Promise<{ warnings: LogLine[], body: string }> {
  const { logger, lines } = captureLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, options)
  await app.netlifyFunctions.reload()
  const { body } = await app.inject('/.netlify/functions/server')
  return { warnings: lines.filter(({ level, msg }) => level === 40 && WARNING.test(msg)), body }
}

async function workIn (t: Parameters<typeof createSite>[0], directory: string): Promise<void> {
  const before = process.cwd()
  t.teardown(() => { chdir(before) })
  chdir(directory)
}

t.test('a server of a framework reads files of its site, where the process works in the site', async (t) => {
  const root = await createSite(t, { '.netlify/v1/functions/server.mjs': reading, 'data/x.txt': 'of the site' })
  const link = join(await createSite(t, {}), 'link')
  await symlink(root, link)
  await workIn(t, root)
  t.strictSame(await serve(t, { root }), { warnings: [], body: 'of the site' })
  t.strictSame(await serve(t, {}), { warnings: [], body: 'of the site' })
  t.strictSame(await serve(t, { root: link }), { warnings: [], body: 'of the site' })
})

t.test('where it works elsewhere, that is logged at boot, once, with both directories', async (t) => {
  const root = await createSite(t, { '.netlify/v1/functions/server.mjs': reading, 'netlify/functions/mine.mjs': 'export default () => new Response()' })
  const { warnings, body } = await serve(t, { root })
  t.equal(warnings.length, 1)
  t.match(warnings[0], { directory: process.cwd(), site: root, functions: ['server'] })
  t.match(body, /ENOENT/)
})

t.test('the directory of the site is its base', async (t) => {
  const root = await createSite(t, { 'netlify.toml': '[build]\nbase = "packages/site"', 'packages/site/.netlify/v1/functions/server.mjs': reading, 'packages/site/data/x.txt': 'of the base' })
  await workIn(t, join(root, 'packages/site'))
  t.strictSame(await serve(t, { root }), { warnings: [], body: 'of the base' })
})

t.test('nothing is logged for a site without generated functions', async (t) => {
  const root = await createSite(t, { 'netlify/functions/server.mjs': 'export default () => new Response("mine")' })
  t.strictSame(await serve(t, { root }), { warnings: [], body: 'mine' })
})
