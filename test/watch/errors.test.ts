import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { captureLog, writeFiles } from '../helper.ts'
import { saying, watchSite } from './watched-site.ts'

const BROKEN = 'export default () => {\n  return new Response(="<b>")\n}'
const A = 'netlify/functions/a.ts'
const URL_OF_A = '/.netlify/functions/a'

t.test('a function that fails is served as failed, the others serve on, and the fix is served', async (t) => {
  const log = captureLog()
  const { save, ask } = await watchSite(t, { [A]: saying('1'), 'netlify/functions/b.ts': saying('"b"') }, {}, { logger: log.logger })
  const event = await save({ [A]: BROKEN }, ({ failed }) => failed.length > 0)
  t.match(event, { outcome: 'served', failed: [{ function: 'a', error: { code: 'FST_NETLIFY_BUILD_FAILED' } }] })
  t.match(JSON.parse(await ask(URL_OF_A)), { statusCode: 500, code: 'FST_NETLIFY_BUILD_FAILED' })
  t.equal(await ask('/.netlify/functions/b'), 'b')
  t.match(await log.line(({ level }) => level === 50), { function: 'a', err: { message: /a\.ts:2:/ } })

  await save({ [A]: saying('"fixed"') }, ({ failed }) => failed.length === 0)
  t.equal(await ask(URL_OF_A), 'fixed')
})

t.test('what a failed function waits for makes it work: its import, the file that does not parse, a throw while loading', async (t) => {
  const { save, ask, after, root } = await watchSite(t, {
    [A]: saying('x', 'import { x } from "../../lib/x.ts"'),
    'netlify/functions/b.ts': saying('data.x', 'import data from "../../lib/data.json"'),
    'netlify/functions/c.ts': saying('y', 'import { y } from "../../lib/y.ts"'),
    'lib/data.json': '{ oops',
    'lib/y.ts': 'throw new Error("not today"); export const y = 1'
  })
  const works = (name: string) => ({ failed }: { failed: ReadonlyArray<{ function: string }> }): boolean => failed.every((failure) => failure.function !== name)
  await save({ 'lib/x.ts': 'export const x = 1' }, works('a'))
  t.equal(await ask(URL_OF_A), '1')
  await save({ 'lib/data.json': '{ "x": 2 }' }, works('b'))
  t.equal(await ask('/.netlify/functions/b'), '2')
  await save({ 'lib/y.ts': 'export const y = 3' }, works('c'))
  t.equal(await ask('/.netlify/functions/c'), '3')
  await after(async () => await rm(join(root, 'lib/x.ts')), ({ failed }) => failed.length === 1)
  t.match(await ask(URL_OF_A), '500')
})

t.test('a function that failed for something outside of its code is loaded again when it is saved, changed or not', async (t) => {
  const { save, ask, root } = await watchSite(t, {
    'package.json': '{ "type": "module" }',
    [A]: saying('text', 'import { readFileSync } from "node:fs"\nconst text = readFileSync(new URL("../../text.txt", import.meta.url), "utf8")')
  })
  t.match(await ask(URL_OF_A), 'ENOENT')
  await writeFiles(root, { 'text.txt': 'text' })
  await save({ [A]: await readFile(join(root, A)) }, ({ failed }) => failed.length === 0)
  t.equal(await ask(URL_OF_A), 'text')
})

