import t from 'tap'
import { createApp } from '../helper.ts'
import { echoFunction, type Echo } from './echo-function.ts'

t.test('a function shadows a file', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/page.mjs': echoFunction('page', { path: ['/page', '/dir', '/wild/*', '/exact.txt', '/'] }),
    'public/page.html': 'file',
    'public/dir/index.html': 'file',
    'public/wild/x.txt': 'file',
    'public/exact.txt': 'file',
    'public/index.html': 'file'
  }, { publish: 'public' })
  for (const url of ['/page', '/dir', '/dir/', '/wild/x.txt', '/exact.txt', '/']) t.equal((await app.inject(url)).json<Echo>().name, 'page', url)
  for (const url of ['/page.html', '/dir/index.html', '/index.html']) t.equal((await app.inject(url)).body, 'file', url)
})

t.test('with `preferStatic` a file wins: `x`, `x.html`, `x/index.html`', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/products.mjs': echoFunction('products', { path: ['/products/:name', '/'], preferStatic: true }),
    'public/products/exact': 'exact file',
    'public/products/page.html': 'page.html',
    'public/products/directory/index.html': 'directory/index.html',
    'public/products/both': 'both',
    'public/products/both.html': 'both.html',
    'public/products/empty/other.html': 'other.html',
    'public/index.html': 'home'
  }, { publish: 'public' })
  for (const [url, body] of Object.entries({
    '/products/exact': 'exact file',
    '/products/page': 'page.html',
    '/products/page?q=1': 'page.html',
    '/products/page.html': 'page.html',
    '/products/directory/': 'directory/index.html',
    '/products/both': 'both',
    '/': 'home'
  })) {
    const response = await app.inject(url)
    t.strictSame([response.statusCode, response.body], [200, body], url)
  }
  for (const [url, location] of Object.entries({ '/products/page/': '/products/page', '/products/directory': '/products/directory/' })) {
    t.match(await app.inject(url), { statusCode: 301, headers: { location } }, url)
  }
  for (const url of ['/products/other', '/products/empty', '/products/exact.html']) t.equal((await app.inject(url)).json<Echo>().name, 'products', url)
})

t.test('with `preferStatic` a file is for GET and HEAD only', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/products.mjs': echoFunction('products', { path: '/products/:name', preferStatic: true }),
    'public/products/page.html': 'page.html'
  }, { publish: 'public' })
  const head = await app.inject({ method: 'HEAD', url: '/products/page' })
  t.match(head, { statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'content-length': '9' }, body: '' })
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    t.equal((await app.inject({ method, url: '/products/page' })).json<Echo>().name, 'products', method)
  }
})

t.test('a file that a function with `preferStatic` leaves to is not taken from a more specific function', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/loose.mjs': echoFunction('loose', { path: '/*', preferStatic: true }),
    'netlify/functions/tight.mjs': echoFunction('tight', { path: '/page' }),
    'public/page.html': 'file',
    'public/404.html': 'not found'
  }, { publish: 'public' })
  t.equal((await app.inject('/page')).json<Echo>().name, 'tight')
  t.equal((await app.inject('/page.html')).body, 'file')
  t.equal((await app.inject('/nothing')).json<Echo>().name, 'loose')
  t.equal((await app.inject('/404')).body, 'not found')
})

t.test('without a publish directory, `preferStatic` has no effect', async (t) => {
  const app = await createApp(t, { 'netlify/functions/page.mjs': echoFunction('page', { path: '/page', preferStatic: true }), 'public/page.html': 'file' })
  t.equal((await app.inject('/page')).json<Echo>().name, 'page')
})

t.test('`404.html` answers GET and HEAD of what nothing serves, with status 404', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/save.mjs': echoFunction('save', { path: '/save', method: 'POST' }),
    'public/404.html': 'not found',
    'public/index.html': 'home'
  }, { publish: 'public' })
  for (const url of ['/nothing', '/nothing/deeper?q', '/save', '/index/x']) {
    const response = await app.inject(url)
    t.match(response, { statusCode: 404, body: 'not found', headers: { 'content-type': 'text/html; charset=utf-8', 'content-length': '9' } }, url)
  }
  const head = await app.inject({ method: 'HEAD', url: '/nothing' })
  t.match(head, { statusCode: 404, body: '', headers: { 'content-type': 'text/html; charset=utf-8', 'content-length': '9' } })
  for (const method of ['POST', 'OPTIONS', 'DELETE'] as const) {
    t.match((await app.inject({ method, url: '/nothing' })).json(), { message: `Route ${method}:/nothing not found` })
  }
  t.equal((await app.inject('/.netlify/functions/nobody')).json().code, 'FST_NETLIFY_FUNCTION_NOT_FOUND')
})

t.test('with `notFound: false` the host answers what nothing serves', async (t) => {
  const app = await createApp(t, { 'public/404.html': 'not found', 'public/index.html': 'home' }, { publish: { directory: 'public', notFound: false } })
  app.setNotFoundHandler((_request, reply) => { reply.code(404).send('host') })
  t.equal((await app.inject('/nothing')).body, 'host')
  t.equal((await app.inject('/')).body, 'home')
})

t.test('files and the 404 page of a site with a prefix', async (t) => {
  const app = await createApp(t, { 'public/index.html': 'home', 'public/a/b.txt': 'b', 'public/404.html': 'not found' }, { publish: 'public', prefix: '/docs' })
  t.equal((await app.inject('/docs/')).body, 'home')
  t.equal((await app.inject('/docs/a/b.txt')).body, 'b')
  t.equal((await app.inject('/docs/nothing')).body, 'not found')
  for (const url of ['/', '/a/b.txt', '/nothing', '/docs2/']) t.match((await app.inject(url)).json(), { message: /^Route/ }, url)
})

t.test('`[build] publish` of netlify.toml is served, unless `publish` is false', async (t) => {
  const files = { 'netlify.toml': '[build]\npublish = "dist"', 'dist/index.html': 'home', 'netlify/functions/named.mjs': echoFunction('named') }
  t.equal((await (await createApp(t, files)).inject('/')).body, 'home')
  t.equal((await (await createApp(t, files, { publish: false })).inject('/')).statusCode, 404)
})
