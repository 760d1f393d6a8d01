import t, { type Test } from 'tap'
import type { PageContent } from '../../lib/dashboard/page.ts'
import { createSchedulesPages } from '../../lib/dashboard/schedules.ts'
import type { NetlifyFunctions } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp, listen, type SiteFiles } from '../helper.ts'

const nightly = 'export default () => { throw new Error("<img src=x>") }\nexport const config = { schedule: "@daily" }'
const odd = 'export default () => {}\nexport const config = { schedule: "*/7 * * * *" }'

interface Bench {
  readonly handle: NetlifyFunctions
  render (): Promise<PageContent & { readonly markup: string, readonly text: string }>
  press (path: string, fields: Record<string, string>): Promise<{ to: string, notice: string }>
  listening (): Promise<unknown>
}

async function createBench (t: Test, files: SiteFiles): Promise<Bench> {
  const app = await createApp(t, files, { queue: memoryQueue() })
  const handle = app.netlifyFunctions
  const { pages: [page], actions } = createSchedulesPages(handle)
  return {
    handle,
    async render () {
      const content = await page!.render({ params: {}, query: {}, base: '/x', csrfToken: 'token', notice: undefined })
      const markup = content.body.toString()
      return { ...content, markup, text: markup.replace(/<[^>]*>/g, '') }
    },
    press: async (path, fields) => await actions.find((action) => action.path === path)!.run(fields, {}),
    listening: async () => await listen(app)
  }
}

t.test('a site without schedules is told how to have one', async (t) => {
  const { render } = await createBench(t, { 'netlify/functions/hello.mjs': 'export default () => new Response()' })
  const { markup, text } = await render()
  t.match(text, /No function has a schedule/)
  t.match(markup, 'href="https://docs.netlify.com/build/functions/scheduled-functions/"')
})

t.test('each schedule has its expression, words where there are some, and its next five times', async (t) => {
  const { render, listening } = await createBench(t, { 'netlify/functions/nightly.mjs': nightly, 'netlify/functions/odd.mjs': odd })
  t.match((await render()).text, /The clock of this process runs none of them/)
  await listening()
  const { markup, text } = await render()
  t.notMatch(text, /runs none of them/)
  t.match(text, /Every day at 00:00 UTC\s*@daily/)
  t.match(text, '*/7 * * * *')
  // The other one may be due at midnight as well.
  t.ok((markup.match(/<time datetime="[^"]+T00:00:00\.000Z">/g) ?? []).length >= 5)
})

t.test('a run now, a pause and its end are done and told', async (t) => {
  const { handle, render, press, listening } = await createBench(t, { 'netlify/functions/nightly.mjs': nightly })
  await listening()
  const failed = new Promise<string>((resolve) => handle.on('job', ({ type, job }) => { if (type === 'failed') resolve(job.id) }))
  const { to, notice } = await press('/schedules/run', { function: 'nightly' })
  const id = await failed
  t.same([to, notice], ['/schedules', `A run of "nightly" is queued as job ${id}.`])
  const { markup } = await render()
  t.match(markup, `href="/x/jobs/${id}"`)
  t.match(markup, /Error: &lt;img src=x&gt;/)

  t.match(await press('/schedules/pause', { function: 'nightly' }), { notice: 'The schedule of "nightly" is paused in this process: the times pass by.' })
  t.match((await render()).markup, /paused.*\/schedules\/resume/s)
  t.match(await press('/schedules/resume', { function: 'nightly' }), { notice: 'The schedule of "nightly" runs again.' })
  t.match(await press('/schedules/pause', {}), { notice: /^All schedules are paused/ })
  t.match((await render()).text, /All schedules are paused in this process/)
  t.match(await press('/schedules/resume', {}), { notice: 'All schedules run again.' })
  for (const action of ['run', 'pause', 'resume']) await t.rejects(press(`/schedules/${action}`, { function: 'nobody' }), { code: 'FST_NETLIFY_FUNCTION_NOT_FOUND' })
})
