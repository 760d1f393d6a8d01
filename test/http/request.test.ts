import { randomBytes } from 'node:crypto'
import * as http from 'node:http'
import { text } from 'node:stream/consumers'
import { once } from 'node:events'
import t from 'tap'
import { createApp, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

/** Answers with what a method of the request gives for its body. */
function readingFunction (method: string): string {
  return `export default async (request) => Response.json(await request.${method}())`
}

t.test('method, URL and headers are those of the client', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/echo.mjs': `
      export default (request) => Response.json({
        isRequest: request instanceof Request, method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body: request.body === null
      })`
  })
  const origin = await listen(app)
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const response = await fetch(`${origin}/.netlify/functions/echo/deeper?q=a%20b&q=2&ü=1`, { method, headers: { 'x-one': 'Größe', 'accept-language': 'de' } })
    t.match(await response.json(), {
      isRequest: true,
      method,
      url: `${origin}/.netlify/functions/echo/deeper?q=a%20b&q=2&%C3%BC=1`,
      headers: { 'x-one': 'Größe', 'accept-language': 'de', host: new URL(origin).host },
      body: true
    })
  }
})

t.test('a header sent twice is joined, a cookie header too', async (t) => {
  const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export default (request) => Response.json(Object.fromEntries(request.headers))' })
  const request = http.request(`${await listen(app)}/.netlify/functions/echo`, { headers: [['x-two', 'a'], ['X-Two', 'b'], ['cookie', 'a=1'], ['cookie', 'b=2'], ['host', 'example.com']].flat() })
  request.end()
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  t.match(JSON.parse(await text(response)), { 'x-two': 'a, b', cookie: 'a=1; b=2', host: 'example.com' })
})

t.test('a body is read as text, JSON, bytes, Blob and form', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/text.mjs': readingFunction('text'),
    'netlify/functions/json.mjs': readingFunction('json'),
    'netlify/functions/bytes.mjs': 'export default async (request) => Response.json([...new Uint8Array(await request.arrayBuffer())])',
    'netlify/functions/blob.mjs': 'export default async (request) => { const blob = await request.blob(); return Response.json({ type: blob.type, size: blob.size }) }',
    'netlify/functions/body.mjs': 'export default async (request) => Response.json((await Array.fromAsync(request.body)).flatMap((chunk) => [...chunk]))',
    'netlify/functions/form.mjs': 'export default async (request) => Response.json([...await request.formData()])',
    'netlify/functions/twice.mjs': 'export default async (request) => { const copy = request.clone(); return Response.json([await copy.text(), await request.text(), request.bodyUsed]) }'
  })
  const origin = await listen(app)
  const post = async (name: string, body: BodyInit, type?: string): Promise<unknown> => {
    const response = await fetch(`${origin}/.netlify/functions/${name}`, { method: 'POST', body, headers: type === undefined ? {} : { 'content-type': type } })
    return await response.json()
  }
  t.equal(await post('text', 'grüß Gott'), 'grüß Gott')
  t.same(await post('json', '{"a":[1,"ü"]}', 'application/json'), { a: [1, 'ü'] })
  t.same(await post('bytes', everyByte), [...everyByte])
  t.same(await post('body', everyByte), [...everyByte])
  t.same(await post('blob', everyByte, 'image/x-test'), { type: 'image/x-test', size: 256 })
  t.same(await post('twice', 'once'), ['once', 'once', true])
  t.same(await post('form', new URLSearchParams([['a', '1'], ['a', 'é&'], ['b', '']])), [['a', '1'], ['a', 'é&'], ['b', '']])
})

t.test('a multipart form brings a binary file byte for byte', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/upload.mjs': `
      export default async (request) => {
        const form = await request.formData()
        const file = form.get('file')
        return Response.json({ title: form.get('title'), name: file.name, type: file.type, bytes: [...new Uint8Array(await file.arrayBuffer())] })
      }`
  })
  const form = new FormData()
  form.append('title', 'Füße')
  form.append('file', new File([everyByte], 'every byte.bin', { type: 'image/x-test' }))
  const response = await fetch(`${await listen(app)}/.netlify/functions/upload`, { method: 'POST', body: form })
  t.same(await response.json(), { title: 'Füße', name: 'every byte.bin', type: 'image/x-test', bytes: [...everyByte] })
})

for (const { name, serverOptions, request } of protocols) {
  t.test(`a binary body of 1 MB is exact, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/hash.mjs': `
        import { createHash } from 'node:crypto'
        export default async (request) => new Response(createHash('sha256').update(new Uint8Array(await request.arrayBuffer())).digest('hex'))`
    }, {}, serverOptions)
    const url = `${await listen(app)}/.netlify/functions/hash`
    const body = Buffer.concat([everyByte, randomBytes(1024 * 1024)])
    const { createHash } = await import('node:crypto')
    const hash = createHash('sha256').update(body).digest('hex')
    for (const headers of [{ 'content-length': String(body.length) }, { 'content-type': 'text/plain' }]) {
      t.equal((await (await request(url, { method: 'POST', body, headers })).rest()).body, hash)
    }
  })

  t.test(`a POST without a body has none, over ${name}`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/empty.mjs': 'export default async (request) => Response.json([request.method, request.body === null, await request.text()])' }, {}, serverOptions)
    const url = `${await listen(app)}/.netlify/functions/empty`
    for (const headers of [{}, { 'content-length': '0' }, { 'content-type': 'application/json' }, { 'content-type': 'application/json', 'content-length': '0' }]) {
      const exchange = await request(url, { method: 'POST', headers })
      t.equal(exchange.status, 200)
      t.same(JSON.parse((await exchange.rest()).body), ['POST', true, ''], JSON.stringify(headers))
    }
  })

  t.test(`a content type that is malformed reaches the function as sent, with the body, over ${name}`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export default async (request) => Response.json([request.headers.get("content-type"), await request.text()])' }, {}, serverOptions)
    const url = `${await listen(app)}/.netlify/functions/echo`
    for (const type of ['', 'json', 'a/b/c', '/', 'text/plain; charset', 'a b', ';', 'multipart/form-data', 'application/x-none', 'multipart/form-data; boundary=']) {
      const exchange = await request(url, { method: 'POST', headers: { 'content-type': type }, body: 'the body' })
      t.same([exchange.status, (await exchange.rest()).body], [200, JSON.stringify([type, 'the body'])])
    }
  })

  t.test(`a body without a content type arrives, over ${name}`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export default async (request) => Response.json([request.headers.get("content-type"), await request.text()])' }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/echo`, { method: 'POST', body: 'the body' })
    t.same(JSON.parse((await exchange.rest()).body), [null, 'the body'])
  })

  t.test(`a GET with a body runs without it, over ${name}`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export default async (request) => Response.json([request.body === null, await request.text()])' }, {}, serverOptions)
    const exchange = await request(`${await listen(app)}/.netlify/functions/echo`, { method: 'GET', body: 'unheard of', headers: { 'content-type': 'text/plain', 'content-length': '10' } })
    t.equal(exchange.status, 200)
    t.same(JSON.parse((await exchange.rest()).body), [true, ''])
  })

  t.test(`the function sees the host, over ${name}`, async (t) => {
    const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export default async (request) => Response.json([request.headers.get("host"), request.url, [...request.headers.keys()].filter((key) => key.startsWith(":"))])' }, {}, serverOptions)
    const origin = await listen(app)
    const exchange = await request(`${origin}/.netlify/functions/echo?a=b`)
    t.same(JSON.parse((await exchange.rest()).body), [new URL(origin).host, `${origin}/.netlify/functions/echo?a=b`, []])
  })
}

t.test('a chunked upload arrives whole', async (t) => {
  const app = await createApp(t, { 'netlify/functions/echo.mjs': 'export default async (request) => Response.json([request.headers.get("content-length"), await request.text()])' })
  const request = http.request(`${await listen(app)}/.netlify/functions/echo`, { method: 'PUT' })
  const response = once(request, 'response') as Promise<[http.IncomingMessage]>
  for (const piece of ['one ', 'two ', 'three']) await new Promise<void>((resolve, reject) => request.write(piece, (error) => error ? reject(error) : resolve()))
  request.end()
  t.same(JSON.parse(await text((await response)[0])), [null, 'one two three'])
})

t.test('a body of several content encodings or types is not touched', async (t) => {
  const app = await createApp(t, { 'netlify/functions/bytes.mjs': 'export default async (request) => Response.json([request.headers.get("content-encoding"), [...new Uint8Array(await request.arrayBuffer())]])' })
  const response = await app.inject({ method: 'POST', url: '/.netlify/functions/bytes', payload: Buffer.from(everyByte), headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' } })
  t.same(response.json(), ['gzip', [...everyByte]])
})
