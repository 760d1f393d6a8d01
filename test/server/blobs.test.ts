import { once, EventEmitter } from 'node:events'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions, type NetlifyFunctionsOptions } from '../../lib/index.ts'
import { captureLog, createApp, createSite } from '../helper.ts'
import { createAppWithPackages, createSiteWithPackages } from '../packages.ts'

const probe = new EventEmitter()
Object.assign(globalThis, { probe })

const blobs = { directory: 'blobs' }

/** Runs an expression with the stores at hand and answers with what it gives. */
function using (expression: string): string {
  return `
    import { getStore } from '@netlify/blobs'
    export default async (request, context) => {
      const store = getStore('notes')
      const { searchParams } = new URL(request.url)
      return Response.json(await (${expression}) ?? null)
    }`
}

const notes = {
  'netlify/functions/write.mjs': using('store.set("today", searchParams.get("text"))'),
  'netlify/functions/read.mjs': using('store.get("today")')
}

t.test('stores keep text, JSON, bytes and metadata', async (t) => {
  const app = await createAppWithPackages(t, {
    'netlify/functions/all.mjs': `
      import { getDeployStore, getStore, listStores } from '@netlify/blobs'
      const early = getStore('notes')
      export default async () => {
        const store = getStore({ name: 'notes', consistency: 'strong' })
        await store.set('text', 'hällo', { metadata: { author: 'Ada' } })
        await store.setJSON('deep/json', { a: [1] })
        await store.set('bytes', new Uint8Array([0, 255, 128]).buffer)
        await store.set('gone', 'x')
        await store.delete('gone')
        await getDeployStore('cache').set('built', 'yes')
        const bytes = await store.get('bytes', { type: 'arrayBuffer' })
        return Response.json({
          early: await early.get('text'),
          text: await store.getWithMetadata('text'),
          json: await store.get('deep/json', { type: 'json' }),
          bytes: [...new Uint8Array(bytes)],
          gone: await store.get('gone'),
          keys: (await store.list()).blobs.map(({ key }) => key).sort(),
          ofDeploy: await getDeployStore('cache').get('built'),
          stores: (await listStores()).stores,
          onlyNew: (await store.set('text', 'y', { onlyIfNew: true })).modified
        })
      }`
  }, { blobs })
  t.match((await app.inject('/.netlify/functions/all')).json(), {
    early: 'hällo',
    text: { data: 'hällo', metadata: { author: 'Ada' } },
    json: { a: [1] },
    bytes: [0, 255, 128],
    gone: null,
    keys: ['bytes', 'deep/json', 'text'],
    ofDeploy: 'yes',
    stores: ['notes'],
    onlyNew: false
  })
})

t.test('values survive a restart', async (t) => {
  const root = await createSiteWithPackages(t, notes)
  for (const text of ['first', 'second']) {
    const app = Fastify()
    await app.register(netlifyFunctions, { root, blobs })
    const kept = (await app.inject('/.netlify/functions/read')).json()
    t.equal(kept, text === 'first' ? null : 'first')
    await app.inject(`/.netlify/functions/write?text=${text}`)
    await app.close()
  }
})

t.test('two sites in one process have stores of their own', async (t) => {
  const shared = await createSite(t, {})
  const cases: Array<[title: string, options: NetlifyFunctionsOptions[]]> = [
    ['each in its root', [{ blobs }, { blobs }]],
    ['in one directory, by their ids', [{ blobs: { directory: shared }, site: { id: 'site-a' } }, { blobs: { directory: shared } }]]
  ]
  for (const [title, options] of cases) {
    const apps = await Promise.all(options.map(async (option) => await createAppWithPackages(t, notes, option)))
    const call = async (path: string): Promise<unknown[]> => await Promise.all(apps.map(async (app, site) => (await app.inject(`/.netlify/functions/${path}${site}`)).json()))
    for (let round = 0; round < 5; round++) {
      await call('write?text=of-')
      t.strictSame(await call('read?'), ['of-0', 'of-1'], title)
    }
  }
  t.equal(process.env.NETLIFY_BLOBS_CONTEXT, undefined, 'the process knows of none')
})

t.test('the context is that of the call, with the ids of site and deploy', async (t) => {
  const app = await createAppWithPackages(t, {
    'netlify/functions/context.mjs': 'export default () => Response.json(JSON.parse(Buffer.from(Netlify.env.get("NETLIFY_BLOBS_CONTEXT"), "base64")))',
    'netlify/functions/changing.mjs': `
      import { getStore, setEnvironmentContext } from '@netlify/blobs'
      export default async () => {
        setEnvironmentContext({ siteID: 'elsewhere', token: 't', edgeURL: 'http://127.0.0.1:1' })
        await new Promise((resolve) => setImmediate(resolve))
        return new Response(Netlify.env.get('NETLIFY_BLOBS_CONTEXT'))
      }`
  }, { blobs, site: { id: 's' }, deploy: { id: 'd1' } })
  const changed = app.inject('/.netlify/functions/changing')
  t.match((await app.inject('/.netlify/functions/context')).json(), { siteID: 's', deployID: 'd1', edgeURL: /^http:\/\/127\.0\.0\.1:\d+$/ })
  t.match(JSON.parse(Buffer.from((await changed).body, 'base64').toString()), { siteID: 'elsewhere' }, 'a function may point itself elsewhere')
  t.match((await app.inject('/.netlify/functions/context')).json(), { siteID: 's' }, 'and no other')
})

