import t from 'tap'
import { hasChromium, launchChromium } from '../chromium.ts'
import { jobEvent, openPage, startDashboard } from './jobs-site.ts'

if (!hasChromium()) {
  t.plan(0, 'there is no Chromium here; CHROMIUM_PATH can name one')
  process.exit(0)
}

const browser = await launchChromium(t)
const yearly = (body: string): string => `export default () => { ${body} }\nexport const config = { schedule: '@yearly' }`
const files = {
  'netlify/functions/backup.mjs': yearly(''),
  'netlify/functions/broken.mjs': yearly('throw new Error("no disk")')
}

t.test('a run now is queued, and its result is linked', async (t) => {
  const { handle, url } = await startDashboard(t, files)
  const page = await openPage(t, browser, `${url}/schedules`)
  const row = page.getByRole('row', { name: /broken/ })
  t.match(await row.textContent(), /Every year on 1 January at 00:00 UTC/)
  const failed = jobEvent(handle, 'failed')
  await row.getByRole('button', { name: 'Run now' }).click()
  await page.getByText('A run of "broken" is queued').waitFor()
  const id = await failed
  await page.reload()
  t.match(await row.textContent(), /failed.*no disk/s)
  await row.getByRole('link', { name: 'ago' }).click()
  await page.getByRole('heading', { name: `Job ${id}` }).waitFor()
})

t.test('the keyboard alone pauses a schedule and all of them, and resumes them', async (t) => {
  const { handle: { schedules }, url } = await startDashboard(t, files)
  const page = await openPage(t, browser, `${url}/schedules`)
  const press = async (name: string): Promise<void> => {
    const isThere = async (): Promise<boolean> => await page.evaluate((name) => document.activeElement?.tagName === 'BUTTON' && document.activeElement.textContent === name, name)
    for (let count = 0; count < 60 && !await isThere(); count++) await page.keyboard.press('Tab')
    t.ok(await isThere(), `the keyboard reaches "${name}"`)
    await page.keyboard.press('Enter')
  }
  await press('Pause backup')
  await page.getByText('The schedule of "backup" is paused in this process').waitFor()
  t.same(schedules.paused, { all: false, functions: ['backup'] })
  await press('Resume backup')
  await page.getByText('The schedule of "backup" runs again').waitFor()
  await press('Pause all')
  await page.getByText('All schedules are paused in this process: the times pass by').waitFor()
  t.same(schedules.paused, { all: true, functions: [] })
  await press('Resume all')
  await page.getByText('All schedules run again').waitFor()
  t.same(schedules.paused, { all: false, functions: [] })
})

t.test('times are shown by the browser\'s clock too', async (t) => {
  const { url } = await startDashboard(t, files)
  const context = await browser.newContext({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' })
  t.teardown(async () => await context.close())
  const page = await context.newPage()
  await page.goto(`${url}/schedules`)
  const time = page.locator('tbody time').first()
  t.match(await time.textContent(), /^\d{4}-01-01 00:00:00 UTC$/)
  await page.locator('time.local', { hasText: /^01\/01\/\d{4}, 09:00:00$/ }).first().waitFor()
})
