import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createImageCache, type ImageCache } from '../../../lib/site/images/cache.ts'
import { createSite } from '../../helper.ts'

const entry = (bytes: number): { head: { format: string }, body: Buffer } => ({ head: { format: 'webp' }, body: Buffer.alloc(bytes, 'x') })

function open (directory: string, maxBytes = 1_000_000): ImageCache {
  return createImageCache({ directory, maxBytes, onError: (error) => { throw error } })
}

async function bytesIn (directory: string): Promise<number> {
  const sizes = await Promise.all((await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

t.test('an entry is found again, by another process too', async (t) => {
  const directory = join(await createSite(t, {}), 'a', 'cache')
  t.equal(await open(directory).read('key'), undefined)
  await open(directory).write('key', entry(100))
  t.strictSame(await open(directory).read('key'), entry(100))
  t.equal(await open(directory).read('other'), undefined)
})

t.test('a damaged entry is none', async (t) => {
  const directory = await createSite(t, {})
  await open(directory).write('key', entry(100))
  const [file] = await readdir(directory)
  const path = join(directory, file!)
  const whole = await readFile(path)
  for (const damaged of [whole.subarray(0, -1), whole.subarray(0, 20), Buffer.of(), Buffer.from('{}\n'), Buffer.from('null\n'), Buffer.from(whole.toString().replace(/.$/, 'y'))]) {
    await writeFile(path, damaged)
    t.equal(await open(directory).read('key'), undefined)
  }
  await open(directory).write('key', entry(100))
  t.strictSame(await open(directory).read('key'), entry(100))
})

t.test('the cache keeps within its bound, and what was used last', async (t) => {
  const directory = await createSite(t, {})
  const cache = open(directory, 50_000)
  for (let index = 0; index < 8; index++) {
    const before = await readdir(directory)
    await cache.write(`old ${index}`, entry(5000))
    const [file] = (await readdir(directory)).filter((name) => !before.includes(name))
    // Long ago, one after the other.
    await utimes(join(directory, file!), 1_700_000_000 + index, 1_700_000_000 + index)
  }
  t.ok(await cache.read('old 0'))
  for (let index = 0; index < 5; index++) await cache.write(`new ${index}`, entry(5000))
  t.ok(await bytesIn(directory) <= 50_000)
  t.ok(await cache.read('old 0'), 'used again')
  t.notOk(await cache.read('old 1'))
  t.ok(await cache.read('new 4'))
})

t.test('processes that share a cache keep its bound together', async (t) => {
  const directory = await createSite(t, {})
  const caches = Array.from({ length: 4 }, () => open(directory, 100_000))
  for (let index = 0; index < 15; index++) await Promise.all(caches.map(async (cache, process) => await cache.write(`${process} ${index}`, entry(5000))))
  t.ok(await bytesIn(directory) <= 100_000 * 1.5)
})

t.test('small entries count as what a disk needs for them, so that their number is bounded, too', async (t) => {
  const directory = await createSite(t, {})
  const cache = open(directory, 100_000)
  for (let index = 0; index < 60; index++) await cache.write(`key ${index}`, entry(0))
  t.ok((await readdir(directory)).length <= 100_000 / 4096)
  t.ok(await cache.read('key 59'))
})

t.test('an entry beyond the bound is not stored', async (t) => {
  const directory = await createSite(t, {})
  await open(directory, 1000).write('key', entry(1000))
  t.strictSame(await readdir(directory), [])
})

t.test('what a killed process left unfinished is removed', async (t) => {
  const directory = await createSite(t, { 'a.image.1.unfinished': 'x', 'b.image.2.unfinished': 'x' })
  await utimes(join(directory, 'a.image.1.unfinished'), 0, 0)
  await open(directory).write('key', entry(10))
  const left = await readdir(directory)
  t.notOk(left.includes('a.image.1.unfinished'))
  t.ok(left.includes('b.image.2.unfinished'), 'another process may be writing it')
})

t.test('a directory that cannot be written is said once', async (t) => {
  const root = await createSite(t, { file: '' })
  const errors: Error[] = []
  const cache = createImageCache({ directory: join(root, 'file', 'cache'), maxBytes: 1000, onError: (error) => errors.push(error) })
  await cache.write('key', entry(10))
  await cache.write('key', entry(10))
  t.match(errors, [{ code: /ENOTDIR|EEXIST/ }])
  t.equal(errors.length, 1)
  t.equal(await cache.read('key'), undefined)
})
