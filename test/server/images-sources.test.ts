import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { captureLog, createApp, listen } from '../helper.ts'
import { sample, sharp } from '../site/images/sample.ts'

const photo = await sample('jpeg')
/** A function that sends a photo of its own. */
const uploads = `
  const photo = Buffer.from('${photo.toString('base64')}', 'base64')
  export default (_request, { params }) => {
    if (params.key !== 'owl.jpg') return new Response('no such key', { status: 404 })
    return new Response(photo, { headers: { 'content-type': 'image/jpeg' } })
  }
  export const config = { path: '/uploads/:key' }`

async function serveImages (t: Test, requests: IncomingMessage[] = []): Promise<string> {
  const server = createServer((request, response) => {
    requests.push(request)
    response.end(photo)
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a function may give the source, as one that serves uploads does', async (t) => {
  const app = await createApp(t, { 'netlify/functions/uploads.mjs': uploads, 'public/x.txt': '' }, { publish: 'public' })
  const origin = await listen(app)
  for (const url of ['/uploads/owl.jpg', 'uploads/owl.jpg', `${origin}/uploads/owl.jpg`]) {
    const response = await fetch(`${origin}/.netlify/images?url=${encodeURIComponent(url)}&w=30`, { headers: { cookie: 'secret=1', authorization: 'Bearer secret' } })
    t.equal(response.status, 200, url)
    t.match(await sharp(Buffer.from(await response.arrayBuffer())).metadata(), { width: 30, format: 'jpeg' })
  }
  t.equal((await fetch(`${origin}/.netlify/images?url=/uploads/none.jpg`)).status, 404)
})

t.test('such a function is asked without anything of the client\'s', async (t) => {
  const spy = `
    export default (request) => { globalThis.sourceRequest = [request.method, request.url, Object.fromEntries(request.headers)]; return new Response('x') }
    export const config = { path: '/spy' }`
  const app = await createApp(t, { 'netlify/functions/spy.mjs': spy }, { prefix: '/shop' })
  await app.inject({ url: '/shop/.netlify/images?url=/spy', headers: { host: 'example.com', cookie: 'secret=1', authorization: 'Bearer secret', 'x-forwarded-for': '1.2.3.4' } })
  const [method, url, headers] = (globalThis as { sourceRequest?: [string, string, Record<string, string>] }).sourceRequest!
  t.strictSame([method, url], ['GET', 'http://example.com/shop/spy'])
  t.match(headers, { accept: 'image/*', cookie: undefined, authorization: undefined })
  t.notMatch(JSON.stringify(headers), /1\.2\.3\.4|127\.0\.0\.1/)
})

t.test('a function under its default URL may, too', async (t) => {
  const byQuery = `export default (request) => new Response(new URL(request.url).searchParams.get('key') === 'owl' ? Buffer.from('${photo.toString('base64')}', 'base64') : 'none')`
  const app = await createApp(t, { 'netlify/functions/uploads.mjs': byQuery })
  t.equal((await app.inject(`/.netlify/images?url=${encodeURIComponent('/.netlify/functions/uploads?key=owl')}&w=30`)).statusCode, 200)
  t.equal((await app.inject('/.netlify/images?url=/.netlify/functions/uploads')).statusCode, 400)
})

t.test('neither a background function nor a route of the host app is a source', async (t) => {
  const background = 'export default () => { globalThis.backgroundRan = true }\nexport const config = { path: "/late", background: true }'
  const app = await createApp(t, { 'netlify/functions/late.mjs': background })
  app.get('/host.jpg', (_request, reply) => reply.send(photo))
  for (const url of ['/late', '/host.jpg', '/.netlify/functions/late', '/.netlify/functions/none']) t.equal((await app.inject(`/.netlify/images?url=${url}`)).statusCode, 404, url)
  t.equal((await app.netlifyFunctions.jobs.list()).length, 0)
})

t.test('a redirect rule may stand for an image', async (t) => {
  const app = await createApp(t, { 'public/a/b.jpg': photo, 'public/_redirects': '/small/* /.netlify/images?url=/:splat&w=30&fm=png 200' }, { publish: 'public' })
  const { statusCode, rawPayload } = await app.inject('/small/a/b.jpg')
  t.equal(statusCode, 200)
  t.match(await sharp(rawPayload).metadata(), { width: 30, format: 'png' })
})

t.test('the dev server may give the source', async (t) => {
  const requests: IncomingMessage[] = []
  const devServer = await serveImages(t, requests)
  const app = await createApp(t, { 'netlify/functions/none.mjs': 'export default () => new Response(null, { status: 404 })\nexport const config = { path: "/none.png" }' }, { devServer })
  const found = await app.inject({ url: '/.netlify/images?url=/src/a%2520b.jpg%3Fv=1&w=10', headers: { cookie: 'secret=1' } })
  t.equal(found.statusCode, 200)
  t.match(requests, [{ url: '/src/a%20b.jpg?v=1', headers: { host: devServer.slice(7), cookie: undefined } }])
  t.equal((await app.inject('/.netlify/images?url=/none.png')).statusCode, 404, 'a function has said so')
})

t.test('netlify.toml says which remote images are allowed', async (t) => {
  const requests: IncomingMessage[] = []
  const remote = await serveImages(t, requests)
  const { logger, lines } = captureLog()
  const toml = `[images]\nremote_images = ["${remote}/allowed/.*", "http://("]`
  const app = await createApp(t, { 'netlify.toml': toml }, {}, { logger })
  t.match(lines.find(({ msg }) => msg.includes('remote_images')), { level: 40, pattern: 'http://(' })

  const allowed = await app.inject({ url: `/.netlify/images?url=${remote}/allowed/a.jpg&w=10`, headers: { cookie: 'secret=1', authorization: 'Bearer secret' } })
  t.equal(allowed.statusCode, 200)
  t.match(requests[0]!.headers, { cookie: undefined, authorization: undefined })
  t.match((await app.inject(`/.netlify/images?url=${remote}/other/a.jpg`)).json(), { statusCode: 403, code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED' })
  t.equal(requests.length, 1)
})

t.test('a site without functions, files or netlify.toml has no images', async (t) => {
  const app = await createApp(t, {})
  t.match((await app.inject('/.netlify/images?url=/a.jpg')).json(), { statusCode: 404, code: 'FST_NETLIFY_IMAGE_NOT_FOUND' })
  t.match((await app.inject('/.netlify/images?url=http://127.0.0.1/')).json(), { statusCode: 403, code: 'FST_NETLIFY_IMAGE_NOT_ALLOWED' })
})

t.test('a file that asks for a login is no source', async (t) => {
  const app = await createApp(t, { 'public/secret/photo.jpg': photo, 'public/photo.jpg': photo, 'public/_headers': '/secret/*\n  Basic-Auth: ada:lovelace' }, { publish: 'public' })
  const status = async (url: string): Promise<number> => (await app.inject(`/.netlify/images?url=${encodeURIComponent(url)}&w=30`)).statusCode
  t.equal(await status('/photo.jpg'), 200)
  t.equal(await status('/secret/photo.jpg'), 404)
  t.equal(await status('/secret/photo%2ejpg'), 404)
  t.equal(await status('/SECRET/../secret/photo.jpg'), 404)
})

t.test('a file that is for a role is no source, also where a later rule leads others away', async (t) => {
  const names = { 'public/photo.jpg': '', 'public/a/photo.jpg': '', 'public/b/photo.jpg': '', 'public/caf\u00e9/photo.jpg': '' }
  const app = await createApp(t, { ...names, 'public/_redirects': '/a/* 200! Role=admin\n/b/* 200! Role=admin\n/b/* /login 302\n/caf\u00e9/* 200! Role=admin' }, { publish: 'public', verifyToken: async () => ({}) })
  for (const url of ['/a/photo.jpg', '/b/photo.jpg', '/%61/photo.jpg', '/cafe%CC%81/photo.jpg']) t.equal((await app.inject(`/.netlify/images?url=${encodeURIComponent(url)}&w=30`)).statusCode, 404, url)
  t.equal((await app.inject('/.netlify/images?url=/photo.jpg&w=30')).statusCode, 400)
})

t.test('a function that gives the source is held to its rate limit', async (t) => {
  const limited = `
    let runs = 0
    export default () => new Response(String(++runs))
    export const config = { path: '/limited', rateLimit: { windowSize: 60, windowLimit: 2 } }`
  const app = await createApp(t, { 'netlify/functions/limited.mjs': limited })
  const asSource = async (): Promise<unknown> => (await app.inject('/.netlify/images?url=/limited')).json()
  t.match(await asSource(), { code: 'FST_NETLIFY_INVALID_IMAGE' })
  t.equal((await app.inject('/limited')).body, '2')
  t.match(await asSource(), { statusCode: 429, code: 'FST_NETLIFY_RATE_LIMITED' })
  t.equal((await app.inject('/limited')).statusCode, 429)
})
