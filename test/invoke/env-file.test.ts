import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createApp, createSite } from '../helper.ts'

const functions = {
  'netlify/functions/env.mjs': `
    export default (request, { site }) => {
      const names = new URL(request.url).searchParams.getAll('name')
      return Response.json({ netlify: names.map((name) => Netlify.env.get(name) ?? null), process: names.map((name) => process.env[name] ?? null), site })
    }`
}

function url (...names: string[]): string {
  return `/.netlify/functions/env?${new URLSearchParams(names.map((name) => ['name', name]))}`
}

t.test('envFile adds the variables of a file', async (t) => {
  const app = await createApp(t, {
    ...functions,
    '.env': '# a comment\nFILE_PLAIN=plain\nexport FILE_QUOTED="two words # kept"\nFILE_LINES="a\nb"\nFILE_EMPTY=\n'
  }, { envFile: '.env' })
  const seen = ['plain', 'two words # kept', 'a\nb', '']
  t.match((await app.inject(url('FILE_PLAIN', 'FILE_QUOTED', 'FILE_LINES', 'FILE_EMPTY'))).json(), { netlify: seen, process: seen })
  await app.close()
  t.notOk('FILE_PLAIN' in process.env, 'they are taken back from process.env')
})

t.test('a later file wins over an earlier one, the option site over both, the option env over all', async (t) => {
  const app = await createApp(t, {
    ...functions,
    '.env': 'LAYER_A=first\nLAYER_B=first\nLAYER_C=first\nSITE_NAME=first\nURL=first',
    'config/.env.local': 'LAYER_B=second\nLAYER_C=second'
  }, { envFile: ['.env', 'config/.env.local'], env: { LAYER_C: 'env', URL: 'https://env.example' }, site: { name: 'site', url: 'https://site.example' } })
  t.match((await app.inject(url('LAYER_A', 'LAYER_B', 'LAYER_C', 'SITE_NAME', 'URL'))).json().netlify, ['first', 'second', 'env', 'site', 'https://env.example'])
})

t.test('a file that is not there is an error that names it', async (t) => {
  const root = await createSite(t, { '.env': '' })
  for (const envFile of ['.env.local', ['.env', '.env.local']]) {
    const app = Fastify()
    await t.rejects(async () => await app.register(netlifyFunctions, { root, envFile }), { code: 'FST_NETLIFY_INVALID_OPTION', message: `Option "envFile" names a file that does not exist: ${join(root, '.env.local')}` })
    await app.close()
  }
  for (const envFile of [5, '', [''], [5], {}, null]) {
    const app = Fastify()
    await t.rejects(async () => await app.register(netlifyFunctions, { root, envFile: envFile as never }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /"envFile" must be/ }, JSON.stringify(envFile))
    await app.close()
  }
})

t.test('SITE_ID, SITE_NAME and URL of the option site are variables, in process.env too until the app closes', async (t) => {
  const app = await createApp(t, functions, { site: { id: 's1', name: 'bakery', url: 'https://bakery.example' } })
  const values = ['s1', 'bakery', 'https://bakery.example']
  t.match((await app.inject(url('SITE_ID', 'SITE_NAME', 'URL'))).json(), { netlify: values, process: values, site: { id: 's1', name: 'bakery', url: 'https://bakery.example' } })
  await app.close()
  for (const name of ['SITE_ID', 'SITE_NAME', 'URL']) t.notOk(name in process.env, name)
})

t.test('what process.env has already stays there, while the site sees its own', async (t) => {
  process.env.SITE_NAME = 'of the host'
  t.teardown(() => { delete process.env.SITE_NAME })
  const named = await createApp(t, functions, { site: { name: 'own' } })
  t.match((await named.inject(url('SITE_NAME'))).json(), { netlify: ['own'], process: ['of the host'], site: { name: 'own' } })
  await named.close()
  const unnamed = await createApp(t, functions)
  t.match((await unnamed.inject(url('SITE_NAME'))).json(), { netlify: ['of the host'], site: { name: 'of the host' } })
})

t.test('context.site shows the variables of env and envFile where the option site says nothing', async (t) => {
  const app = await createApp(t, { ...functions, '.env': 'SITE_ID=from-file' }, { envFile: '.env', env: { SITE_NAME: 'from-env' } })
  t.same((await app.inject(url())).json().site, { id: 'from-file', name: 'from-env' })
})

t.test('two sites in one process do not see each other\'s variables, nor each other\'s site', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root: await createSite(t, { ...functions, '.env': 'FROM_FILE=1' }), name: 'one', prefix: '/one', envFile: '.env', env: { SECRET: 'one' }, site: { id: 'one' } })
  await app.register(netlifyFunctions, { root: await createSite(t, { ...functions, 'netlify/functions/all.mjs': 'export default () => Response.json(Object.keys(Netlify.env.toObject()))' }), name: 'two', prefix: '/two' })
  const names = ['SECRET', 'FROM_FILE', 'SITE_ID'] as const
  t.match((await app.inject(`/one${url(...names)}`)).json(), { netlify: ['one', '1', 'one'], site: { id: 'one' } })
  t.strictSame((await app.inject(`/two${url(...names)}`)).json(), { netlify: [null, null, null], process: ['one', '1', 'one'], site: {} })
  const all = (await app.inject('/two/.netlify/functions/all')).json<string[]>()
  t.ok(all.includes('PATH'))
  for (const name of names) t.notOk(all.includes(name), name)
})

t.test('two sites have their own SITE_ID, SITE_NAME and URL; process.env has those of the first', async (t) => {
  t.equal(process.env.SITE_ID, undefined, 'nothing is set before')
  const one = await createApp(t, functions, { site: { id: 'one' } })
  const two = await createApp(t, functions, { site: { id: 'two' } })

  t.match((await one.inject(url('SITE_ID'))).json(), { netlify: ['one'], process: ['one'], site: { id: 'one' } })
  t.match((await two.inject(url('SITE_ID'))).json(), { netlify: ['two'], process: ['one'], site: { id: 'two' } })
  await two.close()
  t.equal(process.env.SITE_ID, 'one', 'the second takes back nothing of the first')
  await one.close()
  t.equal(process.env.SITE_ID, undefined)
})
