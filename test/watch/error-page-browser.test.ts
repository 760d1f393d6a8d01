import t from 'tap'
import { hasChromium, launchChromium } from '../chromium.ts'
import { saying, watchSite } from './watched-site.ts'

const A = 'netlify/functions/a.ts'
const BROKEN = `export default () => {
  const text = "<img src=x onerror=alert(1)>"
  return new Response(text +)
}`

if (!hasChromium()) {
  t.plan(0, 'there is no Chromium here; CHROMIUM_PATH can name one')
  process.exit(0)
}

const browser = await launchChromium(t)

t.test('the page shows what is wrong, and loads itself again when the fix is saved, and when the server has started again', async (t) => {
  const { save, origin, app, root } = await watchSite(t, { [A]: saying('1') })
  const page = await browser.newPage()
  t.teardown(async () => await page.close())
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('dialog', (dialog) => { wrong.push(dialog.message()) })
  page.on('console', (message) => { if (/Content.Security.Policy/i.test(message.text())) wrong.push(message.text()) })
  page.on('request', (request) => { if (new URL(request.url()).origin !== origin) wrong.push(request.url()) })

  await save({ [A]: BROKEN }, ({ failed }) => failed.length > 0)
  await page.goto(`${origin}/.netlify/functions/a`)
  await page.getByRole('heading', { name: 'Function "a" does not build' }).waitFor()
  t.equal(await page.locator('h2').textContent(), 'Unexpected ")"')
  t.equal(await page.locator('.place').textContent(), `${A}:3:29`)
  t.equal(await page.locator('.marked').textContent(), '3  return new Response(text +)')
  t.equal(await page.locator('.marked mark').textContent(), ')')
  t.equal(await page.locator('pre > span').count(), 4)
  t.equal(await page.locator('img').count(), 0)

  // Another mistake is another page.
  await save({ [A]: 'throw new Error("not today")\nexport default () => {}' }, ({ failed }) => failed.length > 0)
  await page.getByRole('heading', { name: 'Function "a" throws while loading' }).waitFor()
  t.match(await page.locator('h2').textContent(), 'not today')

  // The server starts again at the same place.
  await app.close()
  const port = Number(new URL(origin).port)
  const again = await watchSite(t, {}, { root, port })
  t.equal(again.origin, origin)
  await again.save({ [A]: saying('"fixed"') }, ({ failed }) => failed.length === 0)
  await page.waitForFunction(() => document.body.textContent === 'fixed')
  t.same(wrong, [])
})

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`text stands out from its ground, and nothing sticks out of a narrow page: ${colorScheme}`, async (t) => {
    const { origin } = await watchSite(t, { [A]: BROKEN })
    const page = await browser.newPage({ colorScheme, viewport: { width: 320, height: 640 } })
    t.teardown(async () => await page.close())
    // A page that loads itself again cannot be measured.
    await page.route('**/.netlify/watch', async (route) => await route.abort())
    await page.goto(`${origin}/.netlify/functions/a`)
    t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320)
    for (const selector of ['h1', 'h2', '.place', 'pre > span', '.marked mark', 'i', 'footer']) {
      t.ok(await page.locator(selector).first().evaluate(contrast) >= 4.5, selector)
    }
  })
}

/** The contrast of an element's text to what is behind it, as WCAG 2 defines it. */
function contrast (element: Element): number {
  const numbers = (color: string): number[] => color.match(/[\d.]+/g)!.map(Number)
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = numbers(color).map((value) => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  let ground: Element | null = element
  while (ground !== null && numbers(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement
  const [dark, bright] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(ground ?? document.body).backgroundColor)].sort((a, b) => a - b)
  return (bright! + 0.05) / (dark! + 0.05)
}
