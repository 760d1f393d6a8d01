import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { captureLog, createApp, createSite, writeFiles } from '../helper.ts'
import { animation, sample, sharp } from '../site/images/sample.ts'

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
const CHROME = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8'

const published = {
  'public/photo.jpg': await sample('jpeg'),
  'public/a & b/ü.png': await sample('png'),
  'public/moving.gif': await animation(),
  'public/logo.svg': SVG,
  'public/page.html': '<h1>page</h1>',
  'public/broken.png': (await sample('png', 500, 500)).subarray(0, 100),
  'secret.png': await sample('png'),
  'netlify/functions/all.js': 'export default () => new Response("all"); export const config = { path: "/*" }'
}

async function start (t: Test, files: Record<string, string | Uint8Array> = {}, options = {}): Promise<FastifyInstance> {
  return await createApp(t, { ...published, ...files }, { publish: 'public', ...options })
}

t.test('an image is resized, cut and reformatted', async (t) => {
  const app = await start(t)
  for (const [query, width, height, format] of [
    ['w=30', 30, 20, 'jpeg'],
    ['h=10', 15, 10, 'jpeg'],
    ['w=30&h=30', 30, 20, 'jpeg'],
    ['w=30&h=30&fit=cover&position=left', 30, 30, 'jpeg'],
    ['w=30&h=30&fit=fill&fm=png', 30, 30, 'png'],
    ['w=90&h=90&fit=cover', 90, 90, 'jpeg'],
    ['w=600', 60, 40, 'jpeg'],
    ['w=600&h=600', 60, 40, 'jpeg'],
    ['w=600&h=20', 30, 20, 'jpeg'],
    ['fm=webp&q=1', 60, 40, 'webp'],
    ['fm=avif', 60, 40, 'heif'],
    ['fm=gif', 60, 40, 'gif']
  ] as const) {
    const { statusCode, headers, rawPayload } = await app.inject(`/.netlify/images?url=/photo.jpg&${query}`)
    t.equal(statusCode, 200, query)
    t.equal(headers['content-type'], `image/${format === 'heif' ? 'avif' : format}`, query)
    t.match(await sharp(rawPayload).metadata(), { width, height, format }, query)
  }
})

t.test('a browser gets the format it accepts, and caches are told', async (t) => {
  const app = await start(t)
  const negotiated = await app.inject({ url: '/.netlify/images?url=/photo.jpg', headers: { accept: CHROME } })
  t.match(negotiated.headers, { 'content-type': 'image/webp', vary: 'Accept', 'cache-control': 'public, max-age=0, must-revalidate', 'x-content-type-options': 'nosniff' })
  const plain = await app.inject('/.netlify/images?url=/photo.jpg')
  t.match(plain.headers, { 'content-type': 'image/jpeg', vary: 'Accept' })
  const chosen = await app.inject({ url: '/.netlify/images?url=/photo.jpg&fm=png', headers: { accept: CHROME } })
  t.match(chosen.headers, { 'content-type': 'image/png', vary: undefined })
  const moving = await app.inject({ url: '/.netlify/images?url=/moving.gif&w=30', headers: { accept: CHROME } })
  t.match(await sharp(moving.rawPayload).metadata(), { format: 'webp', pages: 2, width: 30 })
})

t.test('a client that has the image is told so', async (t) => {
  const app = await start(t)
  const { headers: { etag }, rawPayload } = await app.inject('/.netlify/images?url=/photo.jpg&w=10')
  for (const tag of [etag!, `W/${etag}`, `"x", ${etag}`, '*']) {
    const { statusCode, body } = await app.inject({ url: '/.netlify/images/?url=photo.jpg&w=10', headers: { 'if-none-match': tag } })
    t.equal(statusCode, 304, tag)
    t.equal(body, '')
  }
  const head = await app.inject({ method: 'HEAD', url: '/.netlify/images?url=/photo.jpg&w=10' })
  t.match(head, { statusCode: 200, body: '', headers: { etag, 'content-length': String(rawPayload.length) } })
  t.equal((await app.inject({ url: '/.netlify/images?url=/photo.jpg&w=11', headers: { 'if-none-match': etag! } })).statusCode, 200)
})

t.test('an SVG stays one, and runs nothing', async (t) => {
  const app = await start(t)
  for (const query of ['', '&w=20', '&fm=png']) {
    const { statusCode, headers, body } = await app.inject({ url: `/.netlify/images?url=/logo.svg${query}`, headers: { accept: CHROME } })
    t.equal(statusCode, 200)
    t.equal(body, SVG)
    t.match(headers, { 'content-type': 'image/svg+xml', 'content-security-policy': /default-src 'none'.*; sandbox$/ })
  }
})

