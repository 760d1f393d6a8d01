import t, { type Test } from 'tap'
import type { Page } from 'playwright-core'
import { hasChromium, launchChromium } from './chromium.ts'
import { startExample } from './example-server.ts'

if (!hasChromium()) {
  t.plan(0, 'there is no Chromium here; CHROMIUM_PATH can name one')
  process.exit(0)
}

const { origin, log } = await startExample(t)
const browser = await launchChromium(t)

testPage('every function can be run inside the page', async (t, page) => {
  const answers: Record<string, string> = {
    '/.netlify/functions/hello': 'Hello, world!',
    '/travel-guide/Lisbon/Portugal': 'You\'re visiting Lisbon in Portugal!',
    '/cats': 'Meow!',
    '/dogs': 'Woof!',
    '/sale/summer/shoes': '{"path":"/sale/summer/shoes","params":{"0":"summer/shoes"}}',
    '/item/ABC-123': '{"path":"/item/ABC-123","params":{"sku":"ABC-123"}}',
    '/product/kettle': 'There is no page for "kettle" yet.',
    '/.netlify/functions/hello-lambda': '{"message":"Hello World"}'
  }
  const buttons = page.getByRole('button', { name: /^Run \// })
  t.equal(await buttons.count(), Object.keys(answers).length)
  for (const [path, answer] of Object.entries(answers)) {
    const demo = page.locator('article', { has: page.locator(`a[href="${path}"]`) })
    await demo.getByRole('button', { name: `Run ${path}`, exact: true }).click()
    await demo.locator('.output', { hasText: answer }).waitFor()
    t.equal(await demo.locator('.output').textContent(), answer, path)
  }

  await page.getByRole('button', { name: 'Knock' }).click()
  await page.locator('#secret', { hasText: '200: Welcome!' }).waitFor()
})

testPage('the clock grows in the page, line by line', async (t, page) => {
  await page.getByRole('button', { name: 'Start the clock' }).click()
  const states = await watch(page, '#clock li', 6)
  t.ok(states.length >= 3, `seen with ${states.join(', ')} lines`)
  t.match(await page.locator('#clock li').last().textContent(), /^Hello at \d/)
})

testPage('the clock grows in a page of its own, line by line', async (t, page) => {
  await page.getByRole('link', { name: '/.netlify/functions/clock' }).click({ noWaitAfter: true })
  const states = await watch(page, 'body > ol > li', 6)
  t.ok(states.length >= 3, `seen with ${states.join(', ')} lines`)
})

testPage('the recipe appears piece by piece', async (t, page) => {
  await page.getByLabel('A pie with').fill('pears & thyme')
  await page.getByRole('button', { name: 'Get the recipe' }).click()

  const states: string[] = []
  while (!states.at(-1)?.endsWith('Enjoy!')) {
    const seen = states.at(-1) ?? ''
    const text = await page.waitForFunction((seen) => {
      const { textContent } = document.getElementById('pie')!
      return textContent !== seen && textContent
    }, seen)
    states.push(await text.jsonValue() as string)
  }
  t.ok(states.length >= 3, `seen in ${states.length} states`)
  t.ok(states.every((text, index) => index === 0 || text.startsWith(states[index - 1]!)), 'each continues the one before')
  t.match(states.at(-1), /^# Pie: pears & thyme\n/)
})

testPage('the background job shows its progress and reaches its end', async (t, page) => {
  const accepted = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Bake' }).click()
  t.equal((await accepted).status(), 202)

  await page.locator('#bake-step', { hasText: 'Filling (40 %)' }).waitFor()
  await page.locator('#bake-step', { hasText: 'Done (100 %)' }).waitFor()
  t.equal(await page.locator('#bake-progress').evaluate((progress) => (progress as HTMLProgressElement).value), 100)
})

t.test('the static product page and the page for what is not there lead back', async (t) => {
  const page = await browser.newPage()
  t.teardown(async () => await page.close())
  for (const [link, heading] of [['/product/teapot', 'The teapot'], ['/nowhere', 'There is nothing here']] as const) {
    await page.goto(origin)
    await page.getByRole('link', { name: link, exact: true }).click()
    await page.getByRole('heading', { name: heading }).waitFor()
    await page.getByRole('link', { name: 'Back to the functions' }).click()
    await page.getByRole('heading', { name: 'Netlify Functions on Fastify' }).waitFor()
  }
  t.equal(log(), '')
})

testPage('nothing sticks out of a narrow page', async (t, page) => {
  await page.setViewportSize({ width: 320, height: 640 })
  for (const button of await page.getByRole('button', { name: /^Run \// }).all()) await button.click()
  await page.locator('.output', { hasText: 'Hello World' }).waitFor()
  t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320)
})

/** A test on the page, which fails for an error in the console or a request to another host, too. */
function testPage (name: string, look: (t: Test, page: Page) => Promise<void>): void {
  t.test(name, async (t) => {
    const page = await browser.newPage()
    t.teardown(async () => await page.close())
    const wrong: string[] = []
    page.on('console', (message) => { if (message.type() === 'error') wrong.push(message.text()) })
    page.on('pageerror', (error) => wrong.push(String(error)))
    page.on('request', (request) => { if (new URL(request.url()).origin !== origin) wrong.push(request.url()) })

    await page.goto(origin)
    await look(t, page)
    t.same(wrong, [])
  })
}

/** The numbers of elements that were seen, until there are `count`. */
async function watch (page: Page, selector: string, count: number): Promise<number[]> {
  const seen: number[] = []
  while (seen.at(-1) !== count) {
    const next = await page.waitForFunction(([selector, before]) => {
      const { length } = document.querySelectorAll(selector)
      return length > before && length
    }, [selector, seen.at(-1) ?? 0] as const)
    seen.push(await next.jsonValue() as number)
  }
  return seen
}
