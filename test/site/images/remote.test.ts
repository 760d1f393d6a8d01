import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { fetchRemoteImage, type RemoteAnswer, type RemoteOptions } from '../../../lib/site/images/remote.ts'
import { compileRemotePatterns } from '../../../lib/site/images/remote-patterns.ts'

async function listen (t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function fetchFrom (url: string, patterns: readonly string[], options: Partial<RemoteOptions> = {}): Promise<RemoteAnswer> {
  const compiled = compileRemotePatterns(patterns, ({ reason }) => { throw new Error(reason) })
  return await fetchRemoteImage(new URL(url), { patterns: compiled, validators: undefined, maxBytes: 1000, timeout: 5000, ...options })
}

t.test('an image is fetched with what says how long it is good', async (t) => {
  const origin = await listen(t, (request, response) => {
    t.notMatch(request.headers, { cookie: /./, authorization: /./ })
    response.writeHead(200, { etag: '"a"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT', 'cache-control': 'public, max-age=60, s-maxage=90' }).end('bytes')
  })
  t.strictSame(await fetchFrom(`${origin}/a.png`, [origin]), {
    kind: 'image', bytes: Buffer.from('bytes'), validators: { etag: '"a"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' }, maxAge: 90
  })
})

t.test('one that is known is asked for again by its validators', async (t) => {
  const origin = await listen(t, ({ headers }, response) => {
    t.match(headers, { 'if-none-match': '"a"', 'if-modified-since': 'then' })
    response.writeHead(304, { 'cache-control': 'no-store' }).end()
  })
  t.strictSame(await fetchFrom(origin, [origin], { validators: { etag: '"a"', lastModified: 'then' } }), { kind: 'unchanged', maxAge: 0 })
})

t.test('a redirect is followed to where it is allowed to lead, and nowhere else', async (t) => {
  const reached: string[] = []
  const other = await listen(t, ({ url }, response) => {
    reached.push(url!)
    response.end('bytes')
  })
  const origin = await listen(t, ({ url }, response) => { response.writeHead(302, { location: url === '/relative' ? '/self' : `${other}/x` }).end() })
  t.match(await fetchFrom(`${origin}/a`, [origin, other]), { kind: 'image' })
  await t.rejects(fetchFrom(`${origin}/a`, [origin]), { code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED', statusCode: 403 })
  t.strictSame(reached, ['/x'])
  await t.rejects(fetchFrom(`${origin}/relative`, [`${origin}/relative`]), { code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED' })
})

t.test('a server that redirects in circles is left', async (t) => {
  let requests = 0
  const origin = await listen(t, (_request, response) => { response.writeHead(301, { location: `/${requests++}` }).end() })
  await t.rejects(fetchFrom(origin, [origin]), { code: 'FST_NETLIFY_IMAGE_UNREACHABLE', statusCode: 502, message: /redirects more than 5 times/ })
  t.equal(requests, 6)
})

t.test('a private address is not reached, by its number, by its name or by a redirect', async (t) => {
  let requests = 0
  const origin = await listen(t, (_request, response) => {
    requests++
    response.writeHead(302, { location: `http://localhost:${(response.socket!.address() as AddressInfo).port}/` }).end()
  })
  for (const url of [origin, origin.replace('127.0.0.1', 'localhost'), origin.replace('127.0.0.1', '2130706433')]) {
    await t.rejects(fetchFrom(url, ['http://.*']), { code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED', message: /^The image http:\S+ is not among/, cause: { message: /not public/ } }, url)
  }
  t.equal(requests, 0)
  await t.rejects(fetchFrom(origin, [origin, 'http://local.*']), { code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED' })
  t.equal(requests, 1)
})

t.test('an image that is too large is not read to its end', async (t) => {
  const origin = await listen(t, ({ url }, response) => {
    if (url === '/says') response.writeHead(200, { 'content-length': 1001 })
    const more = (): void => { while (response.write(Buffer.alloc(100))); }
    response.on('drain', more)
    response.on('error', () => {})
    more()
  })
  for (const path of ['/says', '/does']) await t.rejects(fetchFrom(origin + path, [origin]), { code: 'FST_NETLIFY_IMAGE_UNREACHABLE', message: /larger than 1000 bytes/ }, path)
})

t.test('what a server fails with is told in general', async (t) => {
  const origin = await listen(t, ({ url }, response) => {
    if (url === '/broken') response.writeHead(200, { 'content-length': 10 }).write('a', () => response.destroy())
    else if (url === '/never') response.flushHeaders()
    else response.writeHead(Number(url!.slice(1))).end()
  })
  await t.rejects(fetchFrom(`${origin}/404`, [origin]), { code: 'FST_NETLIFY_IMAGE_NOT_FOUND', statusCode: 404 })
  await t.rejects(fetchFrom(`${origin}/500`, [origin]), { code: 'FST_NETLIFY_IMAGE_UNREACHABLE', message: /answers 500/ })
  await t.rejects(fetchFrom(`${origin}/204`, [origin]), { code: 'FST_NETLIFY_IMAGE_UNREACHABLE' })
  await t.rejects(fetchFrom(`${origin}/broken`, [origin]), { code: 'FST_NETLIFY_IMAGE_UNREACHABLE', message: /ECONNRESET/ })
  await t.rejects(fetchFrom(`${origin}/never`, [origin], { timeout: 50 }), { code: 'FST_NETLIFY_IMAGE_UNREACHABLE', message: /takes too long/ })
  const closed = await closedOrigin()
  await t.rejects(fetchFrom(closed, [closed]), { code: 'FST_NETLIFY_IMAGE_UNREACHABLE', message: /cannot be fetched: ECONNREFUSED/ })
})

/** Where nobody listens any more. */
async function closedOrigin (): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const [error] = await once(connect(port, '127.0.0.1'), 'error').catch((error: Error) => [error])
  t.ok(error)
  return `http://127.0.0.1:${port}`
}
