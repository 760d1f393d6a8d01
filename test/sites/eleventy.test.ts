import { join } from 'node:path'
import { createSite } from '../helper.ts'
import { testSite } from './serve.ts'

testSite('eleventy', (t, { app, get, complaints }) => {
  t.test('pages answer under their directory, files under their name', async (t) => {
    for (const [path, heading] of [['/', 'The bakery'], ['/about/', 'About the bakery'], ['/posts/bread/', 'Bread']] as const) {
      const response = await get(path)
      t.equal(response.status, 200, path)
      t.equal(response.headers.get('content-type'), 'text/html; charset=utf-8', path)
      t.match(await response.text(), `<h1>${heading}</h1>`, path)
    }
    t.match(await (await get('/posts/cr%C3%A8me%20br%C3%BBl%C3%A9e/')).text(), '<h1>Crème</h1>')
    t.equal((await get('/assets/style.css')).headers.get('content-type'), 'text/css; charset=utf-8')
  })

  t.test('a page without its slash is found', async (t) => {
    const response = await get('/about', { redirect: 'follow' })
    t.match(await response.text(), '<h1>About the bakery</h1>')
  })

  t.test('files have the headers of _headers and netlify.toml', async (t) => {
    const page = await get('/about/')
    t.equal(page.headers.get('x-frame-options'), 'SAMEORIGIN')
    t.equal(page.headers.get('link'), '</assets/style.css>; rel=preload; as=style')
    t.equal(page.headers.get('cache-control'), 'public, max-age=0, must-revalidate', 'the default')

    const post = await get('/posts/bread/')
    t.equal(post.headers.get('x-post'), 'yes')
    t.equal(post.headers.get('link'), '</posts/>; rel=up, </>; rel=start')
    t.equal((await get('/assets/style.css')).headers.get('cache-control'), 'public, max-age=31536000, immutable')
  })

  t.test('rules redirect: placeholders, queries, force, conditions, 410', async (t) => {
    const expected: Record<string, [status: number, location: string]> = {
      '/home': [301, '/'],
      '/start': [302, '/about/'],
      '/articles/bread/?from=mail': [301, '/posts/bread/?from=mail'],
      '/find?topic=bread': [302, '/posts/bread/?topic=bread'],
      '/posts/old/': [301, '/posts/bread/']
    }
    for (const [path, [status, location]] of Object.entries(expected)) {
      const response = await get(path)
      t.same([response.status, response.headers.get('location')], [status, location], path)
    }
    t.equal((await get('/nothing')).status, 410)

    const german = await get('/de/brot', { headers: { 'accept-language': 'de-CH, en;q=0.5' } })
    t.same([german.status, german.headers.get('location')], [302, '/german/brot'])
    t.equal((await get('/de/brot', { headers: { 'accept-language': 'fr' } })).status, 404)

    const newcomer = await get('/tour', { headers: { cookie: 'is_new=1' } })
    t.same([newcomer.status, newcomer.headers.get('location')], [302, '/welcome/tour'])
    t.equal((await get('/about/', { headers: { cookie: 'is_new=1' } })).status, 200, 'a file is not shadowed')
  })

  t.test('a rewrite to a function keeps the address and passes the parameter on', async (t) => {
    const response = await get('/api/bake/rye%20bread')
    t.equal(response.status, 200)
    t.same(await response.json(), { what: 'rye bread', pathname: '/api/bake/rye%20bread', site: null })
  })

  t.test('a rewrite to a page', async (t) => {
    const response = await get('/spelling')
    t.equal(response.status, 200)
    t.match(await response.text(), '<h1>Bread</h1>')
  })

  t.test('what is not there gets the site\'s 404 page', async (t) => {
    for (const path of ['/nowhere', '/_headers', '/_redirects', '/posts/', '/%2e%2e/package.json']) {
      const response = await get(path)
      t.equal(response.status, 404, path)
      t.match(await response.text(), '<h1>Not baked here</h1>', path)
    }
  })

  t.test('a form reaches the site\'s function, and its sender the page of thanks', async (t) => {
    const fields = { 'form-name': 'contact', name: 'Ada', message: 'Grüße & Küsse' }
    const response = await get('/thanks/', { method: 'POST', body: new URLSearchParams(fields) })
    t.same([response.status, response.headers.get('location')], [303, '/thanks/'])
    t.same(await (await get('/.netlify/functions/submissions')).json(), { form: 'contact', name: 'Ada', message: 'Grüße & Küsse' })
  })

  t.test('conditional requests and ranges', async (t) => {
    const { headers: { etag } } = await app.inject('/about/')
    t.equal((await app.inject({ url: '/about/', headers: { 'if-none-match': etag } })).statusCode, 304)
    const part = await app.inject({ url: '/assets/style.css', headers: { range: 'bytes=0-1' } })
    t.same([part.statusCode, part.body, part.headers['content-range']], [206, 'h1', 'bytes 0-1/20'])
  })

  t.test('nothing was logged', async (t) => t.same(complaints(), []))
}, async (t) => ({ forms: true, env: { SUBMISSIONS_FILE: join(await createSite(t, {}), 'submissions.json') } }))
