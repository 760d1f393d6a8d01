import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, writeFiles, type SiteFiles } from '../helper.ts'
import { createAppWithPackages, createSiteWithPackages } from '../packages.ts'

const blobs = { directory: 'stores' }
const functions: SiteFiles = {
  'netlify/functions/all.mjs': `
    import { getDeployStore } from '@netlify/blobs'
    export default async () => {
      const store = getDeployStore()
      const { blobs } = await store.list()
      const entries = await Promise.all(blobs.map(async ({ key }) => {
        const { data, metadata } = await store.getWithMetadata(key)
        return [key, Object.keys(metadata).length > 0 ? { data, metadata } : data]
      }))
      return Response.json(Object.fromEntries(entries.sort()))
    }`,
  'netlify/functions/change.mjs': `
    import { getDeployStore } from '@netlify/blobs'
    export default async (request) => { await getDeployStore().set(new URL(request.url).searchParams.get('key'), 'changed by a function') }`
}

/** Serves the site until its blobs have been read. */
async function read (root: string, options: NetlifyFunctionsOptions = {}, before?: string): Promise<Record<string, unknown>> {
  const app = Fastify()
  try {
    await app.register(netlifyFunctions, { root, blobs, ...options })
    if (before !== undefined) await app.inject(before)
    return (await app.inject('/.netlify/functions/all')).json()
  } finally {
    await app.close()
  }
}

t.test('blobs that came with the site are in the store of the deploy, with metadata', async (t) => {
  const app = await createAppWithPackages(t, {
    ...functions,
    '.netlify/v1/blobs/deploy/plain/blob': 'plain',
    '.netlify/v1/blobs/deploy/deep/er/key/blob': 'deep',
    '.netlify/v1/blobs/deploy/deep/er/key/blob.meta.json': '{ "etag": "1", "tags": ["a"] }',
    '.netlify/v1/blobs/deploy/deep/stray.txt': 'no blob',
    '.netlify/v1/blobs/deploy/lonely/blob.meta.json': '{}',
    '.netlify/v1/blobs/deploy/blob': 'without a key'
  }, { blobs, site: { id: 's' }, deploy: { id: 'd' } })
  t.same((await app.inject('/.netlify/functions/all')).json(), { plain: 'plain', 'deep/er/key': { data: 'deep', metadata: { etag: '1', tags: ['a'] } } })
})

for (const directory of ['.netlify/deploy/v1/blobs/deploy', '.netlify/blobs/deploy']) {
  t.test(`those of an older framework are files in ${directory}, with metadata in $name.json`, async (t) => {
    const root = await createSiteWithPackages(t, {
      ...functions,
      [`${directory}/plain`]: 'plain',
      [`${directory}/deep/key.txt`]: 'deep',
      [`${directory}/deep/$key.txt.json`]: '{ "etag": "1" }'
    })
    t.same(await read(root), { plain: 'plain', 'deep/key.txt': { data: 'deep', metadata: { etag: '1' } } })
    await writeFiles(root, { '.netlify/v1/blobs/deploy/new/blob': 'new' })
    t.same(await read(root), { new: 'new' }, 'the present place comes first')
  })
}

t.test('bytes are kept', async (t) => {
  const app = await createAppWithPackages(t, {
    'netlify/functions/bytes.mjs': 'import { getDeployStore } from "@netlify/blobs"\nexport default async () => Response.json([...new Uint8Array(await getDeployStore().get("bytes", { type: "arrayBuffer" }))])',
    'netlify/functions/length.mjs': 'import { getDeployStore } from "@netlify/blobs"\nexport default async () => new Response((await getDeployStore().get("large", { type: "arrayBuffer" })).byteLength)',
    '.netlify/v1/blobs/deploy/bytes/blob': new Uint8Array([0, 255, 128, 10]),
    '.netlify/v1/blobs/deploy/large/blob': new Uint8Array(3_000_000)
  }, { blobs })
  t.same((await app.inject('/.netlify/functions/bytes')).json(), [0, 255, 128, 10])
  t.equal((await app.inject('/.netlify/functions/length')).body, '3000000')
})

