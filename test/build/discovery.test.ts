import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite } from '../helper.ts'

const FILE_PRECEDENCE = ['.js', '.mjs', '.cjs', '.ts', '.tsx', '.mts', '.cts', '.jsx']
const ENTRY_PRECEDENCE = ['.js', '.ts', '.mjs', '.cjs', '.tsx', '.mts', '.cts', '.jsx']

/** A function that answers with `text`, in a syntax that is legal in a file of this extension. */
function answers (text: string, extension: string): string {
  const handler = `() => new Response(${JSON.stringify(text)})`
  return extension === '.cjs' ? `exports.default = ${handler}` : `export default ${handler}`
}

for (const extension of FILE_PRECEDENCE) {
  t.test(`a function is a ${extension} file, or a directory with one of its name or "index"`, async (t) => {
    const app = await createApp(t, {
      [`netlify/functions/file${extension}`]: answers('file', extension),
      [`netlify/functions/named/named${extension}`]: answers('named', extension),
      [`netlify/functions/indexed/index${extension}`]: answers('indexed', extension)
    })

    t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['file', 'indexed', 'named'])
    for (const name of ['file', 'named', 'indexed']) {
      const response = await app.inject(`/.netlify/functions/${name}`)
      t.same([response.statusCode, response.body], [200, name])
    }
  })
}

for (const [index, extension] of FILE_PRECEDENCE.entries()) {
  t.test(`of two files of one name, ${extension} wins over what follows it in the order of precedence`, async (t) => {
    const rivals = FILE_PRECEDENCE.slice(index)
    const app = await createApp(t, Object.fromEntries(rivals.map((rival) => [`netlify/functions/x${rival}`, answers(rival, rival)])))
    t.equal((await app.inject('/.netlify/functions/x')).body, extension)
  })
}

const entryFiles = ENTRY_PRECEDENCE.flatMap((extension) => [`x${extension}`, `index${extension}`])
for (const [index, entry] of entryFiles.entries()) {
  t.test(`of the entry files of a directory, ${entry} wins over what follows it`, async (t) => {
    const rivals = entryFiles.slice(index)
    const app = await createApp(t, Object.fromEntries(rivals.map((rival) => [`netlify/functions/x/${rival}`, answers(rival, rival.slice(rival.indexOf('.')))])))
    t.equal((await app.inject('/.netlify/functions/x')).body, entry)
  })
}

t.test('a directory wins over a file of its name, whatever their extensions', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/x.js': answers('file', '.js'),
    'netlify/functions/x/index.jsx': answers('directory', '.jsx')
  })
  t.equal((await app.inject('/.netlify/functions/x')).body, 'directory')
})

t.test('functions are direct children only, and node_modules is none', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/no-entry/other.mts': answers('other', '.mts'),
    'netlify/functions/no-entry/deeper/index.mts': answers('deeper', '.mts'),
    'netlify/functions/node_modules/index.js': answers('package', '.js'),
    'netlify/functions/readme.md': '# Functions',
    'netlify/functions/data.json': '{}',
    'netlify/functions/real.mts': answers('real', '.mts')
  })

  t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['real'])
  for (const name of ['no-entry', 'other', 'deeper', 'node_modules', 'readme', 'data']) {
    t.equal((await app.inject(`/.netlify/functions/${name}`)).statusCode, 404, name)
  }
})

t.test('a file with an invalid name is neither built nor loaded, and a request for it gets 400', async (t) => {
  const loads = '__invalidNamesLoaded'
  const load = (name: string): string => `globalThis.${loads} = [...globalThis.${loads} ?? [], ${JSON.stringify(name)}]\nexport default () => new Response()`
  const { logger, lines } = captureLog()
  const app = await createApp(t, {
    'netlify/functions/x.test.ts': load('x.test'),
    'netlify/functions/x.d.ts': 'this does not compile',
    'netlify/functions/.hidden.js': load('.hidden'),
    'netlify/functions/.js': load('.js'),
    'netlify/functions/caf\u00e9.mts': load('caf\u00e9'),
    'netlify/functions/a b.mts': load('a b'),
    'netlify/functions/$x/index.mts': load('$x'),
    'netlify/functions/valid_Name-1.mts': load('valid_Name-1')
  }, {}, { logger })

  t.same((globalThis as { [loads]?: string[] })[loads], ['valid_Name-1'])
  t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['valid_Name-1'])
  t.same(lines.filter(({ err }) => err !== undefined), [], 'nothing failed to build')
  for (const name of ['x.test', 'x.d', '.hidden', 'caf%C3%A9', 'a%20b', '$x', 'valid_Name-1.mts']) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.same([response.statusCode, response.json().code], [400, 'FST_NETLIFY_INVALID_FUNCTION_NAME'], name)
  }
})

t.test('a file that exports no handler is no function: 404, and a debug line', async (t) => {
  const { logger, lines } = captureLog()
  const app = await createApp(t, {
    'netlify/functions/_helpers.ts': 'export const greet = (name: string): string => `Hello, ${name}`', // eslint-disable-line no-template-curly-in-string
    'netlify/functions/constants.cjs': 'exports.answer = 42',
    'netlify/functions/nothing.mts': '',
    'netlify/functions/hello.mts': 'import { greet } from "./_helpers.ts"\nexport default () => new Response(greet("you"))'
  }, {}, { logger })

  t.equal((await app.inject('/.netlify/functions/hello')).body, 'Hello, you')
  t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['hello'])
  for (const name of ['_helpers', 'constants', 'nothing']) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.same([response.statusCode, response.json().code], [404, 'FST_NETLIFY_FUNCTION_NOT_FOUND'], name)
    t.equal(lines.find((line) => line.function === name)?.level, 20, `${name} is logged at debug level`)
  }
})

t.test('a symbolic link to a file is a function, one to a directory is not', async (t) => {
  const root = await createSite(t, {
    'shared/linked.mts': 'import { text } from "./text.ts"\nexport default () => new Response(text)',
    'shared/text.ts': 'export const text = "beside the real file"',
    'shared/directory/index.mts': answers('directory', '.mts')
  })
  const functions = join(root, 'netlify/functions')
  await mkdir(functions, { recursive: true })
  await symlink('../../shared/linked.mts', join(functions, 'linked.mts'))
  await symlink('../../shared/directory', join(functions, 'directory'))
  await symlink('../../shared/directory', join(functions, 'directory2.mts'))
  await symlink('nowhere.mts', join(functions, 'dangling.mts'))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root })

  t.same(app.netlifyFunctions.functions.map(({ name }) => name), ['linked'])
  t.equal((await app.inject('/.netlify/functions/linked')).body, 'beside the real file')
  t.equal((await app.inject('/.netlify/functions/directory')).statusCode, 404)
})
