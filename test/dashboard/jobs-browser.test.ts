import t from 'tap'
import { hasChromium, launchChromium } from '../chromium.ts'
import { jobEvent, openPage, startDashboard, type DashboardSite } from './jobs-site.ts'

if (!hasChromium()) {
  t.plan(0, 'there is no Chromium here; CHROMIUM_PATH can name one')
  process.exit(0)
}

const browser = await launchChromium(t)
const files = {
  'netlify/functions/mail-background.mjs': `
    export default async (request) => {
      console.log('mail to <b>everybody</b>')
      const text = await request.text()
      if (text === 'fail') throw new Error('<img src=x onerror=alert(1)> no server')
    }`,
  'netlify/functions/report-background.mjs': 'export default () => {}'
}

async function call ({ handle }: DashboardSite, name: string, body: string): Promise<void> {
  await handle.invoke(name, new Request(`http://localhost/.netlify/functions/${name}`, { method: 'POST', body, headers: { 'x-from': 'test' } }))
}

/** Runs a call that fails, and gives its job. */
async function fail (site: DashboardSite, name = 'mail-background'): Promise<string> {
  const failed = jobEvent(site.handle, 'failed')
  await call(site, name, 'fail')
  return await failed
}

t.test('a failed job is opened, read and tried again', async (t) => {
  const site = await startDashboard(t, files)
  const id = await fail(site)
  const page = await openPage(t, browser, `${site.url}/jobs`)
  await page.getByRole('link', { name: /^failed 1/ }).click()
  await page.getByRole('link', { name: id }).click()
  await page.getByRole('heading', { name: `Job ${id}` }).waitFor()
  t.match(await page.locator('main').textContent(), /no server/)
  t.match(await page.locator('.log').textContent(), 'mail to <b>everybody</b>')
  t.match(await page.getByRole('region', { name: 'Attempts' }).textContent(), /1.*failed/s)
  await page.getByText(/^Body/).click()
  await page.locator('pre', { hasText: /^fail$/ }).waitFor()
  t.equal(await page.locator('img').count(), 0)

  site.handle.jobs.pause()
  await page.getByRole('button', { name: 'Retry' }).click()
  await page.getByText(`Job ${id} is queued again`).waitFor()
  t.match(await site.handle.jobs.get(id), { state: 'waiting', attempt: 0 })
  t.equal(await page.locator('.state').first().textContent(), 'waiting')

  const failed = jobEvent(site.handle, 'failed')
  site.handle.jobs.resume()
  await failed
  await page.locator('dd .state', { hasText: 'failed' }).waitFor()
})

t.test('a waiting job is cancelled once the question is answered; too late is told, and no error of the server', async (t) => {
  const site = await startDashboard(t, files)
  site.handle.jobs.pause()
  await call(site, 'mail-background', 'one')
  await call(site, 'mail-background', 'two')
  const [second, first] = await site.handle.jobs.list()
  const page = await openPage(t, browser, `${site.url}/jobs?state=waiting`)
  const cancel = page.getByRole('button', { name: `Cancel job ${first!.id}` })

  page.once('dialog', (dialog) => { dialog.dismiss() })
  await cancel.click()
  t.match(await site.handle.jobs.get(first!.id), { state: 'waiting' })
  page.on('dialog', (dialog) => { dialog.accept() })
  await cancel.click()
  await page.getByText(`Job ${first!.id} is cancelled`).waitFor()
  t.match(await site.handle.jobs.get(first!.id), { state: 'cancelled' })
  t.match(page.url(), /state=waiting/)

  await page.goto(`${site.url}/jobs/${second!.id}`)
  await site.handle.jobs.cancel(second!.id)
  const sent = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Cancel' }).click()
  t.equal((await sent).status(), 303)
  await page.getByText(/it cannot cancel while it is cancelled/).waitFor()
})

t.test('all failed jobs of a function are queued again', async (t) => {
  const site = await startDashboard(t, files)
  for (let count = 0; count < 3; count++) await fail(site)
  site.handle.jobs.pause()
  const page = await openPage(t, browser, `${site.url}/jobs`)
  await page.getByLabel('Function').selectOption('mail-background')
  await page.getByRole('button', { name: 'Show' }).click()
  page.on('dialog', (dialog) => { dialog.accept() })
  await page.getByRole('button', { name: 'Retry failed jobs of mail-background' }).click()
  await page.getByText('3 failed jobs of "mail-background" are queued again.').waitFor()
  t.match(await site.handle.jobs.stats(), { waiting: 3, failed: 0 })
  t.match(page.url(), /function=mail-background/)
})

t.test('jobs are paused and resumed, of one function and of all', async (t) => {
  const site = await startDashboard(t, files)
  const { jobs } = site.handle
  const page = await openPage(t, browser, `${site.url}/jobs?function=mail-background`)
  await page.getByRole('button', { name: 'Pause mail-background' }).click()
  await page.getByText('No job of "mail-background" begins in this process until you resume').waitFor()
  t.same(jobs.paused, { all: false, functions: ['mail-background'] })
  await page.getByRole('button', { name: 'Resume mail-background' }).click()
  await page.getByText('Jobs of "mail-background" begin again').waitFor()
  await page.getByRole('button', { name: 'Pause all' }).click()
  await page.getByText('No job begins in this process until').waitFor()
  t.same(jobs.paused, { all: true, functions: [] })
  await page.getByRole('button', { name: 'Resume all' }).click()
  await page.getByText('Jobs begin again').waitFor()
  t.same(jobs.paused, { all: false, functions: [] })
})

t.test('without scripts everything is there too', async (t) => {
  const site = await startDashboard(t, files)
  const id = await fail(site)
  site.handle.jobs.pause()
  const page = await openPage(t, browser, `${site.url}/jobs`, { scripts: false })
  await page.getByLabel('Function').selectOption('mail-background')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('button', { name: `Retry job ${id}` }).click()
  await page.getByText(`Job ${id} is queued again`).waitFor()
  await page.getByRole('button', { name: `Cancel job ${id}` }).click()
  await page.getByText(`Job ${id} is cancelled`).waitFor()
  t.match(await site.handle.jobs.get(id), { state: 'cancelled' })
})

t.test('the list follows what happens, and the older jobs are a page away', async (t) => {
  const site = await startDashboard(t, files)
  site.handle.jobs.pause()
  for (let count = 0; count < 60; count++) await call(site, 'mail-background', 'ok')
  const page = await openPage(t, browser, `${site.url}/jobs`)
  t.equal(await page.locator('tbody tr').count(), 50)
  await page.getByRole('link', { name: 'Older' }).click()
  await page.locator('tbody tr').nth(9).waitFor()
  t.equal(await page.locator('tbody tr').count(), 10)
  await page.getByRole('link', { name: 'Newest' }).click()
  site.handle.jobs.resume()
  await page.getByRole('link', { name: /^succeeded 60/ }).waitFor()
})
