import { registerHooks } from 'node:module'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'
import { createRuledApp, startEcho, startOther, type EchoedRequest } from './proxy-site.ts'
import { sendRaw } from './raw-request.ts'

t.test('no path leads to another server than the rule\'s, nor out of its place there', async (t) => {
  const other = await startEcho(t)
  const elsewhere = await startOther(t, (_request, response) => { response.end('elsewhere') })
  const host = new URL(elsewhere).host
  const origin = await listen(await createRuledApp(t, `/p/* ${other}/pub/:splat 200\n/:a/q/:b ${other}/:a/:b 200\n/by to=:to ${other}/pub/:to/end 200\n/* ${other}/:splat 200`))
  for (const target of [
    `/p//${host}/x`, `/p/@${host}/x`, `/p/%2f%2f${host}/x`, `/p/%5c%5c${host}`, `/p/\\\\${host}/x`, `/p/http://${host}/x`, `/p/:@${host}`, '/p/%00', '/p/?to=//evil', '/p/%0d%0aX-Injected:%201',
    `//${host}/x`, `/\\${host}`, `//@${host}`, `/%2f${host}`, `/@${host}`, `/.${host}`, `/:80@${host}`, `/x/q/${host}`, '/p/a%20b%22%3c', `http://${host}/p/x`, '/p/../../up', '/p/x%252e%252e%252fy'
  ]) {
    const { status, body } = await sendRaw(origin, `GET ${target}`)
    t.ok([200, 400].includes(status), `${status} ${target}`)
    t.not(body, 'elsewhere', target)
    if (status === 200) {
      const { url, headers } = JSON.parse(body) as EchoedRequest
      t.notOk('x-injected' in headers)
      t.ok(url.startsWith('/'), `${target} ${url}`)
      if (target.startsWith('/p/') && !target.includes('/../')) t.ok(url.startsWith('/pub/'), url)
    }
  }
  for (const target of ['/p/..%2fadmin', '/p/%2e%2e%2fadmin', '/p/..%5cadmin', '/p/x/..%2f..%2fadmin']) {
    t.match(await sendRaw(origin, `GET ${target}`), { status: 400, body: /FST_NETLIFY_UNSAFE_PATH/ }, target)
  }
  for (const value of ['..', '%2e%2e', '.']) t.match(JSON.parse((await sendRaw(origin, `GET /by?to=${value}`)).body), { url: /^\/by\?/ }, 'the rule is not for such a value')
})

t.test('a redirect leads to the host that the rule names', async (t) => {
  const app = await createRuledApp(t, '/go/* /:splat\n/out/* https://x.example/:splat\n/user/:name/* https://:name.example.com/:splat')
  const locationOf = async (url: string): Promise<unknown> => (await app.inject(url)).headers.location
  t.equal(await locationOf('/go//evil.example'), '/evil.example')
  t.equal(await locationOf('/go/%2fevil.example'), '/%2Fevil.example')
  t.equal(await locationOf('/go/%5c%5cevil.example'), '/%5C%5Cevil.example')
  t.equal(await locationOf('/go/%0d%0aset-cookie:x'), '/%0D%0Aset-cookie:x')
  t.equal(await locationOf('/out/@evil.example'), 'https://x.example/@evil.example')
  t.equal(await locationOf('/out//evil.example'), 'https://x.example//evil.example')
  t.equal(await locationOf('/user/ada/x'), 'https://ada.example.com/x')
  for (const name of ['evil.example%2f', 'evil.example', 'a%40b', 'a:80', '%23', 'evil%3f']) t.equal((await app.inject(`/user/${name}/x`)).statusCode, 404, name)
})

t.test('rules whose host a request could choose are left out', async (t) => {
  const { logger, lines } = captureLog('warn')
  await createRuledApp(t, '/h/:host/* https://:host/:splat 200\n/s/:sub/* https://:sub.example.com/:splat 200\n/p/* https://x.example:splat 200\n/q/* https://x.example:splat 301\n/u/* https://u:p@x.example/:splat 200\n/d/* //x.example/:splat 200', {}, { logger })
  t.equal(lines.filter(({ msg }) => msg === 'a redirect rule is left out').length, 6)
})

t.test('a request that comes back to the site is refused', async (t) => {
  const files = { 'public/_redirects': '' }
  const app = await createApp(t, files, { publish: 'public' })
  const origin = await listen(app)
  await app.close()
  const looping = await createRuledApp(t, `/* ${origin}/:splat 200`)
  let asked = 0
  looping.server.on('request', () => { asked++ })
  await looping.listen({ port: Number(new URL(origin).port), host: '127.0.0.1' })
  const response = await fetch(`${origin}/x`)
  t.equal(response.status, 508)
  t.match(await response.json(), { code: 'FST_NETLIFY_PROXY_LOOP' })
  t.equal(asked, 2)
})

t.test('sites may pass requests on to each other, but not without end', async (t) => {
  const other = await startEcho(t)
  const second = await listen(await createRuledApp(t, `/* ${other}/second/:splat 200`))
  const first = await createRuledApp(t, `/* ${second}/first/:splat 200`)
  const { url, headers } = (await first.inject('/x')).json<EchoedRequest>()
  t.equal(url, '/second/first/x')
  t.match(headers['cdn-loop'], /^fastify-netlify-functions; id=\S+, fastify-netlify-functions; id=\S+$/)
  const chain = Array.from({ length: 10 }, (_, hop) => `fastify-netlify-functions; id=${hop}`).join(', ')
  t.equal((await first.inject({ url: '/x', headers: { 'cdn-loop': chain } })).statusCode, 508)
})

t.test('without @fastify/reply-from a site with such a rule does not boot, and one without it does', async (t) => {
  const hooks = registerHooks({
    resolve (specifier, context, next) {
      if (specifier === '@fastify/reply-from') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    }
  })
  t.teardown(() => hooks.deregister())
  await t.rejects(createRuledApp(t, '/x http://127.0.0.1:1/ 200'), { code: 'FST_NETLIFY_MISSING_PACKAGE', message: /npm install @fastify\/reply-from$/ })
  t.equal((await (await createRuledApp(t, '/x /y')).inject('/x')).statusCode, 301)
})

t.test('without @netlify/redirect-parser a site with rules does not boot, and one without does', async (t) => {
  const hooks = registerHooks({
    resolve (specifier, context, next) {
      if (specifier === '@netlify/redirect-parser') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    }
  })
  t.teardown(() => hooks.deregister())
  await t.rejects(createRuledApp(t, '/x /y'), { code: 'FST_NETLIFY_MISSING_PACKAGE', message: /npm install @netlify\/redirect-parser$/ })
  await createApp(t, { 'public/x.html': 'x' }, { publish: 'public' })
})