t.test('a name is found however it is encoded', async (t) => {
  const app = await start(t)
  for (const url of ['/a%20%26%20b/%C3%BC.png', encodeURIComponent('/a & b/ü.png'), encodeURIComponent('a%20%26%20b/%C3%BC.png'), encodeURIComponent('http://localhost:80/a & b/ü.png')]) {
    t.equal((await app.inject(`/.netlify/images?url=${url}`)).statusCode, 200, url)
  }
})

t.test('nothing is read that is not published', async (t) => {
  const app = await start(t, {}, { functions: 'none' })
  const paths = [
    '/../secret.png', '..%2fsecret.png', '%2e%2e/secret.png', '%252e%252e%252fsecret.png', '..%5csecret.png', '/x/..%2f../secret.png', 'secret.png', '/public/photo.jpg',
    '/photo.jpg%00.png', '/photo.jpg/', '/none.png', '/.netlify/images?url=/photo.jpg', '/%zz'
  ]
  for (const path of paths.filter((path) => path !== '/photo.jpg/')) {
    t.match(await inject(app, path), { statusCode: 404, json: { code: 'FST_NETLIFY_IMAGE_NOT_FOUND' } }, path)
  }
  for (const url of ['file:///etc/passwd', 'https://example.com/x.png', '//example.com/x.png', 'data:image/png;base64,AAAA', 'http://localhost@evil.test/', '\\\\evil.test\\x']) {
    t.match(await inject(app, url), { statusCode: /40[34]/ }, url)
  }
})

t.test('what cannot be transformed is refused', async (t) => {
  const app = await start(t)
  for (const url of ['/page', '/broken.png']) t.match(await inject(app, url), { statusCode: 400, json: { code: 'FST_NETLIFY_INVALID_IMAGE' } }, url)
  t.match((await app.inject('/.netlify/images')).json(), { statusCode: 400, code: 'FST_NETLIFY_INVALID_IMAGE_REQUEST' })
  t.match((await app.inject('/.netlify/images?url=/photo.jpg&w=0')).json(), { statusCode: 404, code: 'FST_NETLIFY_INVALID_IMAGE_PARAMETER' })
  const post = await app.inject({ method: 'POST', url: '/.netlify/images?url=/photo.jpg' })
  t.match(post, { statusCode: 405, headers: { allow: 'GET, HEAD' } })
  t.equal((await app.inject('/.netlify/imagesque')).body, 'all', 'another path is another path')
})

t.test('results are kept below the root, and made again when they are damaged or their source has changed', async (t) => {
  const root = await createSite(t, published)
  const [app, again] = [await createApp(t, {}, { root, publish: 'public' }), await createApp(t, {}, { root, publish: 'public' })]
  const url = '/.netlify/images?url=/photo.jpg&w=10&fm=png'
  const first = await app.inject(url)
  const directory = join(root, '.netlify', 'images-cache')
  t.equal((await readdir(directory)).length, 2)
  t.strictSame((await again.inject(url)).rawPayload, first.rawPayload)

  for (const file of await readdir(directory)) await writeFile(join(directory, file), 'damaged')
  t.strictSame((await again.inject(url)).rawPayload, first.rawPayload)
  await writeFiles(root, { 'public/photo.jpg': await sample('jpeg', 60, 40, '#00ff00') })
  const changed = await app.inject(url)
  t.not(changed.headers.etag, first.headers.etag)
  t.equal((await sharp(changed.rawPayload).stats()).channels[1]!.mean, 255)
})

t.test('a cache that cannot be written keeps nobody from an image', async (t) => {
  const { logger, line } = captureLog()
  const root = await createSite(t, published)
  const app = await createApp(t, {}, { root, publish: 'public' }, { logger })
  await rm(join(root, '.netlify', 'images-cache'), { recursive: true, force: true })
  await mkdir(join(root, '.netlify'), { recursive: true })
  await writeFile(join(root, '.netlify', 'images-cache'), 'a file')
  t.equal((await app.inject('/.netlify/images?url=/photo.jpg&w=10')).statusCode, 200)
  t.match(await line(({ msg }) => msg === 'transformed images cannot be stored'), { level: 40 })
})

async function inject (app: FastifyInstance, url: string): Promise<{ statusCode: number, json: { code: string } }> {
  const response = await app.inject(`/.netlify/images?${new URLSearchParams({ url: url.includes('%') ? decodeURIComponent(url.replace('%zz', '%25zz')) : url })}`)
  return { statusCode: response.statusCode, json: response.json() }
}
