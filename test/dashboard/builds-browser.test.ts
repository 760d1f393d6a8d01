import t from 'tap'
import { hasChromium, launchChromium } from '../chromium.ts'
import { writeFiles } from '../helper.ts'
import { openPage, startDashboard } from './jobs-site.ts'

if (!hasChromium()) {
  t.plan(0, 'there is no Chromium here; CHROMIUM_PATH can name one')
  process.exit(0)
}

const browser = await launchChromium(t)
const hello = (text: string): string => `export default () => new Response('${text}')`
const wrong = 'export default () => {\n  const text = "<img src=x onerror=alert(1)>"\n  return new Response(text +)\n}'

t.test('what does not build is shown with its place, and a reload serves the fix', async (t) => {
  const { app, root, url } = await startDashboard(t, { 'netlify/functions/hello.mjs': hello('one'), 'netlify/functions/wrong.mjs': wrong })
  const page = await openPage(t, browser, `${url}/builds`)
  await page.getByRole('heading', { name: 'Function "wrong" does not build' }).waitFor()
  t.match(await page.locator('main').textContent(), 'netlify/functions/wrong.mjs:3:29')
  t.equal(await page.locator('.marked').textContent(), '3  return new Response(text +)\n')
  t.equal(await page.locator('.marked mark').textContent(), ')')
  t.equal(await page.locator('img').count(), 0)

  await writeFiles(root, { 'netlify/functions/wrong.mjs': hello('right') })
  await page.getByRole('button', { name: 'Reload' }).click()
  await page.getByText('A new version of the site is served. 1 function was bundled anew.').waitFor()
  await page.getByText('Every function is built and loaded').waitFor()
  t.equal((await app.inject('/.netlify/functions/wrong')).body, 'right')
})

t.test('a reload that is refused says why, and the old version is served', async (t) => {
  const { app, root, url } = await startDashboard(t, { 'netlify/functions/hello.mjs': hello('one') })
  const page = await openPage(t, browser, `${url}/builds`)
  await writeFiles(root, { 'netlify/functions/hello.mjs': wrong })
  const sent = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Reload' }).click()
  t.equal((await sent).status(), 303)
  await page.getByText('The new version of the site is not served, the old one is').first().waitFor()
  await page.getByRole('heading', { name: 'The last change of the site is not served' }).waitFor()
  await page.getByRole('cell', { name: 'refused' }).waitFor()
  t.equal((await app.inject('/.netlify/functions/hello')).body, 'one')
})
