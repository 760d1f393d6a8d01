import { deepEqual } from 'node:assert/strict'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import type { Test } from 'tap'
import { netlifyFunctions, type JobEvent, type NetlifyFunctions } from '../../lib/index.ts'
import { sqliteQueue } from '../../lib/queue/sqlite.ts'
import { createSite, isolation, listen, type SiteFiles } from '../helper.ts'

export interface DashboardSite {
  readonly app: FastifyInstance
  readonly handle: NetlifyFunctions
  readonly root: string
  /** URL of the dashboard. */
  readonly url: string
}

/** A site with a dashboard and a queue on the disk, which listens on the loopback. */
export async function startDashboard (t: Test, files: SiteFiles): Promise<DashboardSite> {
  const root = await createSite(t, files)
  const app = Fastify()
  t.teardown(async () => { await app.close() })
  const queue = sqliteQueue({ file: `${root}/queue.sqlite` })
  await app.register(netlifyFunctions, { root, isolation, queue, dashboard: true, background: { retryDelays: [] } })
  const origin = await listen(app)
  return { app, handle: app.netlifyFunctions, root, url: `${origin}/.netlify/dashboard` }
}

/** Opens a page; an error in its console, or a request to another host, fails the test. */
export async function openPage (t: Test, browser: Browser, url: string, { scripts = true } = {}): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: scripts, locale: 'en-GB' })
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('console', (message) => { if (message.type() === 'error') wrong.push(message.text()) })
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('request', (request) => { if (new URL(request.url()).origin !== new URL(url).origin) wrong.push(request.url()) })
  t.teardown(async () => {
    await context.close()
    // Too late for an assertion of the test; one that throws fails it.
    deepEqual(wrong, [])
  })
  await page.goto(url)
  return page
}

/** Waits for the next event of a job of this type. */
export async function jobEvent (handle: NetlifyFunctions, type: JobEvent['type']): Promise<string> {
  return await new Promise((resolve) => handle.on('job', (event) => { if (event.type === type) resolve(event.job.id) }))
}
