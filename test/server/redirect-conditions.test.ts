import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'

const publish = 'public'
const pages = { 'public/en.html': 'en', 'public/de.html': 'de', 'public/at.html': 'at', 'public/admin/index.html': 'secret', 'public/login.html': 'login' }

t.test('by language and cookie', async (t) => {
  const app = await createApp(t, {
    ...pages,
    'public/_redirects': '/home /at 200 Cookie=austrian,viennese\n/home /de 200 Language=de\n/home /en 200'
  }, { publish })
  for (const [headers, body] of [
    [{}, 'en'],
    [{ 'accept-language': 'de' }, 'de'],
    [{ 'accept-language': 'en, de' }, 'en'],
    [{ 'accept-language': 'fr;q=0.1, de-CH;q=0.9' }, 'de'],
    [{ 'accept-language': ',;=-q' }, 'en'],
    [{ cookie: 'nf_lang=de', 'accept-language': 'en' }, 'de'],
    [{ cookie: 'a=b; viennese=1' }, 'at'],
    [{ cookie: 'viennese=' }, 'en'],
    [{ cookie: 'xviennese=1' }, 'en'],
    [{ 'x-language': 'de' }, 'en']
  ] as const) t.equal((await app.inject({ url: '/home', headers })).body, body, JSON.stringify(headers))
})

const byCountry = { ...pages, 'public/_redirects': '/home /at 200 Country=at,CH\n/home /de 200 Country=de\n/home /en 200' }

t.test('by country: nobody knows it without the option `geo`', async (t) => {
  const app = await createApp(t, byCountry, { publish })
  const place = Buffer.from('{"country":{"code":"DE"}}').toString('base64')
  t.equal((await app.inject({ url: '/home', headers: { 'x-country': 'de', 'x-nf-geo': place } })).body, 'en')
  t.equal((await app.inject({ url: '/home', headers: { cookie: 'nf_country=ch' } })).body, 'at')
})

t.test('by country, as the option `geo` says', async (t) => {
  const app = await createApp(t, byCountry, { publish, geo: async ({ headers }) => ({ country: { code: String(headers['x-from']) } }) })
  for (const [from, body] of [['DE', 'de'], ['ch', 'at'], ['US', 'en']]) t.equal((await app.inject({ url: '/home', headers: { 'x-from': from } })).body, body)
  t.equal((await app.inject({ url: '/none', headers: { 'x-from': 'DE' } })).statusCode, 404)
})

t.test('by country: a place that cannot be found is none', async (t) => {
  const app = await createApp(t, byCountry, { publish, geo () { throw new Error('no idea') } })
  t.equal((await app.inject('/home')).body, 'en')
})

t.test('by country, as a trusted proxy says', async (t) => {
  const app = await createApp(t, byCountry, { publish, trustPlatformHeaders: true })
  t.equal((await app.inject({ url: '/home', headers: { 'x-nf-geo': Buffer.from('{"country":{"code":"DE"}}').toString('base64') } })).body, 'de')
})

const byRole = { ...pages, 'public/_redirects': '/admin/* 200! Role=admin,editor' }
const verifyToken = async (token: string): Promise<object> => {
  if (token === 'forged') throw new Error('forged')
  return { app_metadata: { authorization: { roles: token === 'broken' ? 'admin' : token.split('.') } } }
}

t.test('by role: what is for a role is nothing to others, whatever they send', async (t) => {
  const app = await createApp(t, { ...byRole, 'public/404.html': 'not found' }, { publish, verifyToken })
  for (const cookie of ['', 'nf_jwt=', 'nf_jwt=visitor', 'nf_jwt=forged', 'nf_jwt=broken']) {
    for (const url of ['/admin', '/admin/', '/admin/index.html', '/admin/%69ndex', '/x/../admin']) {
      t.match(await app.inject({ url, headers: { cookie } }), { statusCode: 404, body: 'not found' }, `${url} ${cookie}`)
    }
  }
  t.equal((await app.inject({ url: '/admin', headers: { cookie: 'nf_jwt=a.editor' } })).body, 'secret')
  t.equal((await app.inject({ url: '/admin/none', headers: { cookie: 'nf_jwt=admin' } })).statusCode, 404)
  t.equal((await app.inject({ method: 'POST', url: '/admin', payload: 'x', headers: { cookie: 'nf_jwt=visitor' } })).statusCode, 404)
})

