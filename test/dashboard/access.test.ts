import t from 'tap'
import { basic, BASE, createDashboardApp } from './site.ts'

const auth = { username: 'anna', password: 'pässword: with colon' }
const paths = ['', '/', '/functions/hello', '/jobs', '/jobs/1', '/schedules', '/builds', '/events', '/assets/0/style.css', '/nothing/there']

t.test('with credentials, nothing is shown without the right ones', async (t) => {
  const app = await createDashboardApp(t, { dashboard: { auth } })
  for (const path of paths) {
    const { statusCode, headers, body } = await app.inject(BASE + path)
    t.equal(statusCode, 401, path)
    t.equal(headers['www-authenticate'], 'Basic realm="Netlify Functions", charset="UTF-8"')
    t.equal(headers['cache-control'], 'no-store')
    t.match(body, 'FST_NETLIFY_DASHBOARD_NOT_ALLOWED')
    t.notMatch(body, 'hello')
  }
  const wrong = [basic('anna', 'wrong'), basic('otto', auth.password), basic('', ''), 'Basic', 'Basic ????', 'Bearer abc']
  for (const authorization of wrong) t.equal((await app.inject({ url: BASE, headers: { authorization } })).statusCode, 401, authorization)

  const { statusCode, body } = await app.inject({ url: BASE, headers: { authorization: basic(auth.username, auth.password) } })
  t.equal(statusCode, 200)
  t.match(body, 'hello')
})

t.test('an action needs the credentials, too', async (t) => {
  const app = await createDashboardApp(t, { dashboard: { auth } })
  const { statusCode } = await app.inject({ method: 'POST', url: `${BASE}/jobs/pause`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '' })
  t.equal(statusCode, 401)
  t.equal(app.netlifyFunctions.jobs.paused.all, false)
})

t.test('who guesses passwords is not heard any more, and others are', async (t) => {
  const app = await createDashboardApp(t, { dashboard: { auth } })
  const get = async (remoteAddress: string, authorization?: string) => await app.inject({ url: BASE, remoteAddress, ...authorization !== undefined && { headers: { authorization } } })
  const right = basic(auth.username, auth.password)
  for (let count = 0; count < 20; count++) t.equal((await get('192.0.2.1')).statusCode, 401, 'asking without a password is no guess')
  for (let count = 0; count < 10; count++) t.equal((await get('192.0.2.1', basic('anna', `guess ${count}`))).statusCode, 401)

  const { statusCode, headers, body } = await get('192.0.2.1', right)
  t.equal(statusCode, 429)
  t.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 60)
  t.match(body, 'FST_NETLIFY_DASHBOARD_TOO_MANY_LOGINS')
  t.equal((await get('192.0.2.2', right)).statusCode, 200)
})

t.test('a function decides, and only by true', async (t) => {
  const answers: Record<string, () => unknown> = {
    yes: () => true,
    later: async () => true,
    no: () => false,
    truthy: () => 'yes',
    nothing: () => undefined,
    throws: () => { throw new Error('no session store') },
    rejects: async () => { throw new Error('no session store') }
  }
  const app = await createDashboardApp(t, { dashboard: { auth: (request) => answers[String(request.headers['x-answer'])]?.() as boolean } })
  for (const answer of Object.keys(answers)) {
    const { statusCode, headers } = await app.inject({ url: BASE, headers: { 'x-answer': answer } })
    t.equal(statusCode, ['yes', 'later'].includes(answer) ? 200 : 401, answer)
    t.notOk(headers['www-authenticate'], 'a browser would ask for a password that does not exist')
  }
})

t.test('without auth, only what comes straight from this machine is answered', async (t) => {
  const app = await createDashboardApp(t)
  const statusOf = async (remoteAddress: string, headers: Record<string, string> = {}) => (await app.inject({ url: BASE, remoteAddress, headers })).statusCode
  for (const host of ['localhost', 'localhost:8888', '127.0.0.1:8888', '[::1]:8888', 'LOCALHOST']) t.equal(await statusOf('127.0.0.1', { host }), 200, host)
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) t.equal(await statusOf(address), 200, address)

  for (const address of ['192.168.1.7', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', '0.0.0.0']) t.equal(await statusOf(address), 403, address)
  for (const host of ['example.com', 'localhost.example.com', '127.0.0.1.example.com', 'evil:8888', '[::1].example.com']) t.equal(await statusOf('127.0.0.1', { host }), 403, host)
  for (const header of ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'x-real-ip', 'via', 'cf-connecting-ip']) {
    const { statusCode, body } = await app.inject({ url: BASE, headers: { [header]: '127.0.0.1' } })
    t.equal(statusCode, 403, header)
    t.match(body, 'FST_NETLIFY_DASHBOARD_LOCAL_ONLY')
    t.match(body, 'dashboard.auth')
  }
})

t.test('without auth, scripts of other sites read nothing, but links lead here', async (t) => {
  const app = await createDashboardApp(t)
  const statusOf = async (site: string, mode: string) => (await app.inject({ url: BASE, headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode } })).statusCode
  for (const mode of ['cors', 'no-cors', 'websocket', '']) for (const site of ['cross-site', 'same-site']) t.equal(await statusOf(site, mode), 403, `${site}, ${mode}`)
  for (const site of ['same-origin', 'none']) t.equal(await statusOf(site, 'cors'), 200, site)
  t.equal(await statusOf('cross-site', 'navigate'), 200)
})

t.test('the site itself is served as before', async (t) => {
  const app = await createDashboardApp(t, { dashboard: { auth } })
  t.equal((await app.inject('/hello')).body, 'hello')
  t.equal((await app.inject('/.netlify/functions/orders')).statusCode, 200)
  t.equal((await app.inject('/nothing')).statusCode, 404)
})

t.test('it lives where the options say', async (t) => {
  const app = await createDashboardApp(t, { prefix: '/shop', dashboard: { path: '/admin/functions' } })
  const { statusCode, body } = await app.inject('/shop/admin/functions')
  t.equal(statusCode, 200)
  t.match(body, 'href="/shop/admin/functions/functions/hello"')
  t.equal((await app.inject('/admin/functions')).statusCode, 404)
  t.equal((await app.inject(`/shop${BASE}`)).statusCode, 404)
})

t.test('there is none unless it is asked for', async (t) => {
  const app = await createDashboardApp(t, { dashboard: undefined } as object)
  t.equal((await app.inject(BASE)).statusCode, 404)
})
