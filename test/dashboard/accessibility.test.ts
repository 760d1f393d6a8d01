import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { hasChromium, launchChromium } from '../chromium.ts'
import { captureLog, listen } from '../helper.ts'
import { createPages } from '../../lib/dashboard/pages.ts'
import { createStatistics } from '../../lib/dashboard/statistics.ts'
import { openPage } from './browser.ts'
import { BASE, createDashboardApp } from './site.ts'

if (!hasChromium()) {
  t.plan(0, 'there is no Chromium here; CHROMIUM_PATH can name one')
  process.exit(0)
}

const app = await createDashboardApp(t, {}, { logger: captureLog().logger } as object)
const origin = await listen(app)
const browser = await launchChromium(t)
const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

const failed = new Promise<string>((resolve) => { app.netlifyFunctions.on('job', ({ type, job }) => { if (type === 'failed') resolve(job.id) }) })
await app.inject({ method: 'POST', url: '/.netlify/functions/mail-background', payload: 'text' })
await app.inject('/hello?say=a+word&warn=a+warning')
await app.inject('/hello?fail=Oh')
const job = await failed

const handle = app.netlifyFunctions
const pages = createPages({ handle, statistics: createStatistics(handle), root: '/' }).pages.map(({ path }) => path.replace(':name', 'hello').replace(':id', job))
const all = [...pages, '/functions/broken', '/functions/none', '/jobs/none']

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 360]) {
    t.test(`nothing serious is wrong with any page, ${colorScheme}, ${width} wide`, async (t) => {
      const page = await openPage(t, browser, origin, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true })
      for (const path of all) {
        await page.goto(`${origin}${BASE}${path}`).catch((error: Error) => { if (!path.endsWith('none')) throw error })
        await page.evaluate(axe)
        const { violations } = await page.evaluate(async () => await (globalThis as unknown as { axe: { run (): Promise<{ violations: Array<{ id: string, impact: string, nodes: Array<{ html: string }> }> }> } }).axe.run())
        t.strictSame(violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], path)
        t.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${path} has the width of the window`)
      }
    })
  }
}
