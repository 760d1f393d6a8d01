import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { createSite, type SiteFiles } from '../helper.ts'

interface Failure {
  /** What the client sees. */
  readonly message: string
  /** What the log has. */
  readonly stack: string
}

/** Calls every function of a site in a process of its own: this one was started with --enable-source-maps. */
async function failuresOf (t: Test, directory: string, files: SiteFiles): Promise<Record<string, Failure>> {
  const top = await createSite(t, Object.fromEntries(Object.entries(files).map(([path, content]) => [join(directory, path), content])))
  const script = join(top, 'serve.mjs')
  await writeScript(script)
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', script, join(top, directory)], { env })
  return JSON.parse(stdout) as Record<string, Failure>
}

async function writeScript (path: string): Promise<void> {
  await writeFile(path, `
    import Fastify from ${JSON.stringify(import.meta.resolve('fastify'))}
    import { netlifyFunctions } from ${JSON.stringify(import.meta.resolve('../../lib/index.ts'))}
    import { Writable } from 'node:stream'
    const stacks = []
    const stream = new Writable({ write (line, _, done) { stacks.push(JSON.parse(line).err?.stack); done() } })
    const app = Fastify({ logger: { level: 'error', stream } })
    await app.register(netlifyFunctions, { root: process.argv[2], exposeErrors: true })
    const failures = {}
    for (const { name } of app.netlifyFunctions.functions) {
      stacks.length = 0
      const { message } = (await app.inject('/.netlify/functions/' + name)).json()
      failures[name] = { message, stack: stacks.join('\\n') }
    }
    await app.close()
    console.log(JSON.stringify(failures))`)
}

const CODE = `import { fail } from '../../lib/fail.ts'
interface Unused {
  readonly a: string
}
enum Kind { One, Two }
const place: string = __filename
export default async (request: Request): Promise<Response> => {
  await null
  if (request.url.length > 0) {
    throw new Error(\`\${Kind.Two} in the entry, \${place satisfies string}\`)
  }
  return new Response()
}
export const unused: Unused | string = typeof fail`

const CALLS_HELPER = `import { fail } from '../../lib/fail.ts'
type Unused = { a: string }
export default (): Response => {
  fail({} as Unused)
  return new Response()
}`

const HELPER = `interface Unused {
  a: string
}

export function fail (_value: Unused): never {
  const from: string = __dirname
  throw new TypeError('in the helper of ' + from)
}`

const SITE: SiteFiles = {
  'netlify/functions/esm.mts': CODE,
  'netlify/functions/cjs.cts': CODE,
  'netlify/functions/esm-helper.mts': CALLS_HELPER,
  'netlify/functions/cjs-helper.cts': CALLS_HELPER,
  'netlify/functions/lambda.mts': 'interface Unused { a: string }\n\nexport const handler = async (): Promise<never> => {\n  throw new Error("in the handler")\n}',
  'lib/fail.ts': HELPER
}

for (const directory of ['site', 'a site in #1']) {
  t.test(`what a handler throws has a stack that points at the source, in ${JSON.stringify(directory)}`, async (t) => {
    const failures = await failuresOf(t, directory, SITE)
    const expected: Array<[name: string, positions: string[]]> = [
      ['esm', ['netlify/functions/esm.mts:10:11']],
      ['cjs', ['netlify/functions/cjs.cts:10:11']],
      ['esm-helper', ['lib/fail.ts:7:9', 'netlify/functions/esm-helper.mts:4:3']],
      ['cjs-helper', ['lib/fail.ts:7:9', 'netlify/functions/cjs-helper.cts:4:3']],
      ['lambda', ['netlify/functions/lambda.mts:4:9']]
    ]
    for (const [name, positions] of expected) {
      for (const [where, text = ''] of [['client', failures[name]?.message], ['log', failures[name]?.stack]] as const) {
        const found = positions.map((position) => text.indexOf(position))
        t.ok(found.every((index, n) => index > (found[n - 1] ?? 0)), `${name}: the ${where} sees ${positions.join(' below ')}`, { text })
        t.notMatch(text, '.netlify/functions-cache', 'and not the bundle')
      }
    }
  })
}
