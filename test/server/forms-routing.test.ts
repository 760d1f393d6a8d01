import t from 'tap'
import Fastify from 'fastify'
import { netlifyFunctions } from '../../lib/index.ts'
import { captureLog, createApp, createSite, type SiteFiles } from '../helper.ts'

let submissions = 0
Object.assign(globalThis, { countSubmission: () => { submissions++ } })
t.beforeEach(() => { submissions = 0 })

const site: SiteFiles = {
  'public/contact.html': 'the form',
  'public/notes.txt': 'notes',
  'public/shop/index.html': 'shop',
  'netlify/functions/hooks.mjs': 'export default { formSubmitted: () => globalThis.countSubmission() }',
  'netlify/functions/shop.mjs': 'export default (request) => new Response(request.method)\nexport const config = { path: "/shop", method: "POST" }',
  'netlify/functions/hello.mjs': 'export default (request) => new Response("hello " + request.method)'
}
const options = { publish: 'public', forms: true } as const
const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'name=Ada' }

t.test('without the option no form is taken', async (t) => {
  const app = await createApp(t, site, { publish: 'public' })
  t.equal((await app.inject({ method: 'POST', url: '/contact', ...form })).statusCode, 404)
  t.equal(submissions, 0)
})

t.test('only a form, posted to a page that no function serves, is taken', async (t) => {
  const app = await createApp(t, site, options)
  const others = [
    { method: 'POST', url: '/nowhere', ...form },
    { method: 'POST', url: '/notes.txt', ...form },
    { method: 'PUT', url: '/contact', ...form },
    { method: 'POST', url: '/contact', payload: { name: 'Ada' } },
    { method: 'POST', url: '/contact', headers: { 'content-type': 'text/plain' }, payload: 'name=Ada' },
    { method: 'POST', url: '/contact' }
  ] as const
  for (const request of others) t.equal((await app.inject(request)).statusCode, 404, `${request.method} ${request.url}`)
  t.equal((await app.inject({ method: 'POST', url: '/shop', ...form })).body, 'POST', 'the function at the same path')
  t.equal((await app.inject({ method: 'POST', url: '/.netlify/functions/hello', ...form })).body, 'hello POST')
  t.equal((await app.inject('/contact')).body, 'the form')
  t.equal(submissions, 0)

  for (const url of ['/contact', '/contact/', '/contact.html', '/contact?a=1']) t.equal((await app.inject({ method: 'POST', url, ...form })).statusCode, 303)
  t.equal((await app.inject({ method: 'POST', url: '/contact', ...form, headers: { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=utf-8' } })).statusCode, 303)
  t.equal(submissions, 5)
})

t.test('without a handler of the event no form is taken, and the log says so', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'public/contact.html': 'the form' }, options, { logger: log.logger })
  t.equal((await app.inject({ method: 'POST', url: '/contact', ...form })).statusCode, 404)
  t.ok(log.lines.some(({ level, msg }) => level === 40 && msg.startsWith('the option "forms" is on, but no function')))
})

for (const url of ['/contact', '/:page', '/*']) {
  t.test(`the app's own POST ${url} wins`, async (t) => {
    const app = Fastify()
    t.teardown(async () => { await app.close() })
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, async () => 'parsed')
    app.post(url, async (request) => `the app's: ${String(request.body)}`)
    await app.register(netlifyFunctions, { root: await createSite(t, site), ...options })
    const response = await app.inject({ method: 'POST', url: '/contact', ...form })
    t.equal(response.body, 'the app\'s: parsed')
    t.equal(submissions, 0)
  })
}

t.test('a site with a prefix sends the client on below it', async (t) => {
  const app = await createApp(t, site, { ...options, prefix: '/bakery' })
  const response = await app.inject({ method: 'POST', url: '/bakery/contact', ...form })
  t.equal(response.statusCode, 303)
  t.equal(response.headers.location, '/bakery/contact')
  t.equal((await app.inject({ method: 'POST', url: '/contact', ...form })).statusCode, 404)
})

t.test('no form sends the client to another host', async (t) => {
  const app = await createApp(t, site, options, { routerOptions: { ignoreDuplicateSlashes: true } })
  for (const url of ['//contact', '///contact', '/\\contact', '//contact//']) {
    const { statusCode, headers } = await app.inject({ method: 'POST', url: url.replace('\\', '%5C'), ...form })
    if (statusCode === 303) t.match(headers.location, /^\/[^/\\]/, url)
  }
  t.equal((await app.inject({ method: 'POST', url: '//contact', ...form })).headers.location, '/contact')
})