for (const identity of [{}, { site: { id: 's' }, deploy: { id: 'd1' } }]) {
  t.test(`connectLambda(event) opens the stores to the Lambda form, ${'site' in identity ? 'with' : 'without'} ids`, async (t) => {
    const app = await createAppWithPackages(t, {
      'netlify/functions/lambda.mjs': `
        import { connectLambda, getDeployStore, getStore } from '@netlify/blobs'
        export const handler = async (event) => {
          let before
          try { getStore('notes') } catch (error) { before = error.name }
          connectLambda(event)
          await getStore('notes').set('today', 'from Lambda')
          await getDeployStore({ name: 'cache', region: 'us-east-1' }).set('built', 'yes')
          return { statusCode: 200, body: before }
        }`,
      'netlify/functions/strong.mjs': using('getStore({ name: "notes", consistency: "strong" }).get("today")')
    }, { blobs, ...identity })
    t.match(await app.inject('/.netlify/functions/lambda'), { statusCode: 200, body: 'MissingBlobsEnvironmentError' })
    t.equal((await app.inject('/.netlify/functions/strong')).json(), 'from Lambda', 'and leaves nothing behind')
  })
}

t.test('a background function has the stores too', async (t) => {
  const app = await createAppWithPackages(t, {
    'netlify/functions/work-background.mjs': `
      import { getStore } from '@netlify/blobs'
      export default async () => {
        await getStore('notes').set('today', 'in the background')
        probe.emit('done')
      }`,
    ...notes
  }, { blobs })
  await app.ready()
  const done = once(probe, 'done')
  await app.inject({ method: 'POST', url: '/.netlify/functions/work-background' })
  await done
  t.equal((await app.inject('/.netlify/functions/read')).json(), 'in the background')
})

t.test('the stores are open until the last work of a function is done', async (t) => {
  const root = await createSiteWithPackages(t, {
    ...notes,
    'netlify/functions/late.mjs': `
      import { getStore } from '@netlify/blobs'
      async function work () {
        await new Promise((resolve) => probe.once('closing', resolve))
        await getStore('notes').set('today', 'late')
      }
      export default (request, context) => { context.waitUntil(work()) }`
  })
  const app = Fastify()
  await app.register(netlifyFunctions, { root, blobs })
  app.addHook('onClose', async () => { probe.emit('closing') })
  t.equal((await app.inject('/.netlify/functions/late')).statusCode, 204)
  await app.close()

  const restarted = Fastify()
  t.teardown(async () => { await restarted.close() })
  await restarted.register(netlifyFunctions, { root, blobs })
  t.equal((await restarted.inject('/.netlify/functions/read')).json(), 'late')
})

t.test('without the option the package says what is missing', async (t) => {
  const app = await createAppWithPackages(t, {
    ...notes,
    'netlify/functions/lambda.mjs': 'export const handler = async (event) => ({ statusCode: 200, body: String("blobs" in event) })'
  })
  t.match((await app.inject('/.netlify/functions/read')).json(), { statusCode: 500, message: /MissingBlobsEnvironmentError: The environment has not been configured to use Netlify Blobs/ })
  t.equal((await app.inject('/.netlify/functions/lambda')).body, 'false')
})

t.test('the stores are never published', async (t) => {
  const app = await createAppWithPackages(t, { ...notes, 'public/index.html': 'home' }, { publish: 'public', blobs: { directory: 'public/blobs' }, site: { id: 's' } })
  await app.inject('/.netlify/functions/write?text=secret')
  const root = await createSiteWithPackages(t, { 'public/index.html': 'home', 'public/blobs/entries/s/site:notes/today': 'secret' })
  const restarted = Fastify()
  t.teardown(async () => { await restarted.close() })
  await restarted.register(netlifyFunctions, { root, publish: 'public', blobs: { directory: 'public/blobs' } })
  for (const site of [app, restarted]) {
    t.equal((await site.inject('/')).body, 'home')
    t.equal((await site.inject('/blobs/entries/s/site:notes/today')).statusCode, 404)
  }
})

t.test('a directory that cannot be used fails the registration', async (t) => {
  await t.rejects(createApp(t, { blobs: 'a file' }, { blobs }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /Option "blobs" cannot be used: .*EEXIST/ })
})

t.test('what goes wrong in the server is logged', async (t) => {
  const log = captureLog()
  const app = await createAppWithPackages(t, { 'netlify/functions/stores.mjs': using('fetch(JSON.parse(atob(Netlify.env.get("NETLIFY_BLOBS_CONTEXT"))).edgeURL + "/nobody", { headers: { authorization: "Bearer " + JSON.parse(atob(Netlify.env.get("NETLIFY_BLOBS_CONTEXT"))).token } }).then(({ status }) => status)') }, { blobs }, { logger: log.logger })
  t.equal((await app.inject('/.netlify/functions/stores')).json(), 500)
  t.match(await log.line(({ msg }) => /Could not list stores/.test(msg)), { level: 20 })
})
