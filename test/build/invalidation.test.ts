import { cp, mkdir, rm, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createSite, writeFiles, type SiteFiles } from '../helper.ts'
import { answering, boot } from './boot.ts'

interface Change {
  readonly title: string
  readonly files: SiteFiles
  readonly before: unknown
  readonly change: SiteFiles | ((root: string) => Promise<unknown>)
  readonly after: unknown
  readonly functions?: string
}

const files = {
  paths: (target: string): string => `{ "compilerOptions": { "paths": { "text": ["${target}"] } } }`,
  x: { 'netlify/functions/x.mts': answering('import text from "text"', 'text') },
  texts: { 'one.ts': 'export default "one"', 'two.ts': 'export default "two"' },
  helper: { 'netlify/functions/x.mts': answering('import text from "../../lib/helper"', 'text') }
}

const dep = (directory: string, main: string, text: string): SiteFiles => ({
  [`${directory}/node_modules/dep/package.json`]: JSON.stringify({ name: 'dep', main }),
  [`${directory}/node_modules/dep/${main}`]: `module.exports = ${JSON.stringify(text)}`
})
const usesDep = { 'netlify/functions/x.mts': answering('import dep from "dep"', 'dep') }

const changes: Change[] = [
  {
    title: 'the function itself',
    files: { 'netlify/functions/x.mts': answering('', '"one"') },
    before: 'one',
    change: { 'netlify/functions/x.mts': answering('', '"two"') },
    after: 'two'
  },
  {
    title: 'an imported JSON file',
    files: { 'netlify/functions/x.mts': answering('import data from "./x.json"', 'data.n'), 'netlify/functions/x.json': '{ "n": 1 }' },
    before: 1,
    change: { 'netlify/functions/x.json': '{ "n": 2 }' },
    after: 2
  },
  {
    title: 'the tsconfig.json',
    files: { ...files.x, ...files.texts, 'tsconfig.json': files.paths('./one.ts') },
    before: 'one',
    change: { 'tsconfig.json': files.paths('./two.ts') },
    after: 'two'
  },
  {
    title: 'a new tsconfig.json nearer to the function',
    files: { ...files.x, ...files.texts, 'tsconfig.json': files.paths('./one.ts') },
    before: 'one',
    change: { 'netlify/tsconfig.json': files.paths('../two.ts') },
    after: 'two'
  },
  {
    title: 'what the tsconfig.json extends',
    files: { ...files.x, ...files.texts, 'tsconfig.json': '{ "extends": "./base.json" }', 'base.json': files.paths('./one.ts') },
    before: 'one',
    change: { 'base.json': files.paths('./two.ts') },
    after: 'two'
  },
  {
    title: 'a project that the tsconfig.json references',
    files: { ...files.x, ...files.texts, 'tsconfig.json': '{ "files": [], "references": [{ "path": "./project.json" }] }', 'project.json': files.paths('./one.ts') },
    before: 'one',
    change: { 'project.json': files.paths('./two.ts') },
    after: 'two'
  },
  {
    title: 'the tsconfig.json of the root, for functions outside of it',
    files: { '../functions/x.mts': answering('import text from "text"', 'text'), ...files.texts, 'tsconfig.json': files.paths('./one.ts') },
    functions: '../functions',
    before: 'one',
    change: { 'tsconfig.json': files.paths('./two.ts') },
    after: 'two'
  },
  {
    title: 'the first tsconfig.json, at the root, for functions outside of it',
    files: { '../functions/x.mts': answering('import text from "text"', 'text'), ...dep('..', 'unused.js', ''), '../node_modules/text/index.js': 'module.exports = "package"', ...files.texts },
    functions: '../functions',
    before: 'package',
    change: { 'tsconfig.json': files.paths('./two.ts') },
    after: 'two'
  },
  {
    title: 'a file that comes first in "paths"',
    files: { ...files.x, 'two.ts': 'export default "two"', 'tsconfig.json': '{ "compilerOptions": { "paths": { "text": ["./one.ts", "./two.ts"] } } }' },
    before: 'two',
    change: { 'one.ts': 'export default "one"' },
    after: 'one'
  },
  {
    title: 'the "type" of package.json',
    files: { 'package.json': '{ "type": "commonjs" }', 'netlify/functions/x.ts': answering('import dep from "dep"', 'dep'), 'node_modules/dep/package.json': '{}', 'node_modules/dep/index.js': 'Object.defineProperty(exports, "__esModule", { value: true })\nexports.default = "its default"' },
    before: 'its default',
    change: { 'package.json': '{ "type": "module" }' },
    after: { default: 'its default' }
  },
  {
    title: 'a new package.json nearer to the function',
    files: { 'package.json': '{ "type": "module" }', 'netlify/functions/x.ts': answering('import dep from "dep"', 'dep'), 'node_modules/dep/package.json': '{}', 'node_modules/dep/index.js': 'Object.defineProperty(exports, "__esModule", { value: true })\nexports.default = "its default"' },
    before: { default: 'its default' },
    change: { 'netlify/package.json': '{}' },
    after: 'its default'
  },
  {
    title: '"imports" of package.json',
    files: { ...files.texts, 'package.json': '{ "imports": { "#text": "./one.ts" } }', 'netlify/functions/x.mts': answering('import text from "#text"', 'text') },
    before: 'one',
    change: { 'package.json': '{ "imports": { "#text": "./two.ts" } }' },
    after: 'two'
  },
  {
    title: 'a new file of a better extension',
    files: { ...files.helper, 'lib/helper.js': 'export default "js"' },
    before: 'js',
    change: { 'lib/helper.ts': 'export default "ts"' },
    after: 'ts'
  },
  {
    title: 'a new file with the very name that was imported',
    files: { 'netlify/functions/x.mts': answering('import text from "../../lib/helper.js"', 'text'), 'lib/helper.ts': 'export default "ts"' },
    before: 'ts',
    change: { 'lib/helper.js': 'export default "js"' },
    after: 'js'
  },
  {
    title: 'a new file beside a directory of its name',
    files: { ...files.helper, 'lib/helper/index.ts': 'export default "directory"' },
    before: 'directory',
    change: { 'lib/helper.ts': 'export default "file"' },
    after: 'file'
  },
  {
    title: 'a removed file, for which a directory steps in',
    files: { ...files.helper, 'lib/helper.ts': 'export default "file"', 'lib/helper/index.ts': 'export default "directory"' },
    before: 'file',
    change: async (root) => await unlink(join(root, 'lib/helper.ts')),
    after: 'directory'
  },
  {
    title: 'an optional file that was not there',
    files: { 'netlify/functions/x.cjs': 'let text = "absent"\ntry { text = require("../../lib/optional") } catch {}\nexports.default = () => Response.json(text)' },
    before: 'absent',
    change: { 'lib/optional.js': 'module.exports = "there"' },
    after: 'there'
  },
  {
    title: 'a package whose entry moved',
    files: { ...usesDep, ...dep('.', 'one.js', 'one') },
    before: 'one',
    change: dep('.', 'lib/two.js', 'two'),
    after: 'two'
  },
  {
    title: 'a package installed nearer to the function',
    files: { ...usesDep, ...dep('.', 'one.js', 'far') },
    before: 'far',
    change: dep('netlify/functions', 'one.js', 'near'),
    after: 'near'
  },
  {
    title: 'a package that was missing',
    files: { 'netlify/functions/x.cjs': 'let text = "absent"\ntry { text = require("dep") } catch {}\nexports.default = () => Response.json(text)' },
    before: 'absent',
    change: dep('netlify', 'one.js', 'there'),
    after: 'there'
  },
  {
    title: 'a workspace package that an installed one replaces',
    files: { ...usesDep, 'packages/dep/package.json': '{ "main": "main.ts" }', 'packages/dep/main.ts': 'export default "workspace"' },
    before: 'workspace',
    change: async (root) => {
      await unlink(join(root, 'node_modules/dep'))
      await writeFiles(root, dep('.', 'one.js', 'installed'))
    },
    after: 'installed'
  }
]

