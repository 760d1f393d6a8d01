import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import * as errors from '../lib/errors.ts'

const repository = join(import.meta.dirname, '..')
const documentation = await readFile(join(repository, 'docs', 'errors.md'), 'utf8')
const [, ...sections] = documentation.split(/^### /m)
// A message without its arguments still has its code and status.
const constructors = errors as unknown as Record<string, errors.CodedError>
const made = Object.entries(constructors).map(([name, CodedError]) => ({ name, error: new CodedError() }))

t.test('every error is exported under its code', async (t) => {
  t.strictSame(made.map(({ error }) => error.code), made.map(({ name }) => name))
  t.ok(made.every(({ name }) => name.startsWith('FST_NETLIFY_')))
})

t.test('docs/errors.md lists exactly the errors there are, with their status', async (t) => {
  const documented = sections.map((section) => section.match(/^(\S+)\n\n\*\*(\d{3})\.\*\* /)?.slice(1).join(' '))
  t.strictSame(documented.sort(), made.map(({ error }) => `${error.code} ${error.statusCode}`).sort())
})

t.test('docs/errors.md gives cause and remedy of every error', async (t) => {
  const incomplete = sections.filter((section) => !/^\S+\n\n\*\*\d{3}\.\*\* [A-Z`][^]*\.\n\*\*Remedy:\*\* \S[^]*\.\n/.test(section))
  t.strictSame(incomplete, [])
})

t.test('every error is thrown somewhere', async (t) => {
  const files = (await readdir(join(repository, 'lib'), { recursive: true })).filter((file) => file.endsWith('.ts'))
  const source = (await Promise.all(files.map(async (file) => await readFile(join(repository, 'lib', file), 'utf8')))).join('\n')
  t.strictSame(made.filter(({ name }) => !new RegExp(`new (?:errors\\.)?${name}\\(`).test(source)).map(({ name }) => name), [])
})

t.test('an error carries its cause', async (t) => {
  const cause = new Error('the reason')
  const error = new errors.FST_NETLIFY_FUNCTION_FAILED('hello', ': the reason', { cause })
  t.equal(error.cause, cause)
  t.equal(error.message, 'Function "hello" failed: the reason')
  t.ok(error instanceof Error)
  t.ok(new errors.FST_NETLIFY_INVALID_OPTION('root', 'must be a path') instanceof TypeError)
})
