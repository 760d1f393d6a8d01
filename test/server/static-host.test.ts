import { join } from 'node:path'
import t from 'tap'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { createSite } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'

const files = {
  'netlify/functions/item.mjs': echoFunction('item', { path: '/item/:id' }),
  'public/site.html': 'site',
  'public/shared.html': 'of the site',
  'assets/host.txt': 'host',
  'assets/index.html': 'host index',
  'assets/shared.html': 'of the host'
}

for (const [name, wildcard] of [['a wildcard', true], ['a route for each file', false]] as const) {
  t.test(`beside the host's own @fastify/static at / with ${name}, before or after`, async (t) => {
    const root = await createSite(t, files)
    for (const before of [true, false]) {
      const app = Fastify()
      t.teardown(() => app.close())
      const own = async (): Promise<void> => { await app.register(fastifyStatic, { root: join(root, 'assets'), wildcard }) }
      if (before) await own()
      await app.register(netlifyFunctions, { root, publish: 'public' })
      if (!before) await own()
      app.get('/download', async (_request, reply) => reply.sendFile('host.txt'))

      t.equal((await app.inject('/item/1')).json<Echo>().name, 'item')
      t.equal((await app.inject('/site')).body, 'site')
      t.equal((await app.inject('/host.txt')).body, 'host')
      t.equal((await app.inject('/')).body, 'host index')
      t.equal((await app.inject('/download')).body, 'host')
      t.equal((await app.inject('/shared.html')).body, wildcard ? 'of the site' : 'of the host')
      t.equal((await app.inject('/nothing')).statusCode, 404)
    }
  })
}

t.test('beside the host\'s own @fastify/static at a prefix, before or after', async (t) => {
  const root = await createSite(t, { ...files, 'public/assets/other.txt': 'site', 'public/404.html': 'site 404' })
  for (const before of [true, false]) {
    const app = Fastify()
    t.teardown(() => app.close())
    const own = async (): Promise<void> => { await app.register(fastifyStatic, { root: join(root, 'assets'), prefix: '/assets/' }) }
    if (before) await own()
    await app.register(netlifyFunctions, { root, publish: 'public' })
    if (!before) await own()
    t.equal((await app.inject('/assets/host.txt')).body, 'host')
    t.equal((await app.inject('/assets/other.txt')).statusCode, 404)
    t.equal((await app.inject('/site')).body, 'site')
    t.equal((await app.inject('/nothing')).body, 'site 404')
  }
})

t.test('several sites with files live in one scope', async (t) => {
  const root = await createSite(t, { 'a/index.html': 'a', 'b/index.html': 'b' })
  const app = Fastify()
  t.teardown(() => app.close())
  for (const name of ['a', 'b']) await app.register(netlifyFunctions, { root, publish: name, prefix: `/${name}`, name })
  for (const name of ['a', 'b']) t.equal((await app.inject(`/${name}/`)).body, name)
})

t.test('the plugin gives the host no decorator of @fastify/static', async (t) => {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  t.notOk(app.hasReplyDecorator('sendFile'))
})
