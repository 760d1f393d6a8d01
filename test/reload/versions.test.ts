import { EventEmitter, once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { listen } from '../helper.ts'
import { counting, saying, serveSite } from './site.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const functions = 'netlify/functions'
const byName = '/.netlify/functions'

t.test('a reload serves functions that are new or have changed, and no longer those that are gone', async (t) => {
  const { root, app, write, get, builds } = await serveSite(t, {
    [`${functions}/changed.mjs`]: saying('old'),
    [`${functions}/moved.mjs`]: saying('moved', { path: '/from' }),
    [`${functions}/gone.mjs`]: saying('gone', { path: '/gone/:id' })
  })
  t.equal(await get('/gone/1'), 'gone')
  await write({
    [`${functions}/changed.mjs`]: saying('new'),
    [`${functions}/moved.mjs`]: saying('moved', { path: '/to/:somewhere' }),
    [`${functions}/added.mjs`]: saying('added'),
    [`${functions}/deep.mjs`]: saying('deep', { path: ['/deep/:id', '/gone/*'] })
  })
  await rm(join(root, functions, 'gone.mjs'))
  await app.netlifyFunctions.reload()

  t.equal(await get(`${byName}/changed`), 'new')
  t.equal(await get('/from'), '404')
  t.equal(await get('/to/x'), 'moved')
  t.equal(await get(`${byName}/added`), 'added')
  t.equal(await get('/deep/1'), 'deep')
  t.equal(await get('/gone/1'), 'deep', 'under a URL that the old version had registered')
  t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['added', 'changed', 'deep', 'moved'])
  t.match(builds, [{ outcome: 'served', failed: [], error: undefined }])
  t.same([...builds[0]?.bundled ?? []].sort(), ['added', 'changed', 'deep', 'moved'])
})

for (const extension of ['mjs', 'cjs']) {
  t.test(`a function whose content is unchanged keeps its state (.${extension})`, async (t) => {
    const source = extension === 'mjs' ? counting() : 'let calls = 0\nexports.default = () => new Response(String(++calls))'
    const { app, write, get, builds } = await serveSite(t, { [`${functions}/count.${extension}`]: source, [`${functions}/other.mjs`]: saying('1') })
    t.equal(await get(`${byName}/count`), '1')
    await write({ [`${functions}/other.mjs`]: saying('2') })
    await app.netlifyFunctions.reload()
    t.equal(await get(`${byName}/count`), '2')
    t.equal(await get(`${byName}/other`), '2')
    t.same(builds.map(({ bundled }) => bundled), [['other']])
  })
}

t.test('a request under way ends on the version it began with, and newer ones do not wait for it', async (t) => {
  const { app, write } = await serveSite(t, {
    [`${functions}/slow.mjs`]: `import { word } from '../word.mjs'
      export default async () => {
        const finish = new Promise((resolve) => probe.once('finish', resolve))
        probe.emit('running')
        await finish
        return new Response(word)
      }`,
    'netlify/word.mjs': 'export const word = "old"'
  })
  const url = `${await listen(app)}${byName}/slow`
  const running = once(probe, 'running')
  const old = fetch(url)
  await running
  await write({ 'netlify/word.mjs': 'export const word = "new"', [`${functions}/quick.mjs`]: saying('quick') })
  await app.netlifyFunctions.reload()
  t.equal(await (await fetch(url.replace('slow', 'quick'))).text(), 'quick')
  probe.emit('finish')
  t.equal(await (await old).text(), 'old')

  const again = once(probe, 'running')
  const next = fetch(url)
  await again
  probe.emit('finish')
  t.equal(await (await next).text(), 'new')
})

t.test('a stream under way is sent to its end', async (t) => {
  const { app, root } = await serveSite(t, {
    [`${functions}/stream.mjs`]: `export default () => new Response(new ReadableStream({
      async pull (controller) {
        const next = new Promise((resolve) => probe.once('next', resolve))
        probe.emit('pulled')
        const chunk = await next
        if (chunk === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(chunk))
      }
    }))`
  })
  const url = `${await listen(app)}${byName}/stream`
  const pulled = once(probe, 'pulled')
  const response = fetch(url)
  await pulled
  const second = once(probe, 'pulled')
  probe.emit('next', 'one ')
  const { body } = await response
  await second
  await rm(join(root, functions, 'stream.mjs'))
  await app.netlifyFunctions.reload()
  t.equal((await fetch(url)).status, 404)
  const third = once(probe, 'pulled')
  probe.emit('next', 'two')
  await third
  probe.emit('next')
  t.equal((await Array.fromAsync(body as ReadableStream<Uint8Array>)).map((chunk) => Buffer.from(chunk).toString()).join(''), 'one two')
})

t.test('netlify.toml and the published files are read again', async (t) => {
  const { app, write, get } = await serveSite(t, {
    'netlify.toml': '[build]\npublish = "public"',
    'public/a.html': 'a',
    [`${functions}/hello.mjs`]: saying('hello')
  })
  t.equal(await get('/a'), 'a')
  await write({ 'netlify.toml': '[build]\npublish = "dist"\n[functions]\ndirectory = "lambda"', 'dist/b.html': 'b', 'lambda/there.mjs': saying('there') })
  await app.netlifyFunctions.reload()
  t.equal(await get('/a'), '404')
  t.equal(await get('/b'), 'b')
  t.equal(await get(`${byName}/hello`), '404')
  t.equal(await get(`${byName}/there`), 'there')
})

t.test('no request fails while the site is reloaded again and again', async (t) => {
  const { app, write } = await serveSite(t, { [`${functions}/n.mjs`]: saying('0', { path: '/n' }), 'public/page.html': 'page' }, { publish: 'public' })
  const origin = await listen(app)
  const replies = new Map<string, number>()
  const load = new AbortController()
  const clients = ['/n', '/page', '/n', '/page'].map(async (path) => {
    while (!load.signal.aborted) {
      const response = await fetch(origin + path)
      const reply = `${path} ${response.status}`
      replies.set(reply, (replies.get(reply) ?? 0) + 1)
      await response.text()
    }
  })
  for (let version = 1; version <= 10; version++) {
    await write({ [`${functions}/n.mjs`]: saying(String(version), { path: '/n' }) })
    await app.netlifyFunctions.reload()
    t.equal(await (await fetch(`${origin}/n`)).text(), String(version))
  }
  load.abort()
  await Promise.all(clients)
  t.same([...replies.keys()].sort(), ['/n 200', '/page 200'])
})
