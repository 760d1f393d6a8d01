import type { Test } from 'tap'
import type { Page } from 'playwright-core'
import { hasChromium, launchChromium } from '../chromium.ts'

/** A test on a page of the site in a browser, which fails for an error in the console or a request to another host, too. */
export function testPage (t: Test, origin: string, name: string, look: (t: Test, page: Page) => Promise<void>): void {
  t.test(name, { skip: !hasChromium() && 'there is no Chromium here; CHROMIUM_PATH can name one' }, async (t) => {
    const browser = await launchChromium(t)
    const page = await browser.newPage()
    const wrong: string[] = []
    page.on('console', (message) => { if (message.type() === 'error') wrong.push(message.text()) })
    page.on('pageerror', (error) => wrong.push(String(error)))
    page.on('request', (request) => { if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) wrong.push(request.url()) })
    await page.goto(origin)
    await look(t, page)
    t.same(wrong, [])
  })
}
