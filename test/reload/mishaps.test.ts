import { rejects } from 'node:assert'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { saying, serveSite } from './site.ts'

const file = 'netlify/functions/a.mjs'
const path = '/.netlify/functions/a'

t.test('a listener that throws harms no reload: the new version is served, with its own variables', async (t) => {
  const { app, write, get, builds, log } = await serveSite(t, { [file]: 'export default () => new Response(process.env.RELOAD_LISTENER)', '.env': 'RELOAD_LISTENER=old' }, { envFile: '.env' })
  t.equal(await get(path), 'old')
  app.netlifyFunctions.on('build', () => { throw new Error('listener failed') })
  await write({ '.env': 'RELOAD_LISTENER=new' })
  await app.netlifyFunctions.reload()
  t.equal(await get(path), 'new')
  t.equal(process.env.RELOAD_LISTENER, 'new')
  t.match(builds, [{ outcome: 'served', error: undefined }])
  t.ok(log.lines.some(({ level, err }) => level === 50 && err?.message === 'listener failed'))
})

t.test('a check that never ends does not keep the server from closing', async (t) => {
  const { app, builds } = await serveSite(t, { [file]: saying('old') })
  const checking = Promise.withResolvers<void>()
  const reload = app.netlifyFunctions.reload({
    check () {
      checking.resolve()
      return once(new EventTarget(), 'never')
    }
  })
  const refused = rejects(reload, { code: 'FST_NETLIFY_RELOAD_FAILED', message: /shutting down/ })
  await checking.promise
  await app.close()
  await refused
  t.match(builds, [{ outcome: 'refused' }])
})

t.test('a cache that has been deleted meanwhile is made anew', async (t) => {
  const { app, root, write, get } = await serveSite(t, { [file]: saying('old') })
  await rm(join(root, '.netlify'), { recursive: true })
  await write({ [file]: saying('new') })
  await app.netlifyFunctions.reload()
  t.equal(await get(path), 'new')
})
