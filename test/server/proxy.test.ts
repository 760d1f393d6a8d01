import { createHmac } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'
import { createRuledApp, startEcho, startOther, type EchoedRequest } from './proxy-site.ts'

t.test('a rule with status 200 and a URL passes requests on', async (t) => {
  const other = await startEcho(t)
  const app = await createRuledApp(t, `/api/* ${other}/v1/:splat 200\n/item/:id ${other}/item?id=:id 200\n/q id=:id ${other}/by-query/:id 200\n/root/* ${other} 200`)
  for (const [url, expected] of [
    ['/api/users/7', '/v1/users/7'],
    ['/api/users/7/?a=1&a=2', '/v1/users/7/?a=1&a=2'],
    ['/api', '/v1/'],
    ['/api/caf%C3%A9/a%20b', '/v1/caf%C3%A9/a%20b'],
    ['/item/7?x=1', '/item?id=7'],
    ['/q?id=a%2Fb', '/by-query/a%2Fb?id=a%2Fb'],
    ['/root/x', '/']
  ] as const) t.equal((await app.inject(url)).json<EchoedRequest>().url, expected, url)
})

t.test('every method, with its body', async (t) => {
  const other = await startOther(t, async (request, response) => {
    const chunks = await Array.fromAsync(request)
    response.end(`${request.method} ${request.headers['content-length'] ?? request.headers['transfer-encoding'] ?? 'none'} ${Buffer.concat(chunks as Buffer[]).toString()}`)
  })
  const origin = await listen(await createRuledApp(t, `/* ${other}/:splat 200`))
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    t.equal(await (await fetch(`${origin}/x`, { method, body: 'body' })).text(), `${method} 4 body`)
    const body = new ReadableStream({ start (controller) { controller.enqueue(Buffer.from('streamed')); controller.close() } })
    t.equal(await (await fetch(`${origin}/x`, { method, body, duplex: 'half' } as RequestInit)).text(), `${method} chunked streamed`)
  }
  t.equal(await (await fetch(`${origin}/x`)).text(), 'GET none ')
  t.equal(await (await fetch(`${origin}/x`, { method: 'POST' })).text(), 'POST 0 ')
  t.equal((await fetch(`${origin}/x`, { method: 'HEAD' })).status, 200)
})

t.test('the other server learns who asks, from this server alone', async (t) => {
  const other = await startEcho(t)
  const app = await createRuledApp(t, `/* ${other}/:splat 200`)
  const { headers } = (await app.inject({
    url: '/x',
    remoteAddress: '203.0.113.7',
    headers: {
      host: 'site.example',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=1.2.3.4',
      'x-real-ip': '1.2.3.4',
      'x-nf-geo': 'x',
      'x-netlify-event': 'x',
      'client-ip': '1.2.3.4',
      authorization: 'Bearer x',
      cookie: 'a=b'
    }
  })).json<EchoedRequest>()
  t.match(headers, {
    host: new URL(other).host,
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-host': 'site.example',
    'x-forwarded-proto': 'http',
    'x-nf-client-connection-ip': '203.0.113.7',
    'client-ip': '203.0.113.7',
    authorization: 'Bearer x',
    cookie: 'a=b'
  })
  for (const name of ['forwarded', 'x-real-ip', 'x-nf-geo', 'x-netlify-event']) t.notOk(name in headers, name)
})

t.test('behind a proxy that the app trusts, the addresses are passed on', async (t) => {
  const other = await startEcho(t)
  const app = await createRuledApp(t, `/* ${other}/:splat 200`, { trustPlatformHeaders: true }, { trustProxy: true })
  const { headers } = (await app.inject({ url: '/x', remoteAddress: '10.0.0.1', headers: { 'x-forwarded-for': '203.0.113.7, 10.0.0.2', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'site.example', 'x-nf-geo': 'x' } })).json<EchoedRequest>()
  t.match(headers, { 'x-forwarded-for': '203.0.113.7, 10.0.0.2, 10.0.0.1', 'x-forwarded-host': 'site.example', 'x-forwarded-proto': 'https', 'x-nf-geo': 'x', 'client-ip': '203.0.113.7' })
})

