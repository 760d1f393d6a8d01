import t, { type Test } from 'tap'
import { createJobsPages } from '../../lib/dashboard/jobs.ts'
import type { PageContent } from '../../lib/dashboard/page.ts'
import type { NewJob, NetlifyFunctions, QueueDriver } from '../../lib/index.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createApp } from '../helper.ts'

const HOSTILE = '<img src=x onerror=alert(1)> "\'` \u202Eevil'
const base = '/prefix/.netlify/dashboard'

interface Bench {
  readonly queue: QueueDriver
  readonly handle: NetlifyFunctions
  add (id: string, changes?: Partial<NewJob>): Promise<void>
  render (path: string, query?: Record<string, string>): Promise<PageContent & { readonly markup: string, readonly text: string }>
}

async function createBench (t: Test): Promise<Bench> {
  const queue = memoryQueue({ maxJobs: 100_000 })
  const { netlifyFunctions: handle } = await createApp(t, {
    'netlify/functions/mail-background.mjs': 'export default () => {}',
    'netlify/functions/nightly.mjs': 'export default () => {}\nexport const config = { schedule: "@daily" }',
    'netlify/functions/hello.mjs': 'export default () => new Response()'
  }, { queue })
  const { pages } = createJobsPages(handle)
  return {
    queue,
    handle,
    async add (id, changes = {}) {
      const request = { method: 'POST', url: 'http://localhost/.netlify/functions/mail-background', headers: {}, body: null }
      await queue.enqueue({ id, function: 'mail-background', deployId: '', requestId: '', ip: '', params: {}, route: undefined, request, ...changes })
    },
    async render (path, query = {}) {
      const [, id] = /^\/jobs\/(.*)$/.exec(path) ?? []
      const page = pages.find((page) => page.path === (id === undefined ? '/jobs' : '/jobs/:id'))!
      const content = await page.render({ params: id === undefined ? {} : { id }, query, base, csrfToken: 'token', notice: undefined })
      const markup = content.body.toString()
      return { ...content, markup, text: markup.replace(/<[^>]*>/g, '') }
    }
  }
}

t.test('the list without jobs says so, and where to read on', async (t) => {
  const { render } = await createBench(t)
  const { markup, text } = await render('/jobs')
  t.match(text, /No jobs yet/)
  t.match(markup, 'href="https://docs.netlify.com/build/functions/background-functions/"')
  t.match((await render('/jobs', { state: 'failed' })).text, /No job is like this/)
  t.match((await render('/jobs', { page: '7' })).text, /There are no jobs so far back/)
})

t.test('what is asked for and makes no sense gets 400 and a way out', async (t) => {
  const { render } = await createBench(t)
  for (const query of [{ state: HOSTILE }, { page: '0' }, { page: HOSTILE }]) {
    const { status, markup } = await render('/jobs', query)
    t.equal(status, 400)
    t.match(markup, `href="${base}/jobs"`)
    t.notMatch(markup, '<img')
  }
})

t.test('pages of fifty, with ways to the others', async (t) => {
  const { add, render } = await createBench(t)
  for (let id = 1; id <= 120; id++) await add(`job-${id}`)
  const ids = (markup: string): string[] => [...markup.matchAll(/<code>job-(\d+)<\/code>/g)].map(([, id]) => id!)
  const first = await render('/jobs')
  t.same(ids(first.markup), Array.from({ length: 50 }, (_, index) => String(120 - index)))
  t.match(first.text, /Page 1 of 3/)
  t.match(first.markup, `href="${base}/jobs?page=2">Older`)
  t.match(first.markup, `href="${base}/jobs?page=3">Oldest`)
  t.notMatch(first.markup, 'Newer')
  const last = await render('/jobs', { page: '3', state: 'waiting' })
  t.equal(ids(last.markup).length, 20)
  t.match(last.markup, `href="${base}/jobs?state=waiting&amp;page=2">Newer`)
  t.notMatch(last.markup, 'Older')
  t.equal(last.refresh, undefined)
  const ofFunction = await render('/jobs', { function: 'mail-background', page: '2' })
  t.match(ofFunction.text, /Page 2\s/, 'nobody knows of how many')
  t.same(ids((await render('/jobs', { function: 'nightly' })).markup), [])
})

