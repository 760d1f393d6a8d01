import t from 'tap'
import { createApp } from '../helper.ts'

const publish = 'public'

t.test('a redirect has status, location with the values of the path and the query, and no page', async (t) => {
  const app = await createApp(t, {
    'public/_redirects': `
      /home /
      /news/:year/:title /blog/:title?year=:year 302
      /docs/* https://docs.example/:splat 308
      /store id=:id /products/:id 303
      /gone#top /x
    `
  }, { publish })
  for (const [url, status, location] of [
    ['/home', 301, '/'],
    ['/home/', 301, '/'],
    ['/home?a=1&b', 301, '/?a=1&b'],
    ['/news/2024/caf%C3%A9', 302, '/blog/caf%C3%A9?year=2024'],
    ['/news/2024/x?a=1', 302, '/blog/x?year=2024'],
    ['/docs/a/b/?q=1', 308, 'https://docs.example/a/b/?q=1'],
    ['/docs', 308, 'https://docs.example/'],
    ['/store?id=a%20b', 303, '/products/a%20b?id=a%20b']
  ] as const) {
    const { statusCode, headers, body } = await app.inject(url)
    t.strictSame([statusCode, headers.location, body], [status, location, `Redirecting to ${location}`], url)
  }
  for (const url of ['/Home', '/news/2024', '/store', '/docsx']) t.equal((await app.inject(url)).statusCode, 404, url)
})

t.test('every method is redirected', async (t) => {
  const app = await createApp(t, { 'public/_redirects': '/a /b 307' }, { publish })
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    const { statusCode, headers } = await app.inject({ method, url: '/a' })
    t.strictSame([statusCode, headers.location], [307, '/b'], method)
  }
})

t.test('the rules of `_redirects` come before those of netlify.toml', async (t) => {
  const app = await createApp(t, {
    'netlify.toml': '[build]\npublish = "public"\n[[redirects]]\nfrom = "/a"\nto = "/toml"\n[[redirects]]\nfrom = "/b"\nto = "/toml"\nstatus = 302\nforce = true',
    'public/_redirects': '/a /file',
    'public/b.html': 'b'
  })
  t.equal((await app.inject('/a')).headers.location, '/file')
  t.match(await app.inject('/b'), { statusCode: 302, headers: { location: '/toml' } })
})

t.test('a file is served in spite of a rule, unless the rule is forced', async (t) => {
  const app = await createApp(t, {
    'public/_redirects': '/page /other\n/forced /other 302!\n/about /page 200!\n/missing/* /page 200',
    'public/page.html': 'page',
    'public/forced.html': 'forced',
    'public/about/index.html': 'about',
    'public/missing/there.txt': 'there'
  }, { publish })
  t.equal((await app.inject('/page')).body, 'page')
  t.equal((await app.inject('/forced')).headers.location, '/other')
  t.equal((await app.inject('/about')).body, 'page')
  t.equal((await app.inject('/missing/there.txt')).body, 'there')
  t.equal((await app.inject('/missing/at/all')).body, 'page')
  t.equal((await app.inject({ method: 'POST', url: '/page' })).statusCode, 404)
})

t.test('a single page app: whatever is no file is its page', async (t) => {
  const app = await createApp(t, {
    'public/_redirects': '/* /index.html 200',
    'public/index.html': '<app>',
    'public/app.js': 'app',
    'netlify/functions/hello.mjs': 'export default () => new Response("hello")'
  }, { publish })
  for (const url of ['/', '/users/1', '/users/1/', '/a/b/c?d=e']) {
    const { statusCode, headers, body } = await app.inject(url)
    t.strictSame([statusCode, headers['content-type'], body], [200, 'text/html; charset=utf-8', '<app>'], url)
  }
  t.equal((await app.inject('/app.js')).body, 'app')
  t.equal((await app.inject('/.netlify/functions/hello')).body, 'hello')
  t.equal((await app.inject('/.netlify/functions/none')).statusCode, 404)
  t.equal((await app.inject('/.netlify/else')).statusCode, 404)
  t.equal((await app.inject({ method: 'POST', url: '/users' })).statusCode, 404)
})

t.test('a page can have the status of its rule', async (t) => {
  const app = await createApp(t, {
    'public/_redirects': '/shop/* /closed.html 404\n/old/* /gone.html 410\n/busy /later.html 503\n/none /nothing 200\n/forced /nothing 200!',
    'public/closed.html': 'closed',
    'public/gone.html': 'gone',
    'public/later.html': 'busy',
    'public/forced.html': 'secret',
    'public/404.html': 'not found'
  }, { publish })
  for (const [url, status, body] of [['/shop/x', 404, 'closed'], ['/old', 410, 'gone'], ['/busy', 503, 'busy'], ['/none', 404, 'not found'], ['/forced', 404, 'not found'], ['/else', 404, 'not found']] as const) {
    const response = await app.inject(url)
    t.strictSame([response.statusCode, response.body], [status, body], url)
    const again = await app.inject({ url, headers: { 'if-none-match': String(response.headers.etag), range: 'bytes=1-2' } })
    t.strictSame([again.statusCode, again.body], [status, body], `${url} is sent whole`)
  }
})

t.test('a rewrite is followed once', async (t) => {
  const app = await createApp(t, { 'public/_redirects': '/a /b 200\n/b /c 301', 'public/404.html': 'not found' }, { publish })
  t.match(await app.inject('/a'), { statusCode: 404, body: 'not found' })
})

t.test('functions come before rules, forced ones too', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/own.mjs': 'export default () => new Response("function", { status: 404 })\nexport const config = { path: "/own" }',
    'netlify/functions/later.mjs': 'export default () => new Response("function")\nexport const config = { path: "/later", preferStatic: true }',
    'public/_redirects': '/own /else 301!\n/later /else 301!',
    'public/later.html': 'later'
  }, { publish })
  t.match(await app.inject('/own'), { statusCode: 404, body: 'function' }, 'a function\'s own 404 is final')
  t.equal((await app.inject('/later')).headers.location, '/else', 'one that leaves a file to the site leaves it to the rules')
})

t.test('the site\'s prefix is before the paths of rules', async (t) => {
  const app = await createApp(t, { 'public/_redirects': '/a /b\n/c https://x.example/d\n/e /f 200', 'public/f.html': 'f' }, { publish, prefix: '/site' })
  t.equal((await app.inject('/site/a')).headers.location, '/site/b')
  t.equal((await app.inject('/site/c')).headers.location, 'https://x.example/d')
  t.equal((await app.inject('/site/e')).body, 'f')
  t.equal((await app.inject('/a')).statusCode, 404)
})
