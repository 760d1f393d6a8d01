import { testPage } from './page.ts'
import { chunksOf, testSite } from './serve.ts'

testSite('react-router', (t, { app, get, origin, complaints }) => {
  t.test('a page is rendered on the server, with what its loader found', async (t) => {
    const home = await get('/')
    t.equal(home.status, 200)
    t.equal(home.headers.get('content-type'), 'text/html')
    t.match(await home.text(), /<h1>React Router on Fastify<\/h1>/)

    t.match(text(await (await get('/products/7?size=3')).text()), /<h1>Product 7, size 3<\/h1>/)
    t.match(text(await (await get('/products/cr%C3%A8me%20br%C3%BBl%C3%A9e')).text()), /<h1>Product crème brûlée, size <\/h1>/)
  })

  t.test('a loader\'s data is there without the page', async (t) => {
    const response = await get('/products/7.data?size=3')
    t.equal(response.status, 200)
    t.match(response.headers.get('content-type'), /text\/x-script/)
    t.match(await response.text(), /"size","3"/)
  })

  t.test('assets are files with their types', async (t) => {
    const page = await (await get('/')).text()
    const [script] = /\/assets\/[\w.-]+\.js/.exec(page)!
    const [style] = /\/assets\/[\w.-]+\.css/.exec(page)!
    t.match((await get(script)).headers.get('content-type'), /javascript/)
    const response = await get(style)
    t.equal(response.headers.get('content-type'), 'text/css; charset=utf-8')
    // `fetch` adds `cache-control: no-cache` to a condition.
    const again = await app.inject({ url: style, headers: { 'if-none-match': response.headers.get('etag')! } })
    t.equal(again.statusCode, 304)
    t.equal(await (await get('/robots.txt')).text(), 'User-agent: *\n')
  })

  t.test('an action gets the form and sets a cookie, which the loader reads', async (t) => {
    const response = await get('/?index', { method: 'POST', body: new URLSearchParams({ flavour: 'crème & café' }), headers: { origin } })
    t.equal(response.status, 200)
    t.match(text(await response.text()), /Chosen: crème &amp; café/)
    const [cookie] = response.headers.getSetCookie()
    t.match(cookie, /^flavour=[^;]+; Path=\/; HttpOnly/)
    t.match(text(await (await get('/', { headers: { cookie: cookie!.split(';')[0]! } })).text()), /Flavour: crème &amp; café/)
  })

  t.test('what is deferred comes later in the same response', async (t) => {
    const response = await get('/slow', { headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' } })
    const chunks = await chunksOf(response)
    t.match(chunks[0], /<h1>The start<\/h1>[^]*Waiting/)
    t.notMatch(chunks[0], /The rest is ready/)
    t.match(chunks.slice(1).join(''), /The rest is ready/)

    const whole = await get('/slow', { headers: { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1)' } })
    t.match(await whole.text(), /<p id="late">The rest is ready/, 'a crawler gets all of it at once')
  })

  t.test('a resource route answers by itself', async (t) => {
    t.same(await (await get('/api/echo?q=a%26b', { headers: { 'user-agent': 'a test' } })).json(), { query: 'a&b', agent: 'a test' })
    const put = await get('/api/echo', { method: 'PUT', body: 'Grüße' })
    t.same([put.status, await put.json()], [201, { method: 'PUT', body: 'Grüße' }])
  })

  t.test('redirects and pages that are not there are the router\'s own', async (t) => {
    const moved = await get('/old')
    t.same([moved.status, moved.headers.get('location')], [301, '/products/1'])
    for (const path of ['/nowhere', '/products/none', '/a/b/c.html']) {
      const response = await get(path)
      t.equal(response.status, 404, path)
      t.match(text(await response.text()), /<h1>Error 404<\/h1>/, path)
    }
    t.notMatch(await (await get('/.netlify/functions/react-router-server')).text(), /Error 404/)
  })

  testPage(t, origin, 'the page is hydrated: state, navigation, form', async (t, page) => {
    const counter = page.locator('#counter')
    await counter.click()
    await counter.filter({ hasText: 'Count: 1' }).waitFor()

    await page.getByLabel('Flavour').fill('lemon')
    await page.getByRole('button', { name: 'Choose' }).click()
    await page.getByText('Chosen: lemon').waitFor()
    await page.getByText('Flavour: lemon').waitFor()
    t.equal(await counter.textContent(), 'Count: 1', 'without a page load')

    await page.getByRole('link', { name: 'Product 7' }).click()
    await page.getByRole('heading', { name: 'Product 7, size 3' }).waitFor()
    t.equal(page.url(), `${origin}/products/7?size=3`)
    t.equal(await page.locator('h1').evaluate((heading) => getComputedStyle(heading).color), 'rgb(0, 0, 100)')

    await page.goBack()
    await page.getByRole('link', { name: 'Slow' }).click()
    await page.getByText('The rest is ready').waitFor()
    await page.reload()
    await page.getByText('The rest is ready').waitFor()
  })

  t.test('nothing was logged', async (t) => t.same(complaints(), []))
})

/** The page without the comments by which React finds its texts again. */
function text (html: string): string {
  return html.replaceAll('<!-- -->', '')
}
