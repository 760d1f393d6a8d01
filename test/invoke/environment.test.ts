import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { createApp, createSite } from '../helper.ts'

const seeing = `
  export default (request) => {
    const name = new URL(request.url).searchParams.get('name')
    return Response.json([Netlify.env.get(name) ?? null, Netlify.env.has(name), Netlify.env.toObject()[name] ?? null])
  }`

t.test('Netlify.env has the variables of the process and of the option env', async (t) => {
  process.env.FROM_PROCESS = 'process'
  process.env.FROM_BOTH = 'process'
  t.teardown(() => { for (const name of ['FROM_PROCESS', 'FROM_BOTH']) delete process.env[name] })
  const app = await createApp(t, { 'netlify/functions/env.mjs': seeing }, { env: { FROM_OPTION: 'option', FROM_BOTH: 'option', EMPTY: '' } })
  const seen = async (name: string): Promise<unknown> => (await app.inject(`/.netlify/functions/env?name=${name}`)).json()
  t.same(await seen('FROM_PROCESS'), ['process', true, 'process'])
  t.same(await seen('FROM_OPTION'), ['option', true, 'option'])
  t.same(await seen('FROM_BOTH'), ['option', true, 'option'])
  t.same(await seen('NOWHERE'), [null, false, null])
  t.same(await seen('EMPTY'), ['', false, ''], 'an empty variable counts as none for has(), as on Netlify')
})

t.test('set and delete are seen by the next get', async (t) => {
  process.env.TO_DELETE = 'there'
  t.teardown(() => { delete process.env.TO_DELETE })
  const app = await createApp(t, {
    'netlify/functions/env.mjs': `
      export default () => {
        const { env } = Netlify
        const seen = []
        env.set('NEW', 'value')
        seen.push(env.get('NEW'), env.has('NEW'), env.toObject().NEW)
        env.set('NUMBER', 5)
        seen.push(env.get('NUMBER'))
        env.delete('NEW')
        seen.push(env.get('NEW') ?? null, env.has('NEW'), 'NEW' in env.toObject())
        env.delete('TO_DELETE')
        seen.push(env.get('TO_DELETE') ?? null)
        const copy = env.toObject()
        copy.PATH = 'changed'
        seen.push(env.get('PATH') === process.env.PATH)
        return Response.json(seen)
      }`
  })
  t.same((await app.inject('/.netlify/functions/env')).json(), ['value', true, 'value', '5', null, false, false, null, true])
})

t.test('code at the top of a function\'s file sees its site\'s variables', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/top.mjs': 'const key = Netlify.env.get("TOP_KEY"); const other = process.env.TOP_KEY; export default () => Response.json([key, other])'
  }, { env: { TOP_KEY: 'k' } })
  t.same((await app.inject('/.netlify/functions/top')).json(), ['k', 'k'])
})

t.test('the variables are in process.env while the app is open', async (t) => {
  process.env.SET_ALREADY = 'mine'
  t.teardown(() => { delete process.env.SET_ALREADY })
  const app = await createApp(t, { 'netlify/functions/env.mjs': 'export default () => Response.json([process.env.ADDED, process.env.SET_ALREADY])' }, { env: { ADDED: 'a', SET_ALREADY: 'b' } })
  t.same((await app.inject('/.netlify/functions/env')).json(), ['a', 'mine'])
  await app.close()
  t.notOk('ADDED' in process.env, 'and are taken back')
  t.equal(process.env.SET_ALREADY, 'mine', 'what was there stays')
})

t.test('a variable that somebody else has changed meanwhile is left alone', async (t) => {
  t.teardown(() => { delete process.env.CHANGED })
  const app = await createApp(t, {}, { env: { CHANGED: 'a' } })
  process.env.CHANGED = 'b'
  await app.close()
  t.equal(process.env.CHANGED, 'b')
})

t.test('two sites in one process each have their own variables', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const name of ['one', 'two']) {
    const root = await createSite(t, { 'netlify/functions/env.mjs': 'export default () => Response.json([Netlify.env.get("SHARED"), Netlify.env.get(`OF_ONE`) ?? null, Netlify.env.get("OF_TWO") ?? null])' })
    await app.register(netlifyFunctions, { root, name, prefix: `/${name}`, env: { SHARED: 'same', [`OF_${name.toUpperCase()}`]: name } })
  }
  t.same((await app.inject('/one/.netlify/functions/env')).json(), ['same', 'one', null])
  t.same((await app.inject('/two/.netlify/functions/env')).json(), ['same', null, 'two'])
  t.equal(process.env.SHARED, 'same')
  await app.close()
  t.notOk('SHARED' in process.env)
})

t.test('a variable that two sites share is taken back with the second', async (t) => {
  const [first, second] = [await createApp(t, {}, { env: { OF_BOTH: 'a' } }), await createApp(t, {}, { env: { OF_BOTH: 'a' } })]
  await first.close()
  t.equal(process.env.OF_BOTH, 'a')
  await second.close()
  t.notOk('OF_BOTH' in process.env)
})

t.test('two sites that disagree on a variable are an error at registration, and the first stays as it is', async (t) => {
  const first = await createApp(t, {}, { env: { DISPUTED: 'a' } })
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => await app.register(netlifyFunctions, { root: await createSite(t, {}), env: { UNDISPUTED: 'x', DISPUTED: 'b' } }), {
    code: 'FST_NETLIFY_ENV_CONFLICT', message: /"DISPUTED" to another value/
  })
  t.equal(process.env.DISPUTED, 'a')
  t.notOk('UNDISPUTED' in process.env, 'none of the second site\'s are set')
  await first.close()
  const later = await createApp(t, {}, { env: { DISPUTED: 'b' } })
  t.equal(process.env.DISPUTED, 'b', 'after the first has closed there is no dispute')
  await later.close()
})
