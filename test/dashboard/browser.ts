import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'

/** Opens a page that fails the test for an error in the console, or a request to another host. */
export async function openPage (t: Test, browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options })
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('console', (message) => { if (message.type() === 'error') wrong.push(message.text()) })
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('request', (request) => { if (new URL(request.url()).origin !== origin) wrong.push(request.url()) })
  t.teardown(async () => {
    await context.close()
    t.strictSame(wrong, [], 'no error in the console, no request elsewhere')
  })
  return page
}
