import { createSite } from '../helper.ts'
import { testPage } from './page.ts'
import { chunksOf, testSite } from './serve.ts'

testSite('astro', (t, { app, get, origin, complaints }) => {
  t.test('a page is rendered on the server, behind the middleware', async (t) => {
    const response = await get('/')
    t.equal(response.status, 200)
    t.equal(response.headers.get('content-type'), 'text/html')
    t.equal(response.headers.get('x-middleware'), 'ran')
    const page = await response.text()
    t.match(page, /<h1[^>]*>Astro on Fastify<\/h1>/)
    t.match(page, /<p id="visits"[^>]*>Visit 1</)
    t.match(page, /<button id="counter">Count: 2<\/button>/, 'the island is rendered, too')
  })

  t.test('cookies of the middleware come back', async (t) => {
    const [cookie] = (await get('/')).headers.getSetCookie()
    t.equal(cookie, 'visits=1; Path=/; HttpOnly')
    const again = await get('/', { headers: { cookie: 'visits=41' } })
    t.match(await again.text(), /Visit 42</)
    t.same(again.headers.getSetCookie(), ['visits=42; Path=/; HttpOnly'])
  })

  t.test('parameters and query reach the page', async (t) => {
    const page = await (await get('/products/cr%C3%A8me?size=a%26b')).text()
    t.match(page, /Product crème</)
    t.match(page, /<p id="query"[^>]*>a&amp;b</)
    const none = await get('/products/none')
    t.same([none.status, await none.text()], [404, 'No such product'])
  })

  t.test('an endpoint has Netlify\'s context, gets forms and sets cookies', async (t) => {
    t.same(await (await get('/api/echo?q=1', { headers: { cookie: 'flavour=lemon' } })).json(), {
      query: '1', address: '127.0.0.1', origin, flavour: 'lemon', region: 'string'
    })
    const posted = await get('/api/echo', { method: 'POST', body: new URLSearchParams({ flavour: 'süß' }), headers: { origin } })
    t.equal(posted.status, 201)
    t.same(await posted.json(), { flavour: 'süß' })
    t.same(posted.headers.getSetCookie().sort(), ['flavour=s%C3%BC%C3%9F', 'size=large; Max-Age=60', 'visits=1; Path=/; HttpOnly'])

    const foreign = await get('/api/echo', { method: 'POST', body: new URLSearchParams({ flavour: 'x' }), headers: { origin: 'http://elsewhere.test' } })
    t.equal(foreign.status, 403, 'Astro compares the origin with the URL that it sees')
  })

  t.test('a session is kept in Netlify Blobs', async (t) => {
    const first = await get('/session')
    t.same(await first.json(), { count: 1 })
    const cookie = first.headers.getSetCookie().find((cookie) => cookie.startsWith('astro-session='))!
    t.same(await (await get('/session', { headers: { cookie: cookie.split(';')[0]! } })).json(), { count: 2 })
    t.same(await (await get('/session')).json(), { count: 1 }, 'another visitor')
  })

  t.test('an endpoint\'s stream and a slow page come in pieces', async (t) => {
    const lines = await chunksOf(await get('/api/stream'))
    t.same(lines, ['line 1\n', 'line 2\n', 'line 3\n'])

    const pieces = await chunksOf(await get('/slow'))
    t.match(pieces[0], /The start/)
    t.notMatch(pieces[0], /is ready/)
    t.match(pieces.slice(1).join(''), /The rest is ready/)
  })

  t.test('what is hashed is kept for good, as .netlify/v1/config.json says', async (t) => {
    const script = await addressIn(await get('/'), /\/_astro\/client\.[\w-]+\.js/)
    const response = await get(script)
    t.equal(response.status, 200)
    t.match(response.headers.get('content-type'), /javascript/)
    t.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    const again = await app.inject({ url: script, headers: { 'if-none-match': response.headers.get('etag')! } })
    t.equal(again.statusCode, 304)
  })

  t.test('other files have the headers of netlify.toml', async (t) => {
    const response = await get('/robots.txt')
    t.same([response.headers.get('x-robots-tag'), await response.text()], ['all', 'User-agent: *\n'])
  })

  t.test('a prerendered page is a file', async (t) => {
    for (const path of ['/about', '/about/']) {
      const response = await get(path, { redirect: 'follow' })
      t.match(await response.text(), /About, prerendered/, path)
      t.equal(response.headers.get('x-middleware'), null, path)
    }
  })

  t.test('redirects of the Astro configuration', async (t) => {
    const old = await get('/old')
    t.same([old.status, old.headers.get('location')], [301, '/products/1'])
    const news = await get('/news')
    t.same([news.status, news.headers.get('location')], [302, '/about'], 'to a prerendered page, which the function does not know')
  })

  t.test('the site\'s own 404 page answers the rest, and nothing of the build is served', async (t) => {
    for (const path of ['/nowhere', '/_redirects', '/netlify.toml', '/.netlify/v1/config.json']) {
      const response = await get(path)
      t.equal(response.status, 404, path)
      if (!path.startsWith('/.netlify')) t.match(await response.text(), `Astro does not know ${path}<`, path)
    }
  })

  t.test('an error of the app is a 500', async (t) => {
    const response = await get('/api/echo', { method: 'DELETE', headers: { origin } })
    t.equal(response.status, 500)
  })

  t.test('an image of <Image> has the size that was asked for', async (t) => {
    const response = await get(await addressIn(await get('/'), /\/\.netlify\/images\?[^"]+/))
    t.equal(response.status, 200)
    t.match(response.headers.get('content-type'), /^image\//)
  })

  t.test('the deferred part of a page comes with a request of its own', async (t) => {
    const response = await get(await addressIn(await get('/'), /\/_server-islands\/Deferred\?[^"']+/))
    t.match(await response.text(), /Deferred for you, on GET/)
  })

  testPage(t, origin, 'the island is hydrated, the deferred part and the image are there', async (t, page) => {
    const counter = page.locator('#counter')
    await page.locator('astro-island:not([ssr])').waitFor()
    await counter.click()
    await counter.filter({ hasText: 'Count: 3' }).waitFor()
    await page.getByText('Deferred for you').waitFor()
    t.equal(await page.getByAltText('A dot').evaluate((image) => (image as HTMLImageElement).naturalWidth), 32)
    t.equal(await page.locator('h1').evaluate((heading) => getComputedStyle(heading).color), 'rgb(0, 100, 0)')
  })

  t.test('nothing was logged', async (t) => t.same(complaints(), []))
}, async (t) => ({ blobs: { directory: await createSite(t, {}) } }))

/** The first address of a page that looks like this, out of an attribute. */
async function addressIn (page: Response, address: RegExp): Promise<string> {
  const [found] = address.exec(await page.text())!
  return found.replaceAll('&amp;', '&')
}
