import { rejects } from 'node:assert'
import t from 'tap'
import { FST_NETLIFY_BUILD_FAILED, FST_NETLIFY_INVALID_TOML, FST_NETLIFY_LOAD_FAILED, FST_NETLIFY_RELOAD_FAILED } from '../../lib/errors.ts'
import { counting, saying, serveSite } from './site.ts'

const functions = 'netlify/functions'
const byName = '/.netlify/functions'

for (const [title, files, cause] of [
  ['a function that does not build', { [`${functions}/a.mjs`]: 'export default (' }, FST_NETLIFY_BUILD_FAILED],
  ['a function that throws while it is loaded', { [`${functions}/a.mjs`]: 'throw new Error("not today")' }, FST_NETLIFY_LOAD_FAILED],
  ['a broken netlify.toml', { 'netlify.toml': '[build\n' }, FST_NETLIFY_INVALID_TOML]
] as const) {
  t.test(`${title} is not served, the old version is`, async (t) => {
    const { app, write, get, builds, log } = await serveSite(t, { [`${functions}/a.mjs`]: counting(), [`${functions}/b.mjs`]: saying('old') })
    t.equal(await get(`${byName}/a`), '1')
    await write({ [`${functions}/b.mjs`]: saying('new'), ...files })
    const error = await app.netlifyFunctions.reload().catch((thrown: unknown) => thrown)
    t.ok(error instanceof FST_NETLIFY_RELOAD_FAILED)
    t.ok((error as Error).cause instanceof cause)
    t.equal(await get(`${byName}/a`), '2')
    t.equal(await get(`${byName}/b`), 'old')
    t.match(builds, [{ outcome: 'refused', error }])
    t.ok(log.lines.some(({ level, err }) => level === 50 && err?.code === 'FST_NETLIFY_RELOAD_FAILED'))

    await write({ [`${functions}/a.mjs`]: saying('mended'), 'netlify.toml': '' })
    await app.netlifyFunctions.reload()
    t.equal(await get(`${byName}/a`), 'mended')
    t.equal(await get(`${byName}/b`), 'new')
  })
}

t.test('a function that fails already, or is new, does not keep the others back', async (t) => {
  const { app, write, get } = await serveSite(t, { [`${functions}/broken.mjs`]: 'export default (', [`${functions}/a.mjs`]: saying('old') })
  await write({ [`${functions}/a.mjs`]: saying('new'), [`${functions}/new.mjs`]: 'export default 42' })
  await app.netlifyFunctions.reload()
  t.equal(await get(`${byName}/a`), 'new')
  t.equal(await get(`${byName}/broken`), '500')
  t.equal(await get(`${byName}/new`), '500')
})

t.test('`check` sees the new version before anybody else, and may refuse it', async (t) => {
  const { app, write, get } = await serveSite(t, { [`${functions}/health.mjs`]: saying('old') })
  await write({ [`${functions}/health.mjs`]: saying('sick') })
  const seen: string[] = []
  const reload = app.netlifyFunctions.reload({
    async check (candidate) {
      t.match(candidate.functions, [{ name: 'health', state: 'ready' }])
      seen.push(await (await candidate.invoke('health')).text(), await get(`${byName}/health`))
      throw new Error('not well')
    }
  })
  await rejects(reload, { code: 'FST_NETLIFY_RELOAD_FAILED', message: /not well/ })
  t.same(seen, ['sick', 'old'])
  t.equal(await get(`${byName}/health`), 'old')
  await app.netlifyFunctions.reload({ check: async ({ invoke }) => t.equal(await (await invoke('health')).text(), 'sick') })
  t.equal(await get(`${byName}/health`), 'sick')
})

t.test('reloads wait for each other, and what each of them reads lies on the disk when its turn comes', async (t) => {
  const { app, write, get } = await serveSite(t, { [`${functions}/a.mjs`]: saying('0') })
  await write({ [`${functions}/a.mjs`]: saying('1') })
  const { promise: checking, resolve: go } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const first = app.netlifyFunctions.reload({
    async check () {
      begin()
      await checking
      throw new Error('refused')
    }
  })
  const second = app.netlifyFunctions.reload()
  await begun
  await write({ [`${functions}/a.mjs`]: saying('2') })
  go()
  await rejects(first)
  await second
  t.equal(await get(`${byName}/a`), '2')
})

t.test('a server that closes takes no reload, and waits for the one under way', async (t) => {
  const { app } = await serveSite(t, { [`${functions}/a.mjs`]: saying('0') })
  const order: string[] = []
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const reload = app.netlifyFunctions.reload({ check: () => begin() }).finally(() => order.push('reloaded'))
  await begun
  await app.close()
  order.push('closed')
  await reload
  t.same(order, ['reloaded', 'closed'])
  await rejects(app.netlifyFunctions.reload(), { code: 'FST_NETLIFY_RELOAD_FAILED', message: /shutting down/ })
})
