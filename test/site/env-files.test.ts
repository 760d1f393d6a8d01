import { join } from 'node:path'
import t from 'tap'
import type { NetlifyFunctionsOptions } from '../../lib/index.ts'
import { createApp, createSite, writeFiles, type SiteFiles } from '../helper.ts'

const functions: SiteFiles = {
  'netlify/functions/env.mjs': `
    export default (request, { site, deploy }) => {
      const seen = new URL(request.url).searchParams.get('names').split(',').map((name) => Netlify.env.get(name) ?? null)
      return Response.json({ seen, same: process.env.LAYER_A === Netlify.env.get('LAYER_A'), site, deploy })
    }`
}
const names = ['A', 'B', 'C', 'D'].map((letter) => `LAYER_${letter}`)

async function seen (t: Parameters<typeof createSite>[0], files: SiteFiles, options: NetlifyFunctionsOptions = {}): Promise<unknown[]> {
  const app = await createApp(t, { ...functions, ...files }, options)
  const { seen, same } = (await app.inject(`/.netlify/functions/env?names=${names.join()}`)).json<{ seen: unknown[], same: boolean }>()
  await app.close()
  return same ? seen : [...seen, 'process.env differs']
}

/** Each file sets one variable less than the one before it. */
function layers (stage: string): SiteFiles {
  const files = ['.env', `.env.${stage}`, '.env.local', `.env.${stage}.local`]
  return Object.fromEntries(files.map((file, index) => [file, names.slice(index).map((name) => `${name}=${file}`).join('\n')]))
}

const contexts: Array<[title: string, options: NetlifyFunctionsOptions, stage: string]> = [
  ['"dev", without being asked', { deploy: { context: 'dev' } }, 'development'],
  ['"dev", by the option env', { env: { CONTEXT: 'dev' } }, 'development'],
  ['"production", which is the default', { envFile: true }, 'production'],
  ['"deploy-preview"', { envFile: true, deploy: { context: 'deploy-preview' } }, 'deploy-preview']
]

for (const [title, options, stage] of contexts) {
  t.test(`.env files are read in Netlify's order for the context ${title}`, async (t) => {
    const files = { ...layers(stage), '.env.other': 'LAYER_D=of another context' }
    t.strictSame(await seen(t, files, options), ['.env', `.env.${stage}`, '.env.local', `.env.${stage}.local`])
  })
}

t.test('the context may come from the process', async (t) => {
  process.env.CONTEXT = 'dev'
  t.teardown(() => { delete process.env.CONTEXT })
  t.strictSame(await seen(t, layers('development')), ['.env', '.env.development', '.env.local', '.env.development.local'])
})

t.test('none is read outside of the context "dev" without being asked, nor there with envFile: false', async (t) => {
  t.strictSame(await seen(t, { ...layers('production'), ...layers('development') }), [null, null, null, null])
  t.strictSame(await seen(t, layers('development'), { deploy: { context: 'dev' }, envFile: false }), [null, null, null, null])
})

t.test('those that are not there are left out, as is a directory', async (t) => {
  t.strictSame(await seen(t, { '.env/x': '', '.env.local': '\uFEFFLAYER_A=after a mark\r\nLAYER_B=two' }, { envFile: true }), ['after a mark', 'two', null, null])
})

t.test('what the process has wins over every file, the option env over the process', async (t) => {
  for (const name of ['LAYER_A', 'LAYER_B']) process.env[name] = 'process'
  t.teardown(() => { for (const name of ['LAYER_A', 'LAYER_B']) delete process.env[name] })
  const files = { '.env': 'LAYER_A=file\nLAYER_B=file\nLAYER_C=file' }
  t.strictSame(await seen(t, files, { envFile: true, env: { LAYER_B: 'option' } }), ['process', 'option', 'file', null])
  t.strictSame(await seen(t, files, { envFile: '.env' }), ['process', 'process', 'file', null])
})

t.test('[build.environment] comes below all of them, in the context "dev" only', async (t) => {
  process.env.LAYER_C = 'process'
  t.teardown(() => { delete process.env.LAYER_C })
  const files = {
    '.env': 'LAYER_B=file',
    'netlify.toml': '[build.environment]\nLAYER_A = "toml"\nLAYER_B = "toml"\nLAYER_C = "toml"\nLAYER_D = "toml"\n[context.dev.environment]\nLAYER_A = "dev"'
  }
  t.strictSame(await seen(t, files, { deploy: { context: 'dev' }, env: { LAYER_D: 'option' } }), ['dev', 'file', 'process', 'option'])
  t.strictSame(await seen(t, files), [null, null, 'process', null])
})

t.test('reload() reads them anew', async (t) => {
  const root = await createSite(t, { ...functions, '.env': 'LAYER_A=first', 'netlify.toml': '[build.environment]\nLAYER_B = "first"' })
  const app = await createApp(t, {}, { root, deploy: { context: 'dev' } })
  const get = async (): Promise<unknown[]> => (await app.inject(`/.netlify/functions/env?names=${names.join()}`)).json<{ seen: unknown[] }>().seen
  t.strictSame(await get(), ['first', 'first', null, null])
  await writeFiles(root, { '.env': 'LAYER_A=second\nLAYER_C=new', 'netlify.toml': '[build.environment]\nLAYER_B = "second"' })
  await app.netlifyFunctions.reload()
  t.strictSame(await get(), ['second', 'second', 'new', null])
  t.equal(process.env.LAYER_B, 'second')
})

t.test('a file that cannot be read is an error that names it', async (t) => {
  const link = await createSite(t, {})
  await t.rejects(createApp(t, { '.env': 'A=1' }, { envFile: join(link, 'x'.repeat(300)) }), { code: 'FST_NETLIFY_INVALID_OPTION', message: /Option "envFile" names a file that cannot be read: ENAMETOOLONG/ })
})
