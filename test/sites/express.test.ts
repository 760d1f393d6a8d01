import { testSite } from './serve.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

testSite('express', (t, { get, complaints }) => {
  t.test('a rule leads to the app, which sees the address that was called', async (t) => {
    const response = await get('/api/products/1')
    t.equal(response.status, 200)
    t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    t.equal(response.headers.get('x-product'), '1')
    t.same(await response.json(), { name: 'Teapot' })
    t.same(await (await get('/api/me?a=1&b=%20', { headers: { cookie: 'session=abc; theme=dark' } })).json(), {
      cookie: 'session=abc; theme=dark', url: '/api/me?a=1&b=%20'
    })
  })

  t.test('the app answers under its own address too', async (t) => {
    t.same(await (await get('/.netlify/functions/api/products/2')).json(), { name: 'Kettle' })
  })

  t.test('bodies arrive as they were sent: JSON, a form, bytes', async (t) => {
    const created = await get('/api/products?draft=yes', { method: 'POST', body: '{"name":"Sieb, groß"}', headers: JSON_TYPE })
    t.equal(created.status, 201)
    t.same(await created.json(), { created: { name: 'Sieb, groß' }, query: { draft: 'yes' } })
    t.same(await (await get('/api/form', { method: 'POST', body: new URLSearchParams({ a: '1 & 2', b: 'ü' }) })).json(), { a: '1 & 2', b: 'ü' })

    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const reversed = await get('/api/bytes', { method: 'POST', body: bytes, headers: { 'content-type': 'application/octet-stream' } })
    t.same(new Uint8Array(await reversed.arrayBuffer()), bytes.toReversed())
  })

  t.test('cookies are set each in a header of its own, beside a redirect', async (t) => {
    const response = await get('/api/login')
    t.same([response.status, response.headers.get('location')], [302, '/api/me'])
    t.same(response.headers.getSetCookie(), ['session=abc; Path=/; HttpOnly', 'theme=dark; Path=/'])
  })

  t.test('what Express writes in pieces is one body', async (t) => {
    t.equal(await (await get('/api/lines')).text(), 'one\ntwo\nthree\n')
  })

  t.test('the app\'s 404 and 500 are final', async (t) => {
    const unknown = await get('/api/products/9')
    t.same([unknown.status, await unknown.json()], [404, { message: 'No product 9' }])
    const nowhere = await get('/api/nowhere')
    t.same([nowhere.status, await nowhere.text()], [404, 'Express has no /api/nowhere'])
    const broken = await get('/api/broken')
    t.same([broken.status, await broken.json()], [500, { message: 'on purpose' }])
  })

  t.test('HEAD has the headers of GET and no body', async (t) => {
    const response = await get('/api/products/1', { method: 'HEAD' })
    t.same([response.status, response.headers.get('x-product'), await response.text()], [200, '1', ''])
  })

  t.test('every other address is the single page app', async (t) => {
    for (const path of ['/', '/cart', '/cart/1/edit?step=2']) {
      const response = await get(path)
      t.equal(response.status, 200, path)
      t.equal(response.headers.get('content-type'), 'text/html; charset=utf-8', path)
      t.match(await response.text(), /The single page app/, path)
    }
  })

  t.test('rules redirect, rewrite and hide', async (t) => {
    const shop = await get('/shop/7')
    t.same([shop.status, shop.headers.get('location')], [302, '/api-by-id?product=7'])
    t.match(await (await get('/news')).text(), /<h1>News/)
    const secret = await get('/secret/plan.txt')
    t.equal(secret.status, 404)
    t.notMatch(await secret.text(), /hidden/)
  })

  t.test('the rules themselves are not served', async (t) => {
    t.match(await (await get('/_redirects')).text(), /The single page app/)
  })

  t.test('nothing was logged', async (t) => t.same(complaints(), []))
})