t.test('the tabs count jobs, the filter offers what has some, and gone functions', async (t) => {
  const { add, queue, render } = await createBench(t)
  await add('1')
  await add('2')
  await queue.change('1', 'cancel')
  const { text, markup } = await render('/jobs', { function: 'gone' })
  t.match(markup, '<option value="gone" selected>')
  t.match(markup, '<option value="nightly">')
  t.notMatch(markup, '<option value="hello">')
  t.notMatch(text, /waiting\s+1/, 'no counts that are not of the function')
  t.match((await render('/jobs')).text, /all\s+2.*waiting\s+1.*cancelled\s+1/s)
})

t.test('no text of a job becomes markup', async (t) => {
  const { add, queue, render } = await createBench(t)
  const body = new TextEncoder().encode(HOSTILE)
  await add('1', { function: HOSTILE, requestId: HOSTILE, deployId: HOSTILE, ip: HOSTILE, route: HOSTILE, params: { [HOSTILE]: HOSTILE }, request: { method: HOSTILE, url: HOSTILE, headers: { [HOSTILE]: HOSTILE }, body } })
  const [claim] = await queue.claim({ limit: 1, leaseDuration: 60_000, signal: AbortSignal.timeout(5_000) })
  await queue.settle(claim!, { outcome: 'failed', error: `${HOSTILE}\n${HOSTILE}` })
  for (const { markup, text } of [await render('/jobs'), await render('/jobs', { function: HOSTILE }), await render('/jobs/1')]) {
    t.notMatch(markup, '<img')
    t.notMatch(markup, '\u202E')
    t.match(text, '&lt;img src=x onerror=alert(1)&gt;')
  }
})

t.test('one job shows its request without secrets, and nothing of a body that is no text', async (t) => {
  const { add, render } = await createBench(t)
  const request = { method: 'PUT', url: 'http://localhost/job?a=1', headers: { authorization: 'Bearer secret', 'content-type': 'text/plain' }, body: new TextEncoder().encode('hello body') }
  await add('1', { request, params: { size: 'L' }, deployId: 'deploy-1' })
  await add('2', { request: { ...request, body: new Uint8Array([0, 255]) } })
  const { text, markup, refresh } = await render('/jobs/1')
  for (const part of ['PUT http://localhost/job?a=1', 'text/plain', 'hello body', '10 bytes', 'size: L', 'deploy-1', 'waiting']) t.match(text, part)
  t.notMatch(markup, 'secret"')
  t.notMatch(text, 'Bearer')
  t.ok(refresh)
  t.match((await render('/jobs/2')).text, /A body of 2 bytes, which are no text/)
  t.match(await render('/jobs/nobody'), { status: 404, text: /The queue has no job nobody/ })
})

t.test('the buttons are those that the state of a job allows', async (t) => {
  const { add, queue, render } = await createBench(t)
  const buttons = async (): Promise<string[]> => [...(await render('/jobs/1')).markup.matchAll(/action="[^"]*(\/jobs\/\w+)"/g)].map(([, action]) => action!)
  await add('1')
  t.same(await buttons(), ['/jobs/cancel'])
  await queue.change('1', 'cancel')
  t.same(await buttons(), ['/jobs/retry'])
  await queue.change('1', 'retry')
  const [claim] = await queue.claim({ limit: 1, leaseDuration: 60_000, signal: AbortSignal.timeout(5_000) })
  t.same(await buttons(), [])
  await queue.settle(claim!, { outcome: 'succeeded' })
  t.same(await buttons(), [])
})

t.test('a queue that is out of reach is said, and the server goes on', async (t) => {
  const queue = memoryQueue()
  const app = await createApp(t, { 'netlify/functions/mail-background.mjs': 'export default () => {}' }, { queue, dashboard: true })
  t.equal((await app.inject('/.netlify/dashboard/jobs')).statusCode, 200)
  await queue.close()
  for (const path of ['/jobs', '/jobs/1']) {
    const { statusCode, body } = await app.inject(`/.netlify/dashboard${path}`)
    t.equal(statusCode, 503)
    t.match(body, 'it is closed')
  }
  t.equal((await app.inject('/.netlify/dashboard/builds')).statusCode, 200)
})
