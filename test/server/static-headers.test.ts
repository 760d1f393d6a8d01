import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'
import { saying, serveSite } from '../reload/site.ts'

const site = {
  'netlify.toml': '[build]\npublish = "public"\n[[headers]]\nfor = "/assets/*"\n[headers.values]\ncache-control = "public, max-age=31536000, immutable"\n',
  'public/_headers': '/*\n  X-Frame-Options: DENY\n  Set-Cookie: a=1\n  Set-Cookie: b=2\n/about\n  X-Page: about\n/about.html\n  X-Page: about.html\n/feed\n  Content-Type: application/feed+json\n',
  'public/index.html': 'home',
  'public/about.html': 'about',
  'public/feed': '{}',
  'public/assets/app.js': 'app',
  'public/404.html': 'not found',
  'netlify/functions/named.mjs': saying('named', { path: '/named' })
}

t.test('rules add to what static files have, by the path that was asked for', async (t) => {
  const app = await createApp(t, site)
  t.match((await app.inject('/')).headers, { 'x-frame-options': 'DENY', 'set-cookie': ['a=1', 'b=2'], 'cache-control': 'public, max-age=0, must-revalidate' })
  t.equal((await app.inject('/about')).headers['x-page'], 'about')
  t.equal((await app.inject('/about.html')).headers['x-page'], 'about.html')
  t.equal((await app.inject('/feed')).headers['content-type'], 'application/feed+json')
  t.equal((await app.inject({ method: 'HEAD', url: '/about' })).headers['x-page'], 'about')
})

t.test('`cache-control` of a rule takes the place of the default, in a 304 and a part too', async (t) => {
  const app = await createApp(t, site)
  const { headers } = await app.inject('/assets/app.js')
  t.match(headers, { 'cache-control': 'public, max-age=31536000, immutable', 'x-frame-options': 'DENY' })
  for (const [condition, statusCode] of [[{ 'if-none-match': headers.etag as string }, 304], [{ range: 'bytes=0-1' }, 206]] as const) {
    t.match(await app.inject({ url: '/assets/app.js', headers: condition }), { statusCode, headers: { 'cache-control': headers['cache-control'], 'x-frame-options': 'DENY' } })
  }
})

t.test('the 404 page has them, functions and errors have not', async (t) => {
  const app = await createApp(t, site)
  t.match(await app.inject('/nothing'), { statusCode: 404, body: 'not found', headers: { 'x-frame-options': 'DENY' } })
  for (const url of ['/named', '/.netlify/functions/nobody']) t.notOk((await app.inject(url)).headers['x-frame-options'], url)
  t.notOk((await app.inject({ url: '/about', headers: { 'if-match': '"x"' } })).headers['x-frame-options'])
  t.notOk((await app.inject({ method: 'POST', url: '/about' })).headers['x-frame-options'])
})

t.test('below a prefix, paths of rules are those of the site', async (t) => {
  const app = await createApp(t, site, { prefix: '/docs' })
  t.match((await app.inject('/docs/about')).headers, { 'x-page': 'about' })
})

t.test('a rule counts more than what a hook of the host has set', async (t) => {
  const app = await createApp(t, site)
  app.addHook('onRequest', async (_request, reply) => { reply.headers({ 'x-frame-options': 'SAMEORIGIN', 'x-host': 'yes' }) })
  t.match((await app.inject('/')).headers, { 'x-frame-options': 'DENY', 'x-host': 'yes' })
  t.equal((await app.inject('/named')).headers['x-frame-options'], 'SAMEORIGIN')
})

t.test('what is left out is logged, and the site is served', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'public/_headers': '/*\n  Server: mine\n  X-Kept: yes', 'public/index.html': 'home' }, { publish: 'public' }, { logger: log.logger })
  t.match((await app.inject('/')).headers, { 'x-kept': 'yes', server: undefined })
  t.match(log.lines.filter(({ level }) => level === 40), [{ problem: /"server" cannot be set/ }])
})

t.test('a reload reads the rules anew', async (t) => {
  const { app, write } = await serveSite(t, site)
  await write({ 'public/_headers': '/about\n  X-Page: new' })
  t.equal((await app.inject('/about')).headers['x-page'], 'about')
  await app.netlifyFunctions.reload()
  t.match((await app.inject('/about')).headers, { 'x-page': 'new', 'x-frame-options': undefined })
})

t.test('`Basic-Auth` lets those read a file who have a login, under whatever path it is', async (t) => {
  const app = await createApp(t, {
    'public/_headers': '/private/*\n  Basic-Auth: anna:secret otto:p:w\n  X-Rule: yes\n/404.html\n  X-None: yes',
    'public/_redirects': '/open /private/page 200',
    'public/private/page.html': 'private',
    'public/private/index.html': 'private home',
    'public/404.html': 'not found',
    'public/index.html': 'home'
  }, { publish: 'public' })
  const get = async (url: string, login?: string): Promise<Awaited<ReturnType<typeof app.inject>>> => {
    const authorization = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`
    return await app.inject({ url, headers: authorization === undefined ? {} : { authorization } })
  }
  for (const url of ['/private/page', '/private/page.html', '/PRIVATE/nothing', '/private/', '/private', '/open', '/private/../private/page', '/%70rivate/page']) {
    const refused = await get(url)
    t.match(refused, { statusCode: 401, headers: { 'www-authenticate': /^Basic realm=/ } }, url)
    t.equal(refused.json().code, 'FST_NETLIFY_LOGIN_REQUIRED')
    t.equal(refused.headers['basic-auth'], undefined)
  }
  for (const login of ['anna:wrong', 'anna', ':', 'anna:secret:', 'secret:anna', 'anna:secret otto:p:w']) t.equal((await get('/private/page', login)).statusCode, 401, login)
  t.equal((await app.inject({ url: '/private/page', headers: { authorization: 'Bearer x' } })).statusCode, 401)
  for (const login of ['anna:secret', 'otto:p:w']) {
    const page = await get('/private/page', login)
    t.match(page, { statusCode: 200, body: 'private', headers: { 'x-rule': 'yes' } })
    t.equal(page.headers['basic-auth'], undefined)
  }
  t.equal((await get('/')).body, 'home')
  t.equal((await get('/nothing')).statusCode, 404)
})

t.test('headers that HTTP/2 forbids break no response', async (t) => {
  const app = await createApp(t, { 'public/_headers': '/*\n  Connection: close\n  Keep-Alive: timeout=5\n  TE: gzip\n  Upgrade: h2c\n  X-Kept: é', 'public/index.html': 'home' }, { publish: 'public' })
  const response = await fetch(`${await listen(app)}/`)
  t.strictSame([response.status, response.headers.get('x-kept'), response.headers.get('upgrade')], [200, 'é', null])
})
