import t from 'tap'
import { createApp, listen } from '../helper.ts'
import { protocols } from './exchange.ts'

interface Body {
  readonly title: string
  /** What the function gives to `new Response()`. */
  readonly expression: string
  readonly bytes: Uint8Array | string
  readonly contentType?: string | RegExp
  /** Unless the body is complete before it is sent, its length is not known. */
  readonly streamed?: boolean
}

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const bodies: Body[] = [
  { title: 'a string', expression: '"grüß Gott ✓"', bytes: 'grüß Gott ✓', contentType: 'text/plain;charset=UTF-8' },
  { title: 'an empty string', expression: '""', bytes: '', contentType: 'text/plain;charset=UTF-8' },
  { title: 'null', expression: 'null', bytes: '' },
  { title: 'undefined', expression: 'undefined', bytes: '' },
  { title: 'a Buffer', expression: 'Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))', bytes: everyByte },
  { title: 'a part of a Buffer', expression: 'Buffer.from("a part of it").subarray(2, 6)', bytes: 'part' },
  { title: 'a Uint8Array', expression: 'Uint8Array.from({ length: 256 }, (_, byte) => byte)', bytes: everyByte },
  { title: 'a Uint16Array', expression: 'new Uint16Array([0x6968])', bytes: 'hi' },
  { title: 'a DataView', expression: 'new DataView(Buffer.from("hi").buffer.slice(0), 0, 0)', bytes: '' },
  { title: 'an ArrayBuffer', expression: 'Uint8Array.from({ length: 256 }, (_, byte) => byte).buffer', bytes: everyByte },
  { title: 'a Blob', expression: 'new Blob([Uint8Array.from({ length: 256 }, (_, byte) => byte)], { type: "image/x-test" })', bytes: everyByte, contentType: 'image/x-test', streamed: true },
  { title: 'a Blob without a type', expression: 'new Blob(["hi"])', bytes: 'hi', streamed: true },
  { title: 'URLSearchParams', expression: 'new URLSearchParams({ q: "a b", ü: "&" })', bytes: 'q=a+b&%C3%BC=%26', contentType: 'application/x-www-form-urlencoded;charset=UTF-8' },
  { title: 'a ReadableStream of strings', expression: 'ReadableStream.from(["one ", "twö ", "three"])', bytes: 'one twö three', streamed: true },
  { title: 'a ReadableStream of bytes', expression: 'new Blob([Uint8Array.from({ length: 256 }, (_, byte) => byte)]).stream()', bytes: everyByte, streamed: true },
  { title: 'an empty ReadableStream', expression: 'new ReadableStream({ start (controller) { controller.close() } })', bytes: '' },
  { title: 'a byte stream', expression: 'new ReadableStream({ type: "bytes", pull (controller) { controller.enqueue(new Uint8Array([104, 105])); controller.close() } })', bytes: 'hi' },
  { title: 'an async generator', expression: '(async function * () { yield "h"; yield Buffer.from("i") })()', bytes: 'hi', streamed: true }
]

for (const { title, expression, bytes, contentType, streamed = false } of bodies) {
  t.test(`${title} as the body of a Response`, async (t) => {
    const source = `export default () => new Response(${expression})`
    const app = await createApp(t, { 'netlify/functions/body.mjs': source })
    const response = await fetch(`${await listen(app)}/.netlify/functions/body`)

    t.equal(response.status, 200)
    t.strictSame(new Uint8Array(await response.arrayBuffer()), new Uint8Array(Buffer.from(bytes)))
    t.equal(response.headers.get('content-type'), contentType ?? null, 'no content type is invented')
    t.equal(response.headers.get('content-length'), streamed ? null : String(Buffer.byteLength(bytes)))
  })
}

