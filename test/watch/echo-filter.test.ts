import { lutimes, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { createEchoFilter } from '../../lib/site/echo-filter.ts'
import { createSite } from '../helper.ts'

/** Gives what asks the filter about files of a site, some time after they were written. */
async function filterOf (t: Test, files: Record<string, string>): Promise<{ root: string, ask: (...names: string[]) => Promise<string[]> }> {
  const root = await createSite(t, files)
  const withoutEchoes = createEchoFilter()
  let later = 0
  mock.method(Date, 'now', () => performance.timeOrigin + performance.now() + (later += 1000))
  t.teardown(() => { mock.restoreAll() })
  return {
    root,
    ask: async (...names) => [...await withoutEchoes(new Set(names.map((name) => join(root, name))))].map((path) => path.slice(root.length + 1))
  }
}

t.test('what is told twice is news once', async (t) => {
  const { root, ask } = await filterOf(t, { 'a.ts': '1', 'b.ts': '1' })
  t.strictSame(await ask('a.ts'), ['a.ts'])
  t.strictSame(await ask('a.ts', 'b.ts'), ['b.ts'])
  await rm(join(root, 'a.ts'))
  t.strictSame(await ask('a.ts'), ['a.ts'])
  t.strictSame(await ask('a.ts'), [])
})

t.test('a file that was written, replaced or touched is news, whatever its times say', async (t) => {
  const { root, ask } = await filterOf(t, { 'a.ts': '1' })
  const file = join(root, 'a.ts')
  await ask('a.ts')
  await writeFile(file, '2')
  t.strictSame(await ask('a.ts'), ['a.ts'])
  await writeFile(`${file}.tmp`, '3')
  await lutimes(`${file}.tmp`, 1, 1)
  await rename(`${file}.tmp`, file)
  t.strictSame(await ask('a.ts'), ['a.ts'])
  await lutimes(file, 1, 1)
  t.strictSame(await ask('a.ts'), ['a.ts'])
})

t.test('a change so young that another could have the same time is news', async (t) => {
  const root = await createSite(t, {})
  const file = join(root, 'a.ts')
  const withoutEchoes = createEchoFilter()
  await writeFile(file, '1')
  await withoutEchoes(new Set([file]))
  t.equal((await withoutEchoes(new Set([file]))).size, 1)
})

t.test('a large burst is passed on as it is', async (t) => {
  const { ask } = await filterOf(t, {})
  const names = Array.from({ length: 101 }, (_, index) => `f${index}`)
  t.equal((await ask(...names)).length, 101)
  t.equal((await ask(...names)).length, 101)
})