for (const { title, files, before, change, after, functions } of changes) {
  t.test(`what changes is rebuilt: ${title}`, async (t) => {
    const root = await prepare(t, files)
    t.same(await boot(root, functions), { bundled: 1, answers: { x: before } })
    if (typeof change === 'function') await change(root)
    else await writeFiles(root, change)
    t.same(await boot(root, functions), { bundled: 1, answers: { x: after } })
    t.same(await boot(root, functions), { bundled: 0, answers: { x: after } })
  })
}

async function prepare (t: Test, files: SiteFiles): Promise<string> {
  const root = join(await createSite(t, {}), 'site')
  await writeFiles(root, files)
  if ('packages/dep/main.ts' in files) {
    await mkdir(join(root, 'node_modules'), { recursive: true })
    await symlink('../packages/dep', join(root, 'node_modules/dep'))
  }
  return root
}

t.test('what changes is rebuilt: a symbolic link that leads to another file', async (t) => {
  const root = await createSite(t, { 'v1/x.mts': answering('', '"one"'), 'v2/x.mts': answering('', '"two"'), 'netlify/functions/.keep': '' })
  const link = join(root, 'netlify/functions/x.mts')
  await symlink('../../v1/x.mts', link)
  t.same(await boot(root), { bundled: 1, answers: { x: 'one' } })
  await unlink(link)
  await symlink('../../v2/x.mts', link)
  t.same(await boot(root), { bundled: 1, answers: { x: 'two' } })
})

t.test('what changes is rebuilt: a release, where the root is a symbolic link and .netlify outlives releases', async (t) => {
  const top = await createSite(t, { 'v1/netlify/functions/x.mts': answering('', '"one"'), 'v2/netlify/functions/x.mts': answering('', '"two"'), 'kept/.keep': '' })
  const root = join(top, 'current')
  for (const release of ['v1', 'v2']) await symlink('../kept', join(top, release, '.netlify'))
  await symlink('v1', root)
  t.same(await boot(root), { bundled: 1, answers: { x: 'one' } })
  await unlink(root)
  await symlink('v2', root)
  t.same(await boot(root), { bundled: 1, answers: { x: 'two' } })
})

t.test('a site that was moved, cache and all, is rebuilt for its new place', async (t) => {
  const root = await createSite(t, { 'before/netlify/functions/x.mts': answering('', 'import.meta.dirname'), 'before/netlify/functions/y.cts': answering('import dep from "dep"', 'dep'), ...dep('before', 'one.js', 'dep') })
  const [before, after] = [join(root, 'before'), join(root, 'after')]
  t.same(await boot(before), { bundled: 2, answers: { x: join(before, 'netlify/functions'), y: 'dep' } })
  await cp(before, after, { recursive: true })
  await rm(before, { recursive: true })
  t.same(await boot(after), { bundled: 2, answers: { x: join(after, 'netlify/functions'), y: 'dep' } })
})
