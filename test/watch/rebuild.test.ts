import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { BuildEvent } from '../../lib/index.ts'
import { watchFiles } from '../../lib/site/watcher.ts'
import { createSite, writeFiles } from '../helper.ts'
import { saying, watchSite } from './watched-site.ts'

const COUNTING = 'export let count = 0; export const next = () => ++count'
const isBundled = ({ bundled }: BuildEvent): boolean => bundled.length > 0
const url = (name: string): string => `/.netlify/functions/${name}`

t.test('exactly the function that a changed file belongs to is built again; the others keep their state', async (t) => {
  const { save, ask } = await watchSite(t, {
    'netlify/functions/a.ts': saying('"one"'),
    'netlify/functions/b.ts': saying('next()', 'import { next } from "../../lib/count.ts"'),
    'lib/count.ts': COUNTING
  })
  t.equal(await ask(url('b')), '1')
  const event = await save({ 'netlify/functions/a.ts': saying('"two"') }, ({ bundled }) => bundled.includes('a'))
  t.match(event, { outcome: 'served', bundled: ['a'], failed: [], error: undefined })
  t.equal(await ask(url('a')), 'two')
  t.equal(await ask(url('b')), '2')
})

t.test('the same holds for functions that run in threads', async (t) => {
  const { save, ask } = await watchSite(t, {
    'netlify/functions/a.ts': saying('"one"'),
    'netlify/functions/b.ts': saying('threadId', 'import { threadId } from "node:worker_threads"')
  }, { isolation: 'thread' })
  t.not(await ask(url('b')), '0')
  const event = await save({ 'netlify/functions/a.ts': saying('"two"') }, ({ bundled }) => bundled.includes('a'))
  t.same(event.bundled, ['a'])
  t.equal(await ask(url('a')), 'two')
})

t.test('files far from the functions reach those that import them: code, JSON, tsconfig.json, the index of a directory', async (t) => {
  const { save, ask } = await watchSite(t, {
    'netlify/functions/code.ts': saying('x', 'import { x } from "../../src/deep/x.ts"'),
    'netlify/functions/json.ts': saying('data.x', 'import data from "../../data/x.json"'),
    'netlify/functions/alias.ts': saying('x', 'import { x } from "~/x"'),
    'netlify/functions/index.ts': saying('x', 'import { x } from "../../src/index"'),
    'netlify/functions/other.ts': saying('1'),
    'src/deep/x.ts': 'export const x = 1',
    'src/index.ts': 'export const x = 1',
    'one/x.ts': 'export const x = 1',
    'two/x.ts': 'export const x = 2',
    'data/x.json': '{ "x": 1 }',
    'tsconfig.json': '{ "extends": "./config/base.json" }',
    'config/base.json': '{ "compilerOptions": { "paths": { "~/*": ["../one/*"] } } }'
  })
  t.same((await save({ 'src/deep/x.ts': 'export const x = 2' }, isBundled)).bundled, ['code'])
  t.same((await save({ 'data/x.json': '{ "x": 2 }' }, isBundled)).bundled, ['json'])
  t.same((await save({ 'src/index.ts': 'export const x = 2' }, isBundled)).bundled, ['index'])
  t.ok((await save({ 'config/base.json': '{ "compilerOptions": { "paths": { "~/*": ["../two/*"] } } }' }, isBundled)).bundled.includes('alias'))
  for (const name of ['code', 'json', 'alias', 'index']) t.equal(await ask(url(name)), '2', name)
})

t.test('a file that the same import means from now on reaches who imports it', async (t) => {
  const { save, after, ask, root } = await watchSite(t, {
    'netlify/functions/a.ts': saying('x', 'import { x } from "../../src/x"'),
    'netlify/functions/b.ts': saying('1'),
    'src/x/index.ts': 'export const x = "directory"'
  })
  t.same((await save({ 'src/x.ts': 'export const x = "file"' }, isBundled)).bundled, ['a'])
  t.equal(await ask(url('a')), 'file')
  await after(async () => await rm(join(root, 'src/x.ts')), isBundled)
  t.equal(await ask(url('a')), 'directory')
})

t.test('functions and routes come and go', async (t) => {
  const { save, after, ask, root, app } = await watchSite(t, { 'netlify/functions/a.ts': saying('"a"', '', 'export const config = { path: "/a" }') })
  await save({ 'netlify/functions/b.ts': saying('"b"', '', 'export const config = { path: "/b/:id" }') }, ({ bundled }) => bundled.includes('b'))
  t.equal(await ask('/b/1'), 'b')
  await save({ 'netlify/functions/a.ts': saying('"a"', '', 'export const config = { path: "/other" }') }, ({ bundled }) => bundled.includes('a'))
  t.equal(await ask('/other'), 'a')
  t.match(await ask('/a'), 'Not Found')

  await after(async () => await rm(join(root, 'netlify/functions/b.ts')), () => app.netlifyFunctions.functions.length === 1)
  t.match(await ask('/b/1'), 'Not Found')
  await after(async () => await rename(join(root, 'netlify/functions/a.ts'), join(root, 'netlify/functions/c.ts')), ({ bundled }) => bundled.includes('c'))
  t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['c'])
  await save({ 'netlify/functions/d/index.ts': saying('"d"') }, ({ bundled }) => bundled.includes('d'))
  t.equal(await ask(url('d')), 'd')
  await after(async () => await rm(join(root, 'netlify/functions'), { recursive: true }), () => app.netlifyFunctions.functions.length === 0)
  t.match(await ask('/other'), 'Not Found')
})

