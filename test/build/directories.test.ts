import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite } from '../helper.ts'

const answers = (text: string): string => `export default () => new Response(${JSON.stringify(text)})`

t.test('functions come from netlify/functions by default', async (t) => {
  const app = await createApp(t, { 'netlify/functions/x.mts': answers('x') })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'x')
})

t.test('functions come from several directories; of one name, the later directory wins', async (t) => {
  const app = await createApp(t, {
    'one/a.mts': answers('one/a'),
    'one/both.mts': answers('one/both'),
    'two/b.mts': answers('two/b'),
    'two/both.mts': answers('two/both')
  }, { functions: ['one', 'two'] })

  t.equal((await app.inject('/.netlify/functions/a')).body, 'one/a')
  t.equal((await app.inject('/.netlify/functions/b')).body, 'two/b')
  t.equal((await app.inject('/.netlify/functions/both')).body, 'two/both')
})

t.test('across directories, a directory still wins over a file and the better extension over the later directory', async (t) => {
  const app = await createApp(t, {
    'one/x/index.mts': answers('one/x/index.mts'),
    'one/y.js': answers('one/y.js'),
    'two/x.mts': answers('two/x.mts'),
    'two/y.mts': answers('two/y.mts')
  }, { functions: ['one', 'two'] })

  t.equal((await app.inject('/.netlify/functions/x')).body, 'one/x/index.mts')
  t.equal((await app.inject('/.netlify/functions/y')).body, 'one/y.js')
})

t.test('an absent functions directory is logged and is an empty site', async (t) => {
  const { logger, lines } = captureLog()
  const app = await createApp(t, {}, {}, { logger })
  app.get('/host', async () => 'host')

  t.equal((await app.inject('/host')).body, 'host')
  t.equal((await app.inject('/.netlify/functions/x')).statusCode, 404)
  t.same(app.netlifyFunctions.functions, [])
  const line = lines.find(({ directory }) => String(directory).endsWith(join('netlify', 'functions')))
  t.match(line, { level: 30, msg: /does not exist/ })
})

t.test('an absent directory beside one that exists takes nothing from it', async (t) => {
  const { logger, lines } = captureLog()
  const app = await createApp(t, { 'there/x.mts': answers('x') }, { functions: ['absent', 'there'] }, { logger })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'x')
  t.same(lines.filter(({ directory }) => directory !== undefined).map(({ directory }) => String(directory).split('/').pop()), ['absent'])
})

t.test('an empty functions directory is an empty site', async (t) => {
  const app = await createApp(t, { 'netlify/functions/.gitkeep': '' })
  t.same(app.netlifyFunctions.functions, [])
  t.equal((await app.inject('/.netlify/functions/x')).statusCode, 404)
})

t.test('a functions directory outside the root is read', async (t) => {
  const base = await createSite(t, { 'site/.keep': '', 'elsewhere/x.mts': answers('elsewhere') })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root: join(base, 'site'), functions: '../elsewhere' })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'elsewhere')
})

t.test('a functions directory that is a file stops the boot', async (t) => {
  await t.rejects(createApp(t, { 'netlify/functions': 'a file' }), {
    code: 'FST_NETLIFY_INVALID_OPTION', message: /^Option "functions" names .*functions, which is not a directory$/
  })
})
