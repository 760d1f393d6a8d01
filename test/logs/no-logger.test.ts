import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createSite, writeFiles } from '../helper.ts'

const library = join(import.meta.dirname, '../../lib/index.ts')

for (const isolation of ['inline', 'thread']) {
  t.test(`where the host has no logger, functions print as without us, ${isolation}`, async (t) => {
    const { stdout, stderr } = await serve({}, isolation)
    t.equal(stdout, 'loaded\nhello 50% { a: 1 }\nof context\n')
    t.equal(stderr, 'careful\n')
  })

  t.test(`a host that wants no lines gets none, ${isolation}`, async (t) => {
    const { stdout, stderr } = await serve({ logger: { level: 'silent' } }, isolation)
    t.equal(stdout + stderr, '')
  })
}

async function serve (serverOptions: object, isolation: string): Promise<{ stdout: string, stderr: string }> {
  const root = await createSite(t, {
    'netlify/functions/x.mjs': 'console.log("loaded")\nexport default (request, context) => { console.log("hello 50%", { a: 1 }); console.error("careful"); context.log("of context"); return new Response("x") }'
  })
  await writeFiles(root, {
    'serve.mjs': `
    const { default: Fastify } = await import(${JSON.stringify(import.meta.resolve('fastify'))})
    const { netlifyFunctions } = await import(${JSON.stringify(library)})
    const app = Fastify(${JSON.stringify(serverOptions)})
    await app.register(netlifyFunctions, ${JSON.stringify({ root, isolation })})
    await app.inject('/.netlify/functions/x')
    await app.close()`
  })
  return await promisify(execFile)(process.execPath, [join(root, 'serve.mjs')])
}
