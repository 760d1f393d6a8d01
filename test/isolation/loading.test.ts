import { once } from 'node:events'
import * as http from 'node:http'
import { text } from 'node:stream/consumers'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite, listen, writeFiles } from '../helper.ts'

const BY_NAME = '/.netlify/functions/'

t.setTimeout(120_000)

t.test('a function that is meant for threads is not loaded in the server\'s own, whatever says so', async (t) => {
  const mark = (name: string): string => `globalThis.marks = [...globalThis.marks ?? [], '${name}']`
  const app = await createApp(t, {
    'netlify/functions/named-background.mjs': `${mark('name')}; export default () => {}`,
    'netlify/functions/configured.mjs': `${mark('config')}; export default () => {}; export const config = { background: true }`,
    'netlify/functions/timed.mjs': `${mark('schedule')}; export default () => {}; export const config = { schedule: '@daily' }`,
    'netlify/functions/chosen.mjs': `${mark('glob')}; export default () => {}`,
    'netlify/functions/inline.mjs': `${mark('inline')}; export default () => {}`
  }, { isolation: { functions: { 'cho*': 'thread' } } })
  t.same((globalThis as { marks?: string[] }).marks, ['inline'])
  t.same(app.netlifyFunctions.functions.map(({ kind }) => kind).sort(), ['background', 'background', 'request', 'request', 'scheduled'])
})

t.test('top-level code that never ends, or ends its thread, fails its function and no other', async (t) => {
  const root = await createSite(t, {
    'netlify/functions/endless-background.mjs': 'for (;;);\nexport default () => {}',
    'netlify/functions/exiting-background.mjs': 'process.exit(1)\nexport default () => {}',
    'netlify/functions/throwing-background.mjs': 'throw new Error("top-level")\nexport default () => {}',
    'netlify/functions/fine-background.mjs': 'export default () => {}'
  })
  const app = Fastify({ pluginTimeout: 100_000 })
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root })
  const { functions } = app.netlifyFunctions
  t.same(functions.filter(({ state }) => state === 'ready').map(({ name }) => name), ['fine-background'])
  for (const name of ['endless', 'exiting', 'throwing']) {
    const found = functions.find((definition) => definition.name === `${name}-background`)
    t.match(found, { state: 'failed', error: { code: 'FST_NETLIFY_LOAD_FAILED' } }, name)
  }
})

t.test('after a reload, calls run in threads that know nothing of the old version, and those under way end on it', async (t) => {
  const log = captureLog()
  const source = (version: string): string => `
    import { threadId } from 'node:worker_threads'
    export default async ({ url }, { log }) => {
      if (!url.endsWith('slow')) return Response.json({ version: '${version}', threadId })
      log('begun')
      await new Promise((resolve) => setTimeout(resolve, 500))
      return new Response('slow ${version}')
    }`
  const root = await createSite(t, { 'netlify/functions/hello.mjs': source('one') })
  const app = Fastify({ logger: log.logger })
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation: { request: 'thread', threads: 1 } })
  const origin = await listen(app)
  const call = async (): Promise<{ version: string, threadId: number }> => await (await fetch(`${origin}${BY_NAME}hello`)).json()

  const before = await call()
  const underWay = once(http.get(`${origin}${BY_NAME}hello?slow`), 'response') as Promise<[http.IncomingMessage]>
  await log.line(({ msg }) => msg === 'begun')
  await writeFiles(root, { 'netlify/functions/hello.mjs': source('two') })
  await app.netlifyFunctions.reload()
  const after = await call()
  t.same([before.version, after.version], ['one', 'two'])
  t.not(after.threadId, before.threadId)
  t.equal(await text((await underWay)[0]), 'slow one')

  await app.netlifyFunctions.reload()
  t.same(await call(), after, 'what is unchanged keeps its thread')
})
