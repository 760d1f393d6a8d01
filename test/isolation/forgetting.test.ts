import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { CallDesk } from '../../lib/invoke/threads/call-desk.ts'
import { Ledger } from '../../lib/invoke/threads/ledger.ts'
import { createThreadPool } from '../../lib/invoke/threads/pool.ts'
import { registerSite } from '../../lib/invoke/threads/site-registry.ts'
import type { SiteSettings } from '../../lib/invoke/threads/messages.ts'
import { saying, serveSite } from '../reload/site.ts'
import { captureLog } from '../helper.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

t.test('a thread lets go of the settings of a version that is not served any more', async (t) => {
  const desk = new CallDesk(new Ledger(), () => {}, () => {})
  const weak = (() => {
    const given = settings({})
    desk.receive({ type: 'site', site: 1 }, given)
    return new WeakRef(given)
  })()
  desk.receive({ type: 'forget', site: 1 }, null)
  await new Promise(setImmediate)
  collect()
  t.equal(weak.deref(), undefined)
})

t.test('groups of threads whose variables nobody has any more are let go of', async (t) => {
  const pool = createThreadPool({ threads: { min: 1, max: 1 }, memory: 64, idleTimeout: 1000, log: captureLog().logger as never, print: () => {} })
  t.teardown(async () => { await pool.close(0) })
  const load = async (version: string): Promise<WeakRef<object>> => {
    const site = registerSite(settings({ VERSION: version }))
    await pool.load(site, { source: { name: 'absent', file: '/absent.mjs', directory: '/' }, bundle: { path: '/absent.mjs', lightObjects: false, prebuilt: false }, root: '/', toml: {}, instance: '' }, 'request').catch(() => {})
    pool.keep(site, new Set())
    return new WeakRef(site)
  }
  const first = await load('1')
  for (const version of ['2', '3', '4']) await load(version)
  await new Promise(setImmediate)
  collect()
  t.equal(first.deref(), undefined)
})

t.test('a thread that lasts runs each version with its own settings', async (t) => {
  const { app, get } = await serveSite(t, { 'netlify/functions/a.mjs': saying('same') }, { isolation: { request: 'thread', threads: 1 } })
  for (let reload = 0; reload < 3; reload++) {
    t.equal(await get('/.netlify/functions/a'), 'same')
    await app.netlifyFunctions.reload()
  }
  t.equal(await get('/.netlify/functions/a'), 'same')
})

function settings (env: Record<string, string>): SiteSettings {
  return { env, identity: {} as never, blobs: undefined, maxLambdaBody: 1, exposeErrors: true }
}
