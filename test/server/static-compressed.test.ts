import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { createApp } from '../helper.ts'

const text = 'a text that is long enough to be worth it. '.repeat(50)

function compressed (name: string, content = text): Record<string, string | Uint8Array> {
  return { [name]: content, [`${name}.br`]: brotliCompressSync(content), [`${name}.gz`]: gzipSync(content) }
}

const site = {
  ...compressed('public/page.html'),
  ...compressed('public/index.html'),
  ...compressed('public/photo.png'),
  'public/only.css': text,
  'public/only.css.gz': gzipSync(text),
  'public/plain.txt': text
}
const decoders = { br: brotliDecompressSync, gzip: gunzipSync }

t.test('a client gets the file that it can decode and likes best', async (t) => {
  const app = await createApp(t, site, { publish: 'public' })
  for (const [accept, encoding] of Object.entries({
    'gzip, deflate, br, zstd': 'br',
    gzip: 'gzip',
    'GZIP;Q=0.5': 'gzip',
    'br;q=0.5, gzip;q=0.8': 'gzip',
    '*': 'br',
    'br;q=0, *': 'gzip',
    'br;q=0': undefined,
    'br;q=nonsense': undefined,
    'identity, br;q=0.1': undefined,
    deflate: undefined,
    'brotli,,;': undefined,
    '': undefined
  })) {
    const response = await app.inject({ url: '/page', headers: { 'accept-encoding': accept } })
    t.match(response, { statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8', vary: 'Accept-Encoding' } })
    t.equal(response.headers['content-encoding'], encoding, `"${accept}"`)
    t.equal(response.headers['content-length'], String(response.rawPayload.length))
    const decode = decoders[encoding as keyof typeof decoders]
    t.equal((decode === undefined ? response.rawPayload : decode(response.rawPayload)).toString(), text)
  }
})

t.test('what there is of it counts, and for types only that are worth it', async (t) => {
  const app = await createApp(t, site, { publish: 'public' })
  const headers = { 'accept-encoding': 'br, gzip' }
  t.match(await app.inject({ url: '/', headers }), { headers: { 'content-encoding': 'br', 'content-type': 'text/html; charset=utf-8' } })
  t.match(await app.inject({ url: '/only.css', headers }), { headers: { 'content-encoding': 'gzip', 'content-type': 'text/css; charset=utf-8' } })
  for (const url of ['/plain.txt', '/photo.png']) {
    const response = await app.inject({ url, headers })
    t.equal(response.statusCode, 200)
    t.strictSame([response.headers['content-encoding'], response.headers.vary], [undefined, undefined], url)
  }
  t.match(await app.inject({ url: '/only.css.gz', headers }), { statusCode: 200, headers: { 'content-type': 'application/gzip' } })
})

t.test('each encoding has an etag, by which it is revalidated', async (t) => {
  const app = await createApp(t, site, { publish: 'public' })
  const etags = new Map<string, string>()
  for (const accept of ['br', 'gzip', 'identity']) {
    const get = async (headers: object): Promise<Awaited<ReturnType<typeof app.inject>>> => await app.inject({ url: '/page', headers: { 'accept-encoding': accept, ...headers } })
    const etag = (await get({})).headers.etag as string
    etags.set(etag, accept)
    const known = await get({ 'if-none-match': etag })
    t.match(known, { statusCode: 304, body: '', headers: { etag, vary: 'Accept-Encoding', 'cache-control': 'public, max-age=0, must-revalidate' } })
    t.equal(known.headers['content-encoding'], undefined)
  }
  t.equal(etags.size, 3)
  const [br = ''] = etags.keys()
  t.equal((await app.inject({ url: '/page', headers: { 'if-none-match': br, 'accept-encoding': 'gzip' } })).statusCode, 200)
})

t.test('HEAD says what GET would send; an error has no encoding', async (t) => {
  const app = await createApp(t, site, { publish: 'public' })
  const headers = { 'accept-encoding': 'br' }
  const get = await app.inject({ url: '/page', headers })
  const head = await app.inject({ method: 'HEAD', url: '/page', headers })
  const { date, connection, ...expected } = get.headers
  t.match(head, { statusCode: 200, body: '', headers: expected })
  const refused = await app.inject({ url: '/page', headers: { ...headers, 'if-match': '"other"' } })
  t.equal(refused.statusCode, 412)
  t.equal(refused.headers['content-encoding'], undefined)
  t.type(refused.json(), 'object')
})

t.test('a range is one of the file itself', async (t) => {
  const app = await createApp(t, site, { publish: 'public' })
  const response = await app.inject({ url: '/page', headers: { 'accept-encoding': 'br', range: 'bytes=0-5' } })
  t.match(response, { statusCode: 206, body: text.slice(0, 6), headers: { 'content-range': `bytes 0-5/${text.length}`, vary: 'Accept-Encoding' } })
  t.equal(response.headers['content-encoding'], undefined)
})

t.test('types are those of the files that are not compressed', async (t) => {
  const names = ['html', 'htm', 'css', 'js', 'mjs', 'json', 'js.map', 'webmanifest', 'geojson', 'jsonld', 'txt', 'csv', 'md', 'vtt', 'ics', 'svg', 'xml', 'rss', 'atom', 'xhtml', 'wasm', 'ico', 'ttf', 'otf', 'eot'].map((extension) => `file.${extension}`)
  const app = await createApp(t, Object.assign({}, ...names.map((name) => compressed(`public/${name}`))), { publish: 'public' })
  for (const name of names) {
    const [plain, encoded] = await Promise.all(['identity', 'br'].map(async (accept) => await app.inject({ url: `/${name}`, headers: { 'accept-encoding': accept } })))
    t.equal(encoded!.headers['content-encoding'], 'br', name)
    t.equal(encoded!.headers['content-type'], plain!.headers['content-type'], name)
  }
})

t.test('what a hook of the host says the response varies by is kept', async (t) => {
  const app = await createApp(t, { ...site, 'public/_headers': '/only.css\n  Vary: Cookie' }, { publish: 'public' })
  app.addHook('onRequest', async (_request, reply) => { reply.header('vary', 'Origin') })
  t.equal((await app.inject('/page')).headers.vary, 'Origin, Accept-Encoding')
  t.equal((await app.inject('/only.css')).headers.vary, 'Cookie, Accept-Encoding')
})
