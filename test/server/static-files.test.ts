import { rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import Fastify from 'fastify'
import netlifyFunctions from '../../lib/index.ts'
import { captureLog, createApp, createSite, listen } from '../helper.ts'
import { sendRaw } from './raw-request.ts'

t.test('a file has an etag, a date, a length and a type, and is revalidated', async (t) => {
  const root = await createSite(t, { 'public/page.html': '<p>é</p>' })
  const date = new Date('2026-01-02T03:04:05Z')
  await utimes(join(root, 'public/page.html'), date, date)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  const origin = await listen(app)

  const full = await fetch(`${origin}/page`)
  t.equal(await full.text(), '<p>é</p>')
  const { etag, ...headers } = Object.fromEntries(full.headers)
  t.match(headers, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': '9',
    'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    'accept-ranges': 'bytes',
    'cache-control': 'public, max-age=0, must-revalidate'
  })
  t.match(etag, /^(W\/)?".+"$/)

  const head = await fetch(`${origin}/page`, { method: 'HEAD' })
  t.match(Object.fromEntries(head.headers), { etag, 'content-length': '9', 'content-type': 'text/html; charset=utf-8' })
  t.equal(await head.text(), '')

  for (const condition of [{ 'if-none-match': etag! }, { 'if-modified-since': date.toUTCString() }]) {
    const { status, body } = await sendRaw(origin, 'GET /page', Object.entries(condition).map((header) => header.join(': ')))
    t.strictSame([status, body], [304, ''], Object.keys(condition).join())
  }
  const changed = await sendRaw(origin, 'GET /page', ['if-none-match: "other"'])
  t.equal(changed.status, 200)
})

t.test('ranges', async (t) => {
  const app = await createApp(t, { 'public/digits.txt': '0123456789' }, { publish: 'public' })
  const get = async (range: string): Promise<Awaited<ReturnType<typeof app.inject>>> => await app.inject({ url: '/digits.txt', headers: { range } })
  t.match(await get('bytes=2-4'), { statusCode: 206, body: '234', headers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' } })
  t.match(await get('bytes=-3'), { statusCode: 206, body: '789', headers: { 'content-range': 'bytes 7-9/10' } })
  t.match(await get('bytes=7-'), { statusCode: 206, body: '789' })
  t.match(await get('bytes=20-30'), { statusCode: 416, headers: { 'content-range': 'bytes */10' } })
  t.match(await get('bytes=0-0'), { statusCode: 206, body: '0', headers: { 'content-range': 'bytes 0-0/10' } })
  t.match(await get('bytes=8-99'), { statusCode: 206, body: '89', headers: { 'content-range': 'bytes 8-9/10' } })
  for (const range of ['bytes=0-1,4-5', 'lines=1-2', 'bytes']) t.match(await get(range), { statusCode: 200, body: '0123456789', headers: { 'content-length': '10' } }, `${range} gets the whole file`)
  for (const range of ['bytes=x-y', 'bytes=5-2', 'bytes=']) t.match(await get(range), { statusCode: 416, headers: { 'content-range': 'bytes */10' } }, range)
  t.match(await app.inject({ url: '/digits.txt', headers: { range: 'bytes=2-4', 'if-range': '"old"' } }), { statusCode: 200, body: '0123456789' })
})

t.test('content types, binary files and empty files', async (t) => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  const types = { mjs: 'application/javascript; charset=utf-8', 'js.map': 'application/json; charset=utf-8', webmanifest: 'application/manifest+json', avif: 'image/avif', xml: 'application/xml', html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'application/javascript; charset=utf-8', json: 'application/json; charset=utf-8', svg: 'image/svg+xml', png: 'image/png', woff2: 'font/woff2', wasm: 'application/wasm', txt: 'text/plain; charset=utf-8' }
  const files = Object.fromEntries(Object.keys(types).map((extension) => [`public/file.${extension}`, bytes]))
  const app = await createApp(t, { ...files, 'public/none': bytes, 'public/empty.txt': '' }, { publish: 'public' })
  for (const [extension, type] of Object.entries(types)) {
    const response = await app.inject(`/file.${extension}`)
    t.equal(response.headers['content-type'], type)
    t.ok(response.rawPayload.equals(bytes), `${extension} is exact`)
  }
  t.equal((await app.inject('/none')).headers['content-type'], 'application/octet-stream')
  t.match(await app.inject('/empty.txt'), { statusCode: 200, body: '', headers: { 'content-length': '0' } })
})

t.test('names with other letters, spaces and reserved characters', async (t) => {
  const names = ['größe.txt', '日本/東京.txt', 'a b.txt', '100%.txt', '%41.txt', 'what?.txt', 'a#b.txt', 'a+b&c=d;e,f.txt', '(x)[y]{z}.txt', 'it\'s "q".txt', '~tilde!.txt', 'a:b.txt', '😀.txt', 'x..y.txt']
  const app = await createApp(t, Object.fromEntries(names.map((name) => [`public/${name}`, name])), { publish: 'public' })
  const origin = await listen(app)
  for (const name of names) {
    const response = await fetch(`${origin}/${name.split('/').map(encodeURIComponent).join('/')}`)
    t.strictSame([response.status, await response.text()], [200, name], name)
  }
  t.equal((await app.inject('/A.txt')).statusCode, 404)
})

t.test('a file that is gone since the boot is not found', async (t) => {
  const root = await createSite(t, { 'public/page.html': 'page', 'public/404.html': 'not found' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(netlifyFunctions, { root, publish: 'public' })
  await rm(join(root, 'public/page.html'))
  t.equal((await app.inject('/page')).statusCode, 404)
  await rm(join(root, 'public/404.html'))
  t.match((await app.inject('/nothing')).json(), { statusCode: 404, message: 'Route GET:/nothing not found' })
})

t.test('a publish directory that does not exist is a warning', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { 'netlify/functions/named.mjs': 'export default () => new Response("named")' }, { publish: 'nowhere' }, { logger: log.logger })
  t.equal((await app.inject('/.netlify/functions/named')).body, 'named')
  t.equal((await app.inject('/')).statusCode, 404)
  t.match(log.lines.filter(({ level }) => level >= 40), [{ level: 40, directory: /nowhere$/, msg: 'the published directory does not exist; no files are served' }])
})

t.test('a publish directory that is a file is a warning too', async (t) => {
  const log = captureLog()
  const app = await createApp(t, { public: 'a file' }, { publish: 'public' }, { logger: log.logger })
  t.equal((await app.inject('/')).statusCode, 404)
  t.match(log.lines.filter(({ level }) => level >= 40), [{ level: 40, directory: /public$/ }])
})