t.test('a browser gets a page about the error, with its status; whoever asks for data gets the error', async (t) => {
  const { app, visit } = await watchSite(t, { [A]: BROKEN, 'netlify/functions/throws.ts': 'export default () => {\n  throw new TypeError("no <b>")\n}' })
  const page = await visit(URL_OF_A)
  t.equal(page.statusCode, 500)
  t.match(page.headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  t.match(page.body, '<h1>Function &quot;a&quot; does not build</h1>')
  t.match(page.body, 'netlify/functions/a.ts:2:23')
  t.match(page.body, /<span class="marked"><i>2<\/i> {2}return new Response\(<mark>=<\/mark>&quot;&lt;b&gt;&quot;\)<\/span>/)
  const nonce = /script-src 'nonce-([^']+)'/.exec(String(page.headers['content-security-policy']))?.[1]
  t.ok(nonce)
  t.match(page.body, `<script nonce="${nonce}">`)
  t.notMatch((await visit(URL_OF_A)).body, nonce, 'another nonce each time')

  const thrown = (await visit('/.netlify/functions/throws')).body
  t.match(thrown, '<h1>Function &quot;throws&quot; failed</h1>')
  t.match(thrown, 'TypeError: no &lt;b&gt;')
  t.match(thrown, 'netlify/functions/throws.ts:2:')

  for (const headers of [{}, { accept: '*/*' }, { accept: 'text/html', 'sec-fetch-mode': 'cors' }]) {
    t.match((await app.inject({ url: URL_OF_A, headers })).json(), { code: 'FST_NETLIFY_BUILD_FAILED' })
  }
})

t.test('without exposeErrors nobody sees source code, and without watch there is no page', async (t) => {
  const { visit } = await watchSite(t, { [A]: BROKEN }, { exposeErrors: false })
  t.match((await visit(URL_OF_A)).json(), { code: 'FST_NETLIFY_FUNCTION_BROKEN' })
  const page = (await visit('/.netlify/watch')).body
  t.match(page, '<h1>Errors are not shown here</h1>')
  t.notMatch(page, 'Response')

  const other = await watchSite(t, { [A]: BROKEN }, { watch: false })
  t.match((await other.visit(URL_OF_A)).json(), { code: 'FST_NETLIFY_BUILD_FAILED' })
  t.equal((await other.visit('/.netlify/watch')).statusCode, 404)
})

t.test('the host\'s error handler gets what functions throw; a function that cannot run has the page all the same', async (t) => {
  const { visit } = await watchSite(t, { [A]: BROKEN, 'netlify/functions/throws.ts': 'export default () => { throw new Error("no") }' }, {}, {}, (app) => {
    app.setErrorHandler((error, _request, reply) => reply.code(500).send({ handled: (error as Error).message }))
  })
  t.match((await visit('/.netlify/functions/throws')).json(), { handled: /^Function "throws" failed: / })
  t.match((await visit(URL_OF_A)).headers['content-type'], 'text/html')
})

t.test('a site below a prefix has its events there', async (t) => {
  const { visit } = await watchSite(t, { [A]: BROKEN }, { prefix: '/shop' })
  t.match((await visit(`/shop${URL_OF_A}`)).body, 'data-events="/shop/.netlify/watch"')
  t.match((await visit('/shop/.netlify/watch')).body, '<h1>Function &quot;a&quot; does not build</h1>')
})

t.test('a broken netlify.toml leaves the old version serving, and says so until it is put right', async (t) => {
  const log = captureLog()
  const { save, ask, visit } = await watchSite(t, { [A]: saying('1'), 'netlify.toml': '' }, {}, { logger: log.logger })
  const refused = await save({ 'netlify.toml': '[functions\n', [A]: saying('2') }, ({ outcome }) => outcome === 'refused')
  t.match(refused, { error: { code: 'FST_NETLIFY_RELOAD_FAILED', cause: { code: 'FST_NETLIFY_INVALID_TOML' } } })
  t.equal(await ask(URL_OF_A), '1')
  t.match(await log.line(({ level }) => level === 50), { err: { message: /netlify\.toml/ } })
  const page = (await visit('/.netlify/watch')).body
  t.match(page, '<h1>The last change of the site is not served</h1>')
  t.match(page, 'netlify.toml:1:11')

  await save({ 'netlify.toml': '' }, ({ outcome }) => outcome === 'served')
  t.equal(await ask(URL_OF_A), '2')
  t.match((await visit('/.netlify/watch')).body, '<h1>All functions are built</h1>')
})
