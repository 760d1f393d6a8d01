import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { createBuildsPages } from '../../lib/dashboard/builds.ts'
import type { PageContent } from '../../lib/dashboard/page.ts'
import { netlifyFunctions } from '../../lib/index.ts'
import { createSite, isolation, writeFiles, type SiteFiles } from '../helper.ts'

const hello = 'export default () => new Response("hello")'
const wrong = 'export default () => {\n  const text = "<img src=x onerror=alert(1)>"\n  return new Response(text +)\n}'

interface Bench {
  readonly root: string
  render (): Promise<PageContent & { readonly markup: string, readonly text: string }>
  reload (): Promise<{ to: string, notice: string }>
}

async function createBench (t: Test, files: SiteFiles): Promise<Bench> {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  await app.register(netlifyFunctions, { root, isolation })
  const { pages: [page], actions: [action] } = createBuildsPages({ handle: app.netlifyFunctions, root })
  return {
    root,
    async render () {
      const content = await page!.render({ params: {}, query: {}, base: '/x', csrfToken: 'token', notice: undefined })
      const markup = content.body.toString()
      return { ...content, markup, text: markup.replace(/<[^>]*>/g, '') }
    },
    reload: async () => await action!.run({}, {})
  }
}

t.test('a site that is well says so', async (t) => {
  const { render } = await createBench(t, { 'netlify/functions/hello.mjs': hello })
  const { text } = await render()
  t.match(text, /has 1 function that can run\. Served since \d{4}-\d\d-\d\d/)
  t.match(text, /Every function is built and loaded/)
  t.match(text, /not since/)
})

t.test('each function that cannot run is shown with the place, and no source becomes markup', async (t) => {
  const { render } = await createBench(t, {
    'netlify/functions/hello.mjs': hello,
    'netlify/functions/wrong.mjs': wrong,
    'netlify/functions/throws.mjs': 'const late = () => { throw new Error("<b>not today</b>") }\nlate()\nexport default () => {}',
    'netlify/functions/timed.mjs': `${hello}\nexport const config = { schedule: "at noon" }`
  })
  const { markup, text } = await render()
  t.match(text, /has 1 function that can run, and 3 functions that cannot/)
  t.match(text, 'Function &quot;wrong&quot; does not build')
  t.match(text, 'netlify/functions/wrong.mjs:3:29')
  t.match(markup, /<span class="marked"><i>3<\/i> {2}return new Response\(text \+<mark>\)<\/mark>/)
  t.match(text, 'netlify/functions/throws.mjs:1:')
  t.match(text, 'Stack trace')
  t.match(text, /configuration error on &#39;schedule&#39;/)
  t.notMatch(markup, /<img|<b>/)
})

t.test('a reload is told with what was bundled, and a refused one with its reason', async (t) => {
  const { render, reload, root } = await createBench(t, { 'netlify/functions/hello.mjs': hello })
  t.same(await reload(), { to: '/builds', notice: 'A new version of the site is served. 0 functions were bundled anew.' })
  await writeFiles(root, { 'netlify/functions/hello.mjs': 'export default () => new Response("again")' })
  t.match(await reload(), { notice: /1 function was bundled anew/ })
  await writeFiles(root, { 'netlify/functions/hello.mjs': wrong })
  await t.rejects(reload(), { code: 'FST_NETLIFY_RELOAD_FAILED' })
  const { text, markup } = await render()
  t.match(text, /has 1 function that can run\./, 'the old version is served')
  t.match(text, 'The last change of the site is not served')
  t.match(text, 'netlify/functions/hello.mjs:3:29')
  t.equal(markup.match(/state-succeeded/g)?.length, 2)
  t.equal(markup.match(/state-failed/g)?.length, 1)
  t.notMatch(markup, '<img')

  await rm(join(root, 'netlify/functions/hello.mjs'))
  await reload()
  t.match((await render()).text, /Every function is built and loaded/)
})
