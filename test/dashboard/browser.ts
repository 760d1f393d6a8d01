import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'

/** Opens a page that fails the test for an error in the console, or a request to another host. */
export async function openPage (t: Test, browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options })
  const page = await context.newPage()
  // Chromium reports the status of a page, too.
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 404/.test(message.text())) t.fail(message.text()) })
  page.on('pageerror', (error) => { t.fail(String(error)) })
  page.on('request', (request) => { if (new URL(request.url()).origin !== origin) t.fail(request.url()) })
  t.teardown(async () => { await context.close() })
  return page
}
