import t from 'tap'
import { BASE, createDashboardApp, tokenOf } from './site.ts'

const host = 'localhost:8888'
const type = { 'content-type': 'application/x-www-form-urlencoded' }

t.test('an action needs a token of a page, and a browser that says the page is ours', async (t) => {
  const app = await createDashboardApp(t)
  const token = tokenOf((await app.inject(`${BASE}/jobs`)).body)
  const other = await createDashboardApp(t)
  const foreign = tokenOf((await other.inject(`${BASE}/jobs`)).body)
  t.ok(token.length > 40 && foreign.length > 40)
  const origin = `http://${host}`

  const refused: Array<[why: string, headers: Record<string, string>, csrf: string | undefined]> = [
    ['no token', { origin }, undefined],
    ['an empty token', { origin }, ''],
    ['a token of another process', { origin }, foreign],
    ['a token that was changed', { origin }, `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`],
    ['a token that was cut', { origin }, token.slice(0, 30)],
    ['another origin', { origin: 'http://evil.example' }, token],
    ['another port', { origin: 'http://localhost:9999' }, token],
    ['an origin that hides', { origin: 'null' }, token],
    ['no origin', {}, token],
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', origin }, token],
    ['a site beside this one', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', origin }, token],
    ['a link that was typed', { 'sec-fetch-site': 'none' }, token]
  ]
  for (const [why, headers, csrf] of refused) {
    const { statusCode, body } = await app.inject({ method: 'POST', url: `${BASE}/jobs/pause`, headers: { host, ...type, ...headers }, body: new URLSearchParams(csrf === undefined ? {} : { csrf }).toString() })
    t.equal(statusCode, 403, why)
    t.match(body, 'FST_NETLIFY_DASHBOARD_FORGED_FORM')
    t.equal(app.netlifyFunctions.jobs.paused.all, false)
  }
  for (const headers of [{ origin }, { 'sec-fetch-site': 'same-origin' }]) {
    const { statusCode, headers: { location } } = await app.inject({ method: 'POST', url: `${BASE}/jobs/pause`, headers: { host, ...type, ...headers }, body: new URLSearchParams({ csrf: token }).toString() })
    t.equal(statusCode, 303)
    t.equal(app.netlifyFunctions.jobs.paused.all, true)
    const page = await app.inject({ url: String(location), headers: { host } })
    t.match(page.body, /role="status"><p class="notice notice-ok">/)
    app.netlifyFunctions.jobs.resume()
  }
})

t.test('no token is given twice', async (t) => {
  const app = await createDashboardApp(t)
  const tokens = await Promise.all(Array.from({ length: 20 }, async () => tokenOf((await app.inject(`${BASE}/jobs`)).body)))
  t.equal(new Set(tokens).size, 20)
})

t.test('getting changes nothing', async (t) => {
  const app = await createDashboardApp(t)
  for (const path of ['/jobs/pause', '/schedules/pause', '/builds/reload']) {
    const { statusCode } = await app.inject({ url: `${BASE}${path}`, headers: { host, 'sec-fetch-site': 'same-origin' } })
    t.equal(statusCode, 404, path)
  }
  t.equal(app.netlifyFunctions.jobs.paused.all, false)
})

t.test('an action that fails says why on the page it came from', async (t) => {
  const app = await createDashboardApp(t)
  const csrf = tokenOf((await app.inject(`${BASE}/jobs`)).body)
  const post = async (referer: string): Promise<string> => {
    const headers = { host, ...type, 'sec-fetch-site': 'same-origin', referer }
    const { statusCode, headers: { location } } = await app.inject({ method: 'POST', url: `${BASE}/jobs/retry`, headers, body: new URLSearchParams({ csrf, id: '<b>1' }).toString() })
    t.equal(statusCode, 303)
    return String(location)
  }
  const location = await post(`http://${host}${BASE}/jobs?state=failed`)
  t.match(location, /^\/\.netlify\/dashboard\/jobs\?state=failed&notice=[\w-]+$/)
  const { body } = await app.inject({ url: location, headers: { host } })
  t.match(body, 'Job &quot;&lt;b&gt;1&quot; was not changed')

  for (const referer of ['http://evil.example/.netlify/dashboard/jobs', `http://${host}/elsewhere`, `http://${host}${BASE}evil`, 'nonsense', '']) {
    t.match(await post(referer), /^\/\.netlify\/dashboard\?notice=/, referer)
  }
})

t.test('nobody can make a link that shows a notice', async (t) => {
  const app = await createDashboardApp(t)
  t.notMatch((await app.inject(`${BASE}?notice=You+have+been+logged+out`)).body, 'logged out')
})

t.test('a form that is too large, or none, is refused', async (t) => {
  const app = await createDashboardApp(t)
  const headers = { host, 'sec-fetch-site': 'same-origin' }
  const url = `${BASE}/jobs/pause`
  t.equal((await app.inject({ method: 'POST', url, headers: { ...headers, ...type }, body: `a=${'x'.repeat(70_000)}` })).statusCode, 413)
  t.equal((await app.inject({ method: 'POST', url, headers: { ...headers, 'content-type': 'application/json' }, body: '{}' })).statusCode, 415)
  t.equal((await app.inject({ method: 'POST', url, headers })).statusCode, 403)
})
