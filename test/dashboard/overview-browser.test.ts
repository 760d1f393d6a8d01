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
for (let count = 0; count < 5; count++) await app.inject('/hello')

t.test('the table shows how each function does, and brings itself up to date', async (t) => {
  const page = await openPage(t, browser, origin)
  await page.clock.install()
  await page.goto(`${origin}${BASE}`)
  const row = page.getByRole('row').filter({ hasText: '/hi/:name' })
  await row.getByText('request').waitFor()
  await page.locator('.plot .u-over').first().waitFor()
  await app.inject('/hello?fail=Oh')
  await page.clock.runFor(6_000)
  await row.locator('.wrong', { hasText: '%' }).waitFor()
  t.equal(await row.locator('.wrong').textContent(), '17 %')
  t.equal(await page.locator('.state-failed').count(), 1)
})

t.test('updates pause', async (t) => {
  const page = await openPage(t, browser, origin)
  await page.clock.install()
  await page.goto(`${origin}${BASE}`)
  const pause = page.getByRole('button', { name: 'Pause updates' })
  await pause.click()
  t.equal(await pause.getAttribute('aria-pressed'), 'true')
  let requests = 0
  page.on('request', () => { requests++ })
  await page.clock.runFor(20_000)
  t.equal(requests, 0)
  await pause.click()
  const again = page.waitForRequest(`${origin}${BASE}`)
  await page.clock.runFor(6_000)
  await again
})

t.test('typing filters, without a button, and the address remembers it', async (t) => {
  const page = await openPage(t, browser, origin)
  await page.goto(`${origin}${BASE}`)
  const search = page.getByRole('searchbox', { name: 'Name or route' })
  await search.pressSequentially('ORD')
  await page.getByRole('link', { name: 'hello', exact: true }).waitFor({ state: 'detached' })
  t.equal(await page.locator('.functions tbody tr').count(), 1)
  t.match(page.url(), /\?search=ORD/)
  t.equal(await search.evaluate((input) => input === document.activeElement), true, 'who types goes on typing')
  await page.reload()
  t.equal(await page.locator('.functions tbody tr').count(), 1)
  await search.fill('nothing like it')
  await page.getByText('No function is named like').waitFor()
})

t.test('without script, it is read, sorted and searched all the same', async (t) => {
  const page = await openPage(t, browser, origin, { javaScriptEnabled: false })
  await page.goto(`${origin}${BASE}`)
  t.equal(await page.locator('.functions tbody tr').count(), 5)
  t.equal(await page.locator('.plot > svg').first().isVisible(), true)
  await page.getByRole('link', { name: 'Per second' }).click()
  t.equal(await page.locator('.functions tbody th a').first().textContent(), 'hello')
  await page.getByRole('searchbox').fill('night')
  await page.getByRole('button', { name: 'Show' }).click()
  t.equal(await page.locator('.functions tbody tr').count(), 1)
  await page.getByRole('link', { name: 'nightly' }).click()
  await page.getByRole('heading', { name: 'nightly', level: 1 }).waitFor()
})