t.test('FormData as the body of a Response has the boundary of its content type', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/form.mjs': `
      export default () => {
        const form = new FormData()
        form.append('name', 'Åsa')
        form.append('file', new Blob([Uint8Array.from({ length: 256 }, (_, byte) => byte)], { type: 'image/x-test' }), 'every byte.bin')
        return new Response(form)
      }`
  })
  const response = await fetch(`${await listen(app)}/.netlify/functions/form`)
  t.match(response.headers.get('content-type'), /^multipart\/form-data; boundary=.+/)
  const form = await response.formData()
  t.equal(form.get('name'), 'Åsa')
  const file = form.get('file') as File
  t.match({ name: file.name, type: file.type }, { name: 'every byte.bin', type: 'image/x-test' })
  t.strictSame(new Uint8Array(await file.arrayBuffer()), everyByte)
})

for (const { name, serverOptions, request } of protocols) {
  t.test(`a status without a body has none, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/status.mjs': `
        export default (request) => new Response(null, { status: Number(new URL(request.url).searchParams.get('status')), headers: { etag: '"a"' } })`
    }, {}, serverOptions)
    const url = `${await listen(app)}/.netlify/functions/status`
    for (const status of [204, 205, 304]) {
      const exchange = await request(`${url}?status=${status}`)
      t.equal(exchange.status, status)
      t.equal(exchange.headers.etag, '"a"')
      t.equal(exchange.headers['content-type'], undefined)
      t.same(await exchange.rest(), { body: '', ending: 'complete' })
    }
  })

  t.test(`HEAD has the headers of GET and no body, over ${name}`, async (t) => {
    const app = await createApp(t, {
      'netlify/functions/complete.mjs': 'export default () => new Response("hello", { status: 203, headers: { "x-made-by": "function", "set-cookie": "a=b" } })',
      'netlify/functions/empty.mjs': 'export default () => new Response(null)',
      'netlify/functions/nothing.mjs': 'export default () => {}',
      'netlify/functions/streamed.mjs': 'export default () => new Response(new Blob(["hello"]).stream(), { headers: { "content-type": "text/x-test" } })',
      'netlify/functions/measured.mjs': 'export default () => new Response(new Blob(["hello"]).stream(), { headers: { "content-length": "5" } })',
      'netlify/functions/lambda.mjs': 'export const handler = async () => ({ statusCode: 200, body: "hello" })'
    }, {}, serverOptions)
    const origin = await listen(app)
    for (const name of ['complete', 'empty', 'nothing', 'streamed', 'measured', 'lambda']) {
      const get = await request(`${origin}/.netlify/functions/${name}`)
      const head = await request(`${origin}/.netlify/functions/${name}`, { method: 'HEAD' })
      t.equal(head.status, get.status)
      t.strictSame(lasting(head.headers), lasting(get.headers), name)
      t.same(await head.rest(), { body: '', ending: 'complete' }, `HEAD of ${name}`)
      t.equal((await get.rest()).body, name === 'empty' || name === 'nothing' ? '' : 'hello')
    }
  })
}

t.test('a body that is complete is sent in one piece with its length, however large', async (t) => {
  const app = await createApp(t, { 'netlify/functions/large.mjs': 'export default () => new Response("x".repeat(5_000_000))' })
  const response = await fetch(`${await listen(app)}/.netlify/functions/large`)
  t.equal(response.headers.get('content-length'), '5000000')
  t.equal((await response.text()).length, 5_000_000)
})

t.test('a complete body beyond the size limit is a 500, and nothing of it is sent', async (t) => {
  const app = await createApp(t, {
    'netlify/functions/large.mjs': 'export default () => new Response("x".repeat(11), { headers: { "x-large": "1" } })',
    'netlify/functions/measured.mjs': `
      export default () => new Response(new ReadableStream({
        async pull (controller) {
          await new Promise(setImmediate)
          controller.enqueue('piece ')
        }
      }, { highWaterMark: 0 }), { headers: { 'content-length': '12', 'x-large': '1' } })`,
    'netlify/functions/fits.mjs': 'export default () => new Response("x".repeat(10))'
  }, { limits: { streamedBody: 10 } })
  for (const name of ['large', 'measured']) {
    const response = await app.inject(`/.netlify/functions/${name}`)
    t.equal(response.statusCode, 500, name)
    t.equal(response.json().code, 'FST_NETLIFY_RESPONSE_BODY_TOO_LARGE')
    t.equal(response.headers['x-large'], undefined)
  }
  t.equal((await app.inject('/.netlify/functions/fits')).statusCode, 200)
})

/** Without what differs from one reply to the next, and what belongs to the transfer and not to the content. */
function lasting (headers: object): object {
  return { ...headers, date: '', 'x-nf-request-id': '', 'transfer-encoding': '' }
}
