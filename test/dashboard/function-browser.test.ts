import t from 'tap'
import { hasChromium, launchChromium } from '../chromium.ts'
import { captureLog, listen } from '../helper.ts'
import { openPage } from './browser.ts'
import { BASE, createDashboardApp } from './site.ts'

if (!hasChromium()) {
  t.plan(0, 'there is no Chromium here; CHROMIUM_PATH can name one')
  process.exit(0)
}

const app = await createDashboardApp(t, {}, { logger: captureLog().logger } as object)
const origin = await listen(app)
const browser = await launchChromium(t)
const url = `${origin}${BASE}/functions/hello`

t.test('lines appear as they are printed, as text', async (t) => {
  const page = await openPage(t, browser, origin)
  await page.goto(url)
  await page.getByText('live', { exact: true }).waitFor()
  const hostile = '<img src=x onerror="document.title=1"> “quoted”'
  await app.inject(`/hello?${new URLSearchParams({ say: hostile })}`)
  await page.locator('.log > div', { hasText: hostile }).waitFor()
  t.equal(await page.locator('.log img').count(), 0)
})

t.test('level and text say which lines are shown, old and new', async (t) => {
  const page = await openPage(t, browser, origin)
  await app.inject('/hello?say=quiet-1&warn=loud-1')
  await page.goto(url)
  await page.getByLabel('At least').selectOption('warn')
  await page.locator('.log > div', { hasText: 'quiet-1' }).waitFor({ state: 'detached' })
  await page.locator('.log > div', { hasText: 'loud-1' }).waitFor()
  t.match(page.url(), /level=warn/)
  await page.getByText('live', { exact: true }).waitFor()
  const opened = page.waitForRequest((request) => request.url().includes('/events?') && request.url().includes('needle'))
  await page.getByLabel('With the text').fill('needle')
  await opened
  await page.locator('.log > div', { hasText: 'loud-1' }).waitFor({ state: 'detached' })
  await app.inject('/hello?say=needle-quiet&warn=loud-2')
  await app.inject('/hello?warn=needle-loud')
  await page.locator('.log > div', { hasText: 'needle-loud' }).waitFor()
  t.equal(await page.locator('.log > div').count(), 1)
})

t.test('the log pauses, goes on and is cleared', async (t) => {
  const page = await openPage(t, browser, origin)
  await page.goto(url)
  await page.getByText('live', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await app.inject('/hello?say=while-paused')
  await page.getByText(/paused, \d+ new/).waitFor()
  t.equal(await page.locator('.log > div', { hasText: 'while-paused' }).count(), 0)
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.locator('.log > div', { hasText: 'while-paused' }).waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  t.equal(await page.locator('.log > div').count(), 0)
})

t.test('the page keeps the newest lines only', async (t) => {
  const page = await openPage(t, browser, origin)
  await page.goto(url)
  await page.getByText('live', { exact: true }).waitFor()
  for (let count = 0; count < 300; count++) await app.inject(`/hello?say=many-${count}`)
  await page.locator('.log > div', { hasText: 'many-299' }).waitFor()
  t.ok(await page.locator('.log > div').count() <= 500)
})

t.test('one invocation is found by its request id', async (t) => {
  await app.inject('/hello?say=of-another')
  await app.inject('/hello?say=of-this')
  const page = await openPage(t, browser, origin)
  await page.goto(url)
  await page.locator('.invocations tbody a').first().click()
  await page.locator('.log > div', { hasText: 'of-this' }).waitFor()
  t.equal(await page.locator('.log > div', { hasText: 'of-another' }).count(), 0)
})

t.test('a function that does not build says why', async (t) => {
  const page = await openPage(t, browser, origin)
  await page.goto(`${origin}${BASE}/functions/broken`)
  t.match(await page.locator('.report').textContent(), 'does not build')
})
