import { chunksOf, listenTo, testSite } from './serve.ts'

testSite('hono', (t, { get, complaints }) => {
  t.test('a page is rendered from JSX, below a directory with a tsconfig.json of its own', async (t) => {
    const response = await get('/hello/Ada%20L')
    t.equal(response.status, 200)
    t.equal(response.headers.get('content-type'), 'text/html; charset=UTF-8')
    t.equal(await response.text(), '<html lang="en"><body><h1>Hello, Ada L!</h1></body></html>')
  })

  t.test('the home page and the style sheet are files, with the headers of netlify.toml', async (t) => {
    const page = await get('/')
    t.match(await page.text(), /The static home page/)
    t.equal(page.headers.get('x-frame-options'), 'DENY')
    const style = await get('/style.css')
    t.equal(style.headers.get('content-type'), 'text/css; charset=utf-8')
    t.equal(style.headers.get('x-frame-options'), 'DENY')
    t.equal((await get('/hello/x')).headers.get('x-frame-options'), null, 'a function has headers of its own')
  })

  t.test('the app sees query, headers and Netlify\'s context', async (t) => {
    const response = await get('/api/context?tag=a&tag=b', { headers: { 'user-agent': 'a test', origin: 'https://elsewhere.test' } })
    t.same(await response.json(), { site: 'hono', agent: 'a test', tags: ['a', 'b'] })
    t.equal(response.headers.get('access-control-allow-origin'), '*')
    const preflight = await get('/api/items', { method: 'OPTIONS', headers: { origin: 'https://elsewhere.test', 'access-control-request-method': 'POST' } })
    t.equal(preflight.status, 204)
    t.match(preflight.headers.get('access-control-allow-methods'), /POST/)
  })

  t.test('bodies arrive as they were sent: JSON, files, bytes', async (t) => {
    const created = await get('/api/items', { method: 'POST', body: JSON.stringify({ name: 'Brötchen' }), headers: { 'content-type': 'application/json' } })
    t.equal(created.status, 201)
    t.same(await created.json(), { got: { name: 'Brötchen' } })

    const form = new FormData()
    form.set('file', new File([new Uint8Array(70_000)], 'zeroes.bin'))
    t.same(await (await get('/api/upload', { method: 'POST', body: form })).json(), { name: 'zeroes.bin', size: 70_000 })

    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    t.same(new Uint8Array(await (await get('/api/bytes', { method: 'POST', body: bytes })).arrayBuffer()), bytes)
    t.equal((await get('/api/items/7', { method: 'DELETE' })).status, 204)
  })

  t.test('cookies go both ways, each in a header of its own', async (t) => {
    const response = await get('/cookies', { headers: { cookie: 'seen=yes%21' } })
    t.equal(await response.text(), 'yes!')
    t.same(response.headers.getSetCookie(), ['first=1; Path=/', 'second=a%20b; Path=/; HttpOnly; SameSite=Lax'])
  })

  t.test('events are sent one by one', async (t) => {
    const response = await get('/events')
    t.equal(response.headers.get('content-type'), 'text/event-stream')
    const chunks = await chunksOf(response)
    t.equal(chunks.join(''), ['1', '2', '3'].map((id) => `event: tick\ndata: number ${id}\nid: ${id}\n\n`).join(''))
    t.ok(chunks.length >= 3, `came in ${chunks.length} chunks`)
  })

  t.test('a stream learns that its client has left', async (t) => {
    const news = listenTo('hono')
    const endless = await get('/endless')
    const reader = endless.body!.getReader()
    await reader.read()
    await reader.cancel()
    await news('the client has left')
  })

  t.test('redirects, conditional requests and errors are the app\'s own', async (t) => {
    const moved = await get('/old')
    t.same([moved.status, moved.headers.get('location')], [301, '/hello/old'])

    const etag = (await get('/cached')).headers.get('etag')!
    t.equal((await get('/cached', { headers: { 'if-none-match': etag } })).status, 304)

    const refused = await get('/admin')
    t.same([refused.status, await refused.text()], [401, 'Who are you?'])
    const broken = await get('/broken')
    t.same([broken.status, await broken.text()], [500, 'Failed on purpose'])
    const unknown = await get('/nowhere/at/all')
    t.same([unknown.status, await unknown.text()], [404, 'Hono has no /nowhere/at/all'])
  })

  t.test('a function on every path does not get what is Netlify\'s', async (t) => {
    for (const path of ['/.netlify/functions/site', '/.netlify/functions/other', '/.netlify/images?url=/x.png&w=1']) {
      t.notMatch(await (await get(path)).text(), /Hono has no/, path)
    }
  })

  t.test('nothing was logged', async (t) => t.same(complaints(), []))
})