t.test('a functions directory that was not there at boot is noticed', async (t) => {
  const { save, ask } = await watchSite(t, { 'README.md': '' })
  await save({ 'netlify/functions/a.ts': saying('"a"') }, ({ bundled }) => bundled.includes('a'))
  t.equal(await ask(url('a')), 'a')
})

t.test('netlify.toml, .env files and published files count, too', async (t) => {
  const { save, ask } = await watchSite(t, {
    '.env': 'GREETING=hello',
    'netlify/functions/a.ts': saying('Netlify.env.get("GREETING")'),
    'public/index.html': 'home'
  }, { envFile: '.env', publish: 'public' })
  await save({ 'netlify/functions/b.ts': saying('1') }, isBundled)
  await save({ '.env': 'GREETING=goodbye' })
  t.equal(await ask(url('a')), 'goodbye')
  await save({ 'public/new.html': 'new' })
  t.equal(await ask('/new'), 'new')
  await save({ 'netlify.toml': '[functions]\ndirectory = "fns"', 'fns/b.ts': saying('"b"') }, ({ bundled }) => bundled.includes('b'))
  t.equal(await ask(url('b')), 'b')
})

t.test('what lies outside of the root is watched where functions import it', async (t) => {
  const top = await createSite(t, {
    'site/netlify/functions/a.ts': saying('x', 'import { x } from "shared"'),
    'packages/shared/package.json': '{ "name": "shared", "type": "module", "exports": "./src/x.ts" }',
    'packages/shared/src/x.ts': 'export { x } from "./y.ts"',
    'packages/shared/src/y.ts': 'export const x = 0'
  })
  await writeFiles(top, { 'site/package.json': '{ "type": "module" }' })
  await mkdir(join(top, 'node_modules'))
  await symlink('../packages/shared', join(top, 'node_modules/shared'))
  const { save, after, ask } = await watchSite(t, {}, { root: join(top, 'site') })
  t.equal(await ask(url('a')), '0')
  await save({ 'netlify/functions/b.ts': saying('1') }, isBundled)
  const event = await after(async () => await writeFiles(top, { 'packages/shared/src/y.ts': 'export const x = 1' }), isBundled)
  t.same(event.bundled, ['a'])
  t.equal(await ask(url('a')), '1')
})

t.test('files that are no part of the site lead to nothing, nor does the content of published files', async (t) => {
  const { save, ask, app, root } = await watchSite(t, { 'netlify/functions/a.ts': saying('1'), 'src/app.ts': '', 'data.db': '', 'public/style.css': 'old' }, { publish: 'public' })
  await save({ 'netlify/functions/a.ts': saying('0') }, isBundled)
  const { promise: noticed, resolve: notice } = Promise.withResolvers<void>()
  const other = await watchFiles({ root, except: [], since: Infinity, onError: t.fail, onChange: async (paths) => { if (paths.has(join(root, 'src/new.ts'))) notice() } })
  t.teardown(other.close)
  await other.ready

  const builds: unknown[] = []
  app.netlifyFunctions.on('build', ({ bundled }) => builds.push(bundled))
  await writeFiles(root, { 'src/app.ts': '1', 'data.db': '1', 'public/style.css': 'new', 'src/new.ts': '' })
  await noticed
  t.equal(await ask('/style.css'), 'new')
  await save({ 'netlify/functions/a.ts': saying('2') }, isBundled)
  t.same(builds[0], ['a'])
})

t.test('a burst of 1,000 changed files is few builds, and the last content is served', async (t) => {
  const modules = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`src/m${index}.ts`, `export const m${index} = 1`]))
  const imports = Object.keys(modules).map((_, index) => `import { m${index} } from "../../src/m${index}.ts"`).join('\n')
  const sum = Object.keys(modules).map((_, index) => `m${index}`).join('+')
  const { after, ask, app, root } = await watchSite(t, { ...modules, 'netlify/functions/a.ts': saying(sum, imports) })
  let builds = 0
  app.netlifyFunctions.on('build', () => { builds++ })
  t.equal(await ask(url('a')), '1000')
  await after(async () => {
    await Promise.all(Object.entries(modules).map(async ([path, text]) => await writeFile(join(root, path), text.replace('= 1', '= 2'))))
  }, () => true)
  while (await ask(url('a')) !== '2000') await after(async () => {})
  t.ok(builds <= 10, `${builds} builds`)
})