t.test('headers between two hops go no further, in either direction', async (t) => {
  const other = await startOther(t, (request, response) => {
    response.writeHead(200, { connection: 'x-secret, keep-alive', 'x-secret': '1', 'keep-alive': 'timeout=9', 'proxy-authenticate': 'Basic', 'x-kept': '1', 'set-cookie': ['a=1', 'b=2'] })
    response.end(JSON.stringify(request.headers))
  })
  const origin = await listen(await createRuledApp(t, `/* ${other}/:splat 200`))
  const { request } = await import('node:http')
  const [head, body] = await new Promise<[Record<string, unknown>, string]>((resolve, reject) => {
    request(`${origin}/x`, { headers: { connection: 'x-hop, close', 'x-hop': '1', te: 'trailers', 'proxy-authorization': 'Basic x', 'x-kept': '1' } }, async (response) => {
      resolve([response.headers, Buffer.concat(await Array.fromAsync(response)).toString()])
    }).on('error', reject).end()
  })
  const received = JSON.parse(body)
  for (const name of ['x-hop', 'te', 'proxy-authorization']) t.notOk(name in received, name)
  t.equal(received['x-kept'], '1')
  for (const name of ['x-secret', 'proxy-authenticate']) t.notOk(name in head, name)
  t.match(head, { 'x-kept': '1', 'set-cookie': ['a=1', 'b=2'] })
})

t.test('status, headers and bytes of the other server come back as they are', async (t) => {
  const compressed = gzipSync('compressed')
  let busy = 0
  const other = await startOther(t, ({ url }, response) => {
    if (url === '/busy') busy++
    if (url === '/busy') response.writeHead(503, { 'retry-after': '1' }).end('busy')
    else if (url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end()
    else response.writeHead(418, { 'content-encoding': 'gzip', 'content-type': 'text/plain', 'content-length': compressed.length, etag: '"x"' }).end(compressed)
  })
  const app = await createRuledApp(t, `/* ${other}/:splat 200`)
  const response = await app.inject('/x')
  t.match(response, { statusCode: 418, headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain', etag: '"x"', 'content-length': String(compressed.length) } })
  t.equal(gunzipSync(response.rawPayload).toString(), 'compressed')
  t.match(await app.inject('/busy'), { statusCode: 503, body: 'busy', headers: { 'retry-after': '1' } })
  t.equal(busy, 1, 'it is not asked again')
  t.match(await app.inject('/moved'), { statusCode: 302, headers: { location: '/elsewhere' } })
})

t.test('a rule adds headers and a signature', async (t) => {
  const other = await startEcho(t)
  const { logger, lines } = captureLog('warn')
  const app = await createApp(t, {
    'netlify.toml': `[[redirects]]\nfrom = "/*"\nto = "${other}/:splat"\nstatus = 200\nsigned = "API_KEY"\nheaders = { X-From = "site", Authorization = "Basic x" }\n`
  }, { env: { API_KEY: 'secret' }, site: { id: 'site-id', url: 'https://site.example' } }, { logger })
  const { headers } = (await app.inject({ url: '/x', headers: { authorization: 'Bearer client' } })).json<EchoedRequest>()
  t.match(headers, { 'x-from': 'site', authorization: 'Basic x' })
  const [head, payload, signature] = String(headers['x-nf-sign']).split('.')
  t.equal(signature, createHmac('sha256', 'secret').update(`${head}.${payload}`).digest('base64url'))
  t.match(JSON.parse(Buffer.from(payload!, 'base64url').toString()), { iss: 'netlify', netlify_id: 'site-id', site_url: 'https://site.example', deploy_context: 'production' })
  t.notOk(lines.some(({ msg }) => msg.includes('not signed')))
})

t.test('a key that is not set is logged at boot', async (t) => {
  const { logger, lines } = captureLog('warn')
  await createApp(t, { 'netlify.toml': '[[redirects]]\nfrom = "/x"\nto = "http://127.0.0.1:9/"\nstatus = 200\nsigned = "NO_SUCH_KEY"\n' }, {}, { logger })
  t.match(lines.find(({ msg }) => msg.includes('not signed')), { variable: 'NO_SUCH_KEY' })
})