t.test('a restart writes what has changed, and leaves what a function has changed', async (t) => {
  const at = (key: string): string => `.netlify/v1/blobs/deploy/${key}/blob`
  const root = await createSiteWithPackages(t, { ...functions, [at('a')]: 'a', [at('b')]: 'b', [`${at('b')}.meta.json`]: '{ "n": 1 }', [at('gone')]: 'gone' })
  t.same(await read(root, {}, '/.netlify/functions/change?key=a'), { a: 'changed by a function', b: { data: 'b', metadata: { n: 1 } }, gone: 'gone' })
  t.same(await read(root, {}, '/.netlify/functions/change?key=own'), { a: 'changed by a function', b: { data: 'b', metadata: { n: 1 } }, gone: 'gone', own: 'changed by a function' })

  await rm(join(root, '.netlify/v1/blobs/deploy/gone'), { recursive: true })
  await rm(join(root, `${at('b')}.meta.json`))
  await writeFiles(root, { [at('gone/deeper')]: 'deeper' })
  t.same(await read(root), { a: 'changed by a function', b: 'b', 'gone/deeper': 'deeper', own: 'changed by a function' })

  await writeFiles(root, { [at('a')]: 'of a new build' })
  t.equal((await read(root)).a, 'of a new build')
  t.equal((await read(root, { deploy: { id: 'another' } })).own, undefined, 'another deploy has a store of its own')
  await rm(join(root, '.netlify'), { recursive: true })
  t.same(await read(root), { own: 'changed by a function' }, 'all that came with the site goes with it')
})

t.test('reload() brings the blobs of a new build', async (t) => {
  const root = await createSiteWithPackages(t, { ...functions, '.netlify/v1/blobs/deploy/a/blob': 'first' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, blobs })
  t.same((await app.inject('/.netlify/functions/all')).json(), { a: 'first' })
  await writeFiles(root, { '.netlify/v1/blobs/deploy/a/blob': 'second' })
  await app.netlifyFunctions.reload()
  t.same((await app.inject('/.netlify/functions/all')).json(), { a: 'second' })
})

t.test('a key that others begin with is left out and logged, as a store is a directory', async (t) => {
  const { logger, lines } = captureLog()
  const app = await createAppWithPackages(t, {
    ...functions,
    '.netlify/v1/blobs/deploy/blog/blob': 'blog',
    '.netlify/v1/blobs/deploy/blog/post/blob': 'post',
    '.netlify/v1/blobs/deploy/blogger/blob': 'blogger'
  }, { blobs }, { logger })
  t.same((await app.inject('/.netlify/functions/all')).json(), { 'blog/post': 'post', blogger: 'blogger' })
  t.match(lines.find(({ keys }) => keys !== undefined), { level: 40, keys: ['blog'] })
})

t.test('what functions have put above or below it leaves no place for a blob of the deploy either', async (t) => {
  const { logger, lines } = captureLog()
  const root = await createSiteWithPackages(t, { ...functions, '.netlify/v1/blobs/deploy/a/blob': 'a' })
  await read(root, {}, '/.netlify/functions/change?key=b/below')
  const own = await read(root, {}, '/.netlify/functions/change?key=c')
  await writeFiles(root, { '.netlify/v1/blobs/deploy/b/blob': 'b', '.netlify/v1/blobs/deploy/c/below/blob': 'c' })
  const app = Fastify({ logger })
  await app.register(netlifyFunctions, { root, blobs })
  t.match(lines.find(({ keys }) => keys !== undefined), { level: 40, keys: ['b', 'c/below'] })
  t.same((await app.inject('/.netlify/functions/all')).json(), own)
  await app.close()

  await rm(join(root, '.netlify'), { recursive: true })
  t.same(await read(root), { 'b/below': 'changed by a function', c: 'changed by a function' })
})

t.test('metadata that is no object stops the boot and names the file', async (t) => {
  for (const metadata of ['[]', 'null', '{']) {
    await t.rejects(createAppWithPackages(t, { '.netlify/v1/blobs/deploy/a/blob': 'a', '.netlify/v1/blobs/deploy/a/blob.meta.json': metadata }, { blobs }), {
      code: 'FST_NETLIFY_INVALID_FRAMEWORK_CONFIG', message: /a\/blob\.meta\.json, which the build of a framework has written, cannot be used: /
    }, metadata)
  }
})

t.test('without blobs nothing is written, and without the option nothing is read', async (t) => {
  const root = await createSiteWithPackages(t, functions)
  t.same(await read(root), {})
  t.notOk((await readdir(root)).includes('stores') && (await readdir(join(root, 'stores'))).includes('deployed'))
  await writeFiles(root, { '.netlify/v1/blobs/deploy/a/blob.meta.json': '[]', '.netlify/v1/blobs/deploy/a/blob': 'a' })
  const app = Fastify()
  t.teardown(() => app.close())
  await t.resolves(async () => await app.register(netlifyFunctions, { root }))
})