t.test('by role: without `verifyToken` nobody has one', async (t) => {
  const app = await createApp(t, byRole, { publish })
  t.equal((await app.inject({ url: '/admin', headers: { cookie: 'nf_jwt=admin' } })).statusCode, 404)
})

t.test('by role: others are led elsewhere, although there is a file', async (t) => {
  const app = await createApp(t, { ...pages, 'public/_redirects': '/admin/* 200! Role=admin\n/admin/* /login 302' }, { publish, verifyToken })
  t.equal((await app.inject({ url: '/admin', headers: { cookie: 'nf_jwt=admin' } })).body, 'secret')
  for (const cookie of ['', 'nf_jwt=visitor']) t.match(await app.inject({ url: '/admin', headers: { cookie } }), { statusCode: 302, headers: { location: '/login' } })
})

t.test('by domain, which is the client\'s word', async (t) => {
  const app = await createApp(t, {
    ...pages,
    'public/_redirects': 'http://old.example/* https://new.example/:splat 301!\nhttps://tls.example/* /de 200!\nhttp://port.example:8080/* /at 200!'
  }, { publish }, { trustProxy: true })
  t.equal((await app.inject({ url: '/en', headers: { host: 'old.example' } })).headers.location, 'https://new.example/en')
  t.equal((await app.inject({ url: '/en', headers: { host: 'OLD.example:3000' } })).headers.location, 'https://new.example/en')
  t.equal((await app.inject({ url: '/en', headers: { host: 'new.example' } })).body, 'en')
  t.equal((await app.inject({ url: '/en', headers: { host: 'tls.example' } })).body, 'en')
  t.equal((await app.inject({ url: '/en', headers: { host: 'inner', 'x-forwarded-host': 'tls.example', 'x-forwarded-proto': 'https' } })).body, 'de')
  t.equal((await app.inject({ url: '/en', headers: { host: 'port.example:8080' } })).body, 'at')
  t.equal((await app.inject({ url: '/en', headers: { host: 'port.example' } })).body, 'en')
})

t.test('what a client says of a proxy counts only where the app trusts it', async (t) => {
  const app = await createApp(t, { ...pages, 'public/_redirects': 'http://old.example/* https://new.example/:splat 301!' }, { publish })
  t.equal((await app.inject({ url: '/en', headers: { host: 'site.example', 'x-forwarded-host': 'old.example' } })).body, 'en')
})

t.test('rules that cannot be read are left out and logged', async (t) => {
  const { logger, lines } = captureLog('warn')
  const app = await createApp(t, {
    ...pages,
    'public/_redirects': '/a\n/b /b2 abc\n/c /c2 99\n/d*e /x\n/ok /en 200\n/e /x 302 Weather=fine\n/f https://:host/ 200\n/.netlify/x /y\n/g https://u:p@x.example/',
    'netlify.toml': '[[redirects]]\nfrom = 5\nto = "/x"\n[[redirects]]\nfrom = "/h"\nto = "/x"\nquery = { a = 1 }\n[[redirects]]\nfrom = "/i"\nto = "https://x.example"\nstatus = 200\nheaders = { "bad name" = "x" }\n[[redirects]]\nfrom = "/j/*"\nto = "https://:splat.example"\n'
  }, { publish }, { logger })
  await listen(app)
  t.equal((await app.inject('/ok')).body, 'en')
  const problems = lines.filter(({ msg }) => msg === 'a redirect rule is left out').map(({ problem }) => String(problem))
  t.equal(problems.length, 12, problems.join('\n'))
  t.match(problems[0], /Could not parse redirect line 1:\n {2}\/a\n/)
})

t.test('by role: a letter with an accent cannot be written so that the rule is passed by', async (t) => {
  for (const name of ['caf\u00e9', 'cafe\u0301']) {
    const app = await createApp(t, { 'public/caf\u00e9/x.txt': 'secret', 'public/_redirects': `/${name}/* 200! Role=admin` }, { publish, verifyToken })
    for (const url of ['/caf%C3%A9/x.txt', '/cafe%CC%81/x.txt', '/caf\u00e9/x.txt']) t.equal((await app.inject(url)).statusCode, 404, url)
    for (const url of ['/caf%C3%A9/x.txt', '/cafe%CC%81/x.txt']) t.equal((await app.inject({ url, headers: { cookie: 'nf_jwt=admin' } })).body, 'secret', url)
  }
})
