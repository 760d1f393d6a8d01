import { readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createApp, createSite, writeFiles } from '../helper.ts'
import { answering, boot } from './boot.ts'

t.test('an unchanged site builds nothing at the second start, nor one whose files were only touched', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/a.mts': answering('import { text } from "../../lib/text"', 'text'),
    'netlify/functions/b.cts': answering('import dep from "dep"', 'dep'),
    'netlify/functions/_helper.ts': 'export const helper = 1',
    'lib/text.ts': 'export const text = "text"',
    'node_modules/dep/package.json': '{ "name": "dep" }',
    'node_modules/dep/index.js': 'module.exports = "dep"'
  })
  const answers = { a: 'text', b: 'dep' }
  t.same(await boot(root), { bundled: 3, answers })
  t.same(await boot(root), { bundled: 0, answers })

  await utimes(join(root, 'lib/text.ts'), new Date(), new Date())
  await writeFiles(root, { 'lib/unrelated.ts': 'export {}', 'node_modules/other/package.json': '{}' })
  t.same(await boot(root), { bundled: 0, answers })
})

t.test('a changed helper rebuilds the functions that import it and no others', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/direct.mts': answering('import { text } from "../../lib/text.ts"', 'text'),
    'netlify/functions/indirect.cts': answering('import { shout } from "../../lib/shout"', 'shout'),
    'netlify/functions/alone.mts': answering('', '"alone"'),
    'netlify/functions/other.mts': answering('import { other } from "../../lib/other.ts"', 'other'),
    'lib/text.ts': 'export const text = "one"',
    'lib/shout.ts': 'import { text } from "./text"\nexport const shout = text + "!"',
    'lib/other.ts': 'export const other = "other"'
  })
  t.same(await boot(root), { bundled: 4, answers: { direct: 'one', indirect: 'one!', alone: 'alone', other: 'other' } })
  await writeFiles(root, { 'lib/text.ts': 'export const text = "two"' })
  t.same(await boot(root), { bundled: 2, answers: { direct: 'two', indirect: 'two!', alone: 'alone', other: 'other' } })
  await writeFiles(root, { 'lib/text.ts': 'export const text = "one"' })
  t.match(await boot(root), { answers: { direct: 'one', indirect: 'one!' } }, 'and back')
})

const damages: Array<[title: string, damage: (cache: { directory: string, entry: string, bundle: string }) => Promise<unknown>]> = [
  ...['', '{', 'null', '[]', '{}', '"text"', '{ "file": 1 }', '\0'].map((content): typeof damages[number] =>
    [`an entry that is ${JSON.stringify(content)}`, ({ entry }) => writeFile(entry, content)]),
  ['a missing entry', ({ entry }) => rm(entry)],
  ['a bundle that is empty', ({ bundle }) => writeFile(bundle, '')],
  ['a bundle that was cut', ({ bundle }) => truncate(bundle, 100)],
  ['a bundle that was changed', ({ bundle }) => writeFile(bundle, 'export default () => Response.json("changed")')],
  ['a missing bundle', ({ bundle }) => rm(bundle)],
  ['a missing cache', ({ directory }) => rm(directory, { recursive: true })]
]

for (const [title, damage] of damages) {
  t.test(`a corrupt cache is rebuilt: ${title}`, async (t) => {
    const root = await createSite(t, { 'netlify/functions/x.mts': answering('', '"right"'), 'netlify/functions/y.mts': answering('', '"other"') })
    t.equal((await boot(root)).bundled, 2)
    const directory = join(root, '.netlify/functions-cache')
    const names = await readdir(directory)
    const find = (extension: string): string => join(directory, names.find((name) => name.startsWith('x-') && name.endsWith(extension))!)
    await damage({ directory, entry: find('.json'), bundle: find('.mjs') })

    const { bundled, answers } = await boot(root)
    t.same(answers, { x: 'right', y: 'other' })
    t.equal(bundled, title === 'a missing cache' ? 2 : 1)
    t.equal((await boot(root)).bundled, 0, 'repaired')
  })
}

t.test('what nobody used for a day is removed; what is in use or fresh stays', async (t) => {
  const root = await createSite(t, { 'netlify/functions/x.mts': answering('', '1') })
  const directory = join(root, '.netlify/functions-cache')
  await boot(root)
  const inUse = await readdir(directory)
  await writeFiles(directory, { 'stale.mjs': '', 'stale.json': '', 'stale.mjs.abc.tmp': '', 'fresh.mjs': '', 'fresh.json.abc.tmp': '' })
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000)
  for (const name of await readdir(directory)) {
    if (!name.startsWith('fresh')) await utimes(join(directory, name), twoDaysAgo, twoDaysAgo)
  }

  t.equal((await boot(root)).bundled, 0)
  t.same((await readdir(directory)).sort(), [...inUse, 'fresh.mjs', 'fresh.json.abc.tmp'].sort())
})

t.test('of two sites with one root, neither removes what the other has used today', async (t) => {
  const root = await createSite(t, { 'one/x.mts': answering('', '1'), 'two/y.mts': answering('', '2') })
  const directory = join(root, '.netlify/functions-cache')
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000)
  for (const functions of ['one', 'two']) t.equal((await boot(root, functions)).bundled, 1)

  for (const name of await readdir(directory)) await utimes(join(directory, name), twoDaysAgo, twoDaysAgo)
  t.equal((await boot(root, 'one')).bundled, 0)
  t.equal((await boot(root, 'two')).bundled, 1, 'unused for two days')
  for (const functions of ['one', 'two']) t.equal((await boot(root, functions)).bundled, 0)
})

t.test('several starts at once on one root do not disturb each other', async (t) => {
  const root = await createSite(t, {
    'lib/text.ts': 'export const text = "text"',
    ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`netlify/functions/f${n}.mts`, answering('import { text } from "../../lib/text"', `text + ${n}`)]))
  })
  const answers = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, `text${n}`]))
  for (const boots of [await Promise.all([boot(root), boot(root), boot(root)]), [await boot(root)]]) {
    for (const booted of boots) t.same(booted.answers, answers)
  }
  t.equal((await boot(root)).bundled, 0)
  t.same((await readdir(join(root, '.netlify/functions-cache'))).filter((name) => name.endsWith('.tmp')), [])
})

t.test('where .netlify cannot be written, bundles go to a temporary directory that close() removes', async (t) => {
  const temporary = await createSite(t, {})
  const before = process.env.TMPDIR
  process.env.TMPDIR = temporary
  t.teardown(() => { if (before === undefined) delete process.env.TMPDIR; else process.env.TMPDIR = before })
  const app = await createApp(t, { '.netlify': 'a file', 'netlify/functions/x.mts': answering('import dep from "dep"', 'dep + import.meta.filename.split("/").pop()'), 'node_modules/dep/index.js': 'module.exports = "dep "' })

  t.equal((await app.inject('/.netlify/functions/x')).json(), 'dep x.mts')
  const isCache = (name: string): boolean => name.startsWith('netlify-functions-')
  t.equal((await readdir(temporary)).filter(isCache).length, 1)
  await app.close()
  t.equal((await readdir(temporary)).filter(isCache).length, 0)
})

t.test('the cache keeps itself out of git', async (t) => {
  const root = await createSite(t, { 'netlify/functions/x.mts': answering('', '1') })
  await boot(root)
  t.ok((await readdir(join(root, '.netlify/functions-cache'))).includes('.gitignore'))
})
