import { once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { serveSite } from '../reload/site.ts'
import { answering, boot } from './boot.ts'

const HOUR = 60 * 60 * 1000
const LONG_AGO = new Date(Date.now() - 48 * HOUR)

t.test('bundles that a server may need for a new thread are kept, however long it runs and whoever builds there', async (t) => {
  const intervals: Array<() => void> = []
  const { setInterval: original } = globalThis
  t.teardown(() => { globalThis.setInterval = original })
  globalThis.setInterval = Object.assign((callback: () => void, delay?: number) => {
    if (delay! < HOUR) return original(callback, delay)
    t.ok(delay! < 24 * HOUR, 'often enough')
    intervals.push(callback)
    return original(() => {}, delay)
  }, original)

  const file = 'netlify/functions/kept.mjs'
  const { root, write } = await serveSite(t, { [file]: answering('', '"old"') }, { isolation: { request: 'thread' } })
  const directory = join(root, '.netlify/functions-cache')
  const bundle = join(directory, (await readdir(directory)).find((name) => name.startsWith('kept-') && name.endsWith('.mjs'))!)
  await utimes(bundle, LONG_AGO, LONG_AGO)
  const watcher = watch(bundle)
  const touched = once(watcher, 'change')
  for (const callback of intervals) callback()
  await touched
  watcher.close()

  await write({ [file]: answering('', '"new"') })
  t.match(await boot(root), { bundled: 1 })
  t.ok(existsSync(bundle), 'also when another server has other bundles')
})
