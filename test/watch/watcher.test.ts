import { once, EventEmitter } from 'node:events'
import fs from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { mock } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { watchFiles, type Watcher, type WatcherOptions } from '../../lib/site/watcher.ts'
import { createSite, writeFiles, type SiteFiles } from '../helper.ts'

interface Watched {
  readonly root: string
  readonly watcher: Watcher
  /** Every change so far, in order; may be emptied. */
  readonly changes: Array<ReadonlySet<string>>
  /** Waits until all of these paths, relative to the root, have been told. */
  told (...paths: string[]): Promise<void>
}

async function watchSite (t: Test, files: SiteFiles, options: Partial<WatcherOptions> = {}): Promise<Watched> {
  const root = options.root ?? await createSite(t, files)
  const changes: Array<ReadonlySet<string>> = []
  const events = new EventEmitter()
  const watcher = await watchFiles({
    root,
    except: [],
    since: Infinity,
    async onChange (paths) {
      changes.push(paths)
      events.emit('change')
    },
    onError: (error) => t.fail(error.message),
    ...options
  })
  t.teardown(watcher.close)
  await watcher.ready
  return {
    root,
    watcher,
    changes,
    async told (...paths) {
      const all = (): Set<string> => new Set(changes.flatMap((change) => [...change]))
      while (paths.some((path) => !all().has(join(root, path)))) await once(events, 'change')
    }
  }
}

t.test('a save is one change, also when the editor writes a draft and renames it', async (t) => {
  const { root, changes, told } = await watchSite(t, { 'a.ts': '1', 'b.ts': '1' })
  await writeFile(join(root, 'a.ts'), '2')
  await told('a.ts')
  t.strictSame(changes.map((paths) => [...paths]), [[join(root, 'a.ts')]])

  await writeFile(join(root, 'b.ts.tmp'), '2')
  await rename(join(root, 'b.ts.tmp'), join(root, 'b.ts'))
  await told('b.ts')
  t.equal(changes.length, 2)
})

t.test('a file that is removed and written again has never been away', async (t) => {
  const root = await createSite(t, { 'a.ts': '1' })
  const seen: boolean[] = []
  const events = new EventEmitter()
  await watchSite(t, {}, {
    root,
    async onChange () {
      seen.push(fs.existsSync(join(root, 'a.ts')))
      events.emit('change')
    }
  })
  const changed = once(events, 'change')
  await rm(join(root, 'a.ts'))
  // As long as an editor takes, and longer than a burst of changes is waited for.
  await pass(30)
  await writeFile(join(root, 'a.ts'), '2')
  await changed
  t.strictSame(seen, [true])
})

t.test('saves that follow each other quickly are all noticed', async (t) => {
  let seen = ''
  const events = new EventEmitter()
  const root = await createSite(t, { 'a.ts': '0' })
  await watchSite(t, {}, {
    root,
    async onChange () {
      seen = await readFile(join(root, 'a.ts'), 'utf8')
      events.emit('read')
    }
  })
  for (let turn = 1; turn <= 10; turn++) {
    await writeFile(join(root, 'a.ts'), String(turn))
    while (seen !== String(turn)) await once(events, 'read')
  }
  t.equal(seen, '10')
})

t.test('a burst of 1,000 files loses none, and is few changes', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`src/${index % 10}/f${index}.ts`, '1']))
  const { root, changes, told } = await watchSite(t, files)
  await Promise.all(Object.keys(files).map(async (file) => await writeFile(join(root, file), '2')))
  await told(...Object.keys(files))
  t.ok(changes.length <= 10, `${changes.length} changes`)
})

t.test('everything in a new directory is noticed, and what is renamed or removed with one', async (t) => {
  const { root, told, changes } = await watchSite(t, { 'a.ts': '' })
  const files = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`lib/${index % 5}/deep/f${index}.ts`, '1']))
  await writeFiles(root, files)
  await told(...Object.keys(files))

  await rename(join(root, 'lib'), join(root, 'moved'))
  await told(...Object.keys(files).map((file) => file.replace('lib', 'moved')))
  changes.length = 0
  await rm(join(root, 'moved'), { recursive: true })
  await told('moved')

  changes.length = 0
  await mkdir(join(root, 'moved'))
  await writeFile(join(root, 'moved', 'again.ts'), '')
  await told('moved/again.ts')
})

t.test('what was written before everything was watched is a change, too', async (t) => {
  const since = Date.now()
  const root = await createSite(t, { 'a.ts': '', 'lib/b.ts': '' })
  const { told, changes } = await watchSite(t, {}, { root, since })
  await told('a.ts', 'lib/b.ts')
  t.equal(changes.length, 1)
})

t.test('packages, what git keeps and what the plugin writes itself are left out', async (t) => {
  const root = await createSite(t, { 'node_modules/x/index.js': '', '.git/index': '', '.netlify/functions-cache/x.mjs': '', '.netlify/v1/functions/f.js': '', 'stores/x': '', 'end.ts': '' })
  const { changes, told } = await watchSite(t, {}, { root, except: [join(root, 'stores')] })
  await writeFiles(root, { 'node_modules/x/index.js': '1', 'lib/node_modules/y/index.js': '1', '.git/index': '1', '.netlify/functions-cache/x.mjs': '1', '.netlify/background.sqlite': '1', 'stores/x': '1' })
  await writeFiles(root, { '.netlify/v1/functions/f.js': '1', 'end.ts': '1' })
  await told('end.ts', '.netlify/v1/functions/f.js')
  const paths = changes.flatMap((change) => [...change]).filter((path) => /node_modules|\.git\/|functions-cache|sqlite|stores/.test(path))
  t.strictSame(paths, [])
})

t.test('directories outside of the root are watched when they are included, without what is below them', async (t) => {
  const outside = await createSite(t, { 'shared/x.ts': '', 'shared/below/y.ts': '' })
  const { root, watcher, changes, told } = await watchSite(t, { 'a.ts': '' })
  watcher.include([join(outside, 'shared'), root])
  const shared = join(outside, 'shared', 'x.ts')
  while (!changes.some((change) => change.has(shared))) {
    // Until chokidar has begun to watch, nobody can tell.
    await writeFile(shared, String(performance.now()))
    await pass(20)
  }
  await writeFile(join(outside, 'shared', 'below', 'y.ts'), '1')
  await writeFile(join(root, 'a.ts'), '1')
  await told('a.ts')
  t.notOk(changes.some((change) => change.has(join(outside, 'shared', 'below', 'y.ts'))))
})

t.test('a system that can watch no more is told about once, with the remedy', async (t) => {
  mock.method(fs, 'watch', () => { throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' }) })
  syncBuiltinESMExports()
  t.teardown(() => {
    mock.restoreAll()
    syncBuiltinESMExports()
  })
  const errors: Error[] = []
  await watchSite(t, { 'a.ts': '', 'lib/b.ts': '' }, { onError: (error) => errors.push(error) })
  t.match(errors.map(({ message }) => message), [/^Some changes of files will not be noticed: ENOSPC: .*; raise the limit of inotify watches/])
  t.equal(errors.length, 1)
})

t.test('nothing is told after close', async (t) => {
  const { root, watcher, changes } = await watchSite(t, { 'a.ts': '' })
  const { root: other, told } = await watchSite(t, { 'b.ts': '' })
  await writeFile(join(root, 'a.ts'), '1')
  await watcher.close()
  await watcher.close()
  await writeFile(join(root, 'a.ts'), '2')
  await writeFile(join(other, 'b.ts'), '2')
  await told('b.ts')
  t.equal(changes.length, 0)
})
