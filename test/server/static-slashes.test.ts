import t from 'tap'
import { createApp, listen } from '../helper.ts'
import { sendRaw } from './raw-request.ts'

const site = {
  'public/index.html': 'home',
  'public/file.html': 'file',
  'public/folder/index.html': 'folder',
  'public/both.html': 'both.html',
  'public/both/index.html': 'both/index.html',
  'public/evil.com/index.html': 'evil',
  'public/größe/index.html': 'size'
}

t.test('a page is served under one path, with or without a slash, and the other one leads there', async (t) => {
  const app = await createApp(t, site, { publish: 'public' })
  for (const [url, body] of Object.entries({
    '/': 'home',
    '/file': 'file',
    '/file.html': 'file',
    '/folder/': 'folder',
    '/folder/index.html': 'folder',
    '/both': 'both.html',
    '/both.html': 'both.html',
    '/both/index.html': 'both/index.html'
  })) t.match(await app.inject(url), { statusCode: 200, body }, url)

  for (const [url, location] of Object.entries({
    '/file/': '/file',
    '/file.html/': '/file.html',
    '/folder': '/folder/',
    '/folder?a=1&b=%20': '/folder/?a=1&b=%20',
    '/both/': '/both',
    '/gr%C3%B6%C3%9Fe': '/gr%C3%B6%C3%9Fe/'
  })) {
    for (const method of ['GET', 'HEAD'] as const) {
      t.match(await app.inject({ method, url }), { statusCode: 301, headers: { location, 'cache-control': 'public, max-age=0, must-revalidate' } }, `${method} ${url}`)
    }
  }
  for (const method of ['POST', 'DELETE', 'OPTIONS'] as const) t.equal((await app.inject({ method, url: '/folder' })).statusCode, 404, method)
})

t.test('no request target makes it lead to another host', async (t) => {
  const app = await createApp(t, site, { publish: 'public' }, { routerOptions: { ignoreDuplicateSlashes: true } })
  const origin = await listen(app)
  for (const target of ['/evil.com', '//evil.com', '///evil.com', '/\\evil.com', '/.//evil.com', 'http://evil.com/evil.com', 'http://evil.com//evil.com']) {
    const { status, head } = await sendRaw(origin, `GET ${target}`)
    if (status === 301) t.match(head, /\r\nlocation: \/evil\.com\/\r\n/i, target)
    else t.ok([400, 404].includes(status), `${target}: ${status}`)
  }
  const { status, head } = await sendRaw(origin, 'GET /folder?a%0d%0aset-cookie:b')
  t.equal(status, 301)
  t.notMatch(head, /\r\nset-cookie/i)
})

t.test('below a prefix it stays below it', async (t) => {
  const app = await createApp(t, site, { publish: 'public', prefix: '/docs' })
  for (const [url, location] of Object.entries({ '/docs/folder': '/docs/folder/', '/docs/file/': '/docs/file' })) {
    t.match(await app.inject(url), { statusCode: 301, headers: { location } }, url)
  }
  for (const url of ['/docs', '/docs/']) t.equal((await app.inject(url)).body, 'home', url)
})

t.test('a rewrite serves a page wherever it is', async (t) => {
  const app = await createApp(t, { ...site, 'public/_redirects': '/start /folder 200\n/begin /folder/ 200\n/* /index.html 200' }, { publish: 'public' })
  for (const [url, body] of Object.entries({ '/start': 'folder', '/start/': 'folder', '/begin': 'folder', '/any/path/': 'home', '/file': 'file' })) {
    t.match(await app.inject(url), { statusCode: 200, body }, url)
  }
  t.match(await app.inject('/folder'), { statusCode: 301, headers: { location: '/folder/' } })
})
