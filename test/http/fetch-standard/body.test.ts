import t from 'tap'
import { LightResponse } from '../../../lib/http/light-response.ts'
import { compare, streamOf, type Clause, type FetchObjects, type RequestParts } from './compare.ts'

type Body = NonNullable<RequestParts['body']>
type Holder = Request | Response

const BYTES = Uint8Array.of(0, 1, 127, 128, 255, 254, 10, 13)
const INVALID_UTF8 = Uint8Array.of(0x61, 0xff, 0xe2, 0x82, 0x62, 0xed, 0xa0, 0x80, 0xf0, 0x9f)
const BOM = '\ufeff'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** The readers of Request and of Response are the same, so what is true of one is asked of both. */
function both (title: string, run: (holder: Holder) => unknown, expected: unknown, body: Body | null = 'the body', headers: Readonly<Record<string, string>> = {}): Clause[] {
  return [
    [`Request: ${title}`, ({ request }) => run(request({ method: 'POST', body, headers })), expected],
    [`Response: ${title}`, (objects) => run(response(objects, body, headers)), expected]
  ]
}

function response ({ Response }: FetchObjects, body: Body | null, headers: Readonly<Record<string, string>>): Response {
  return new Response(typeof body === 'function' ? body() : body, { headers })
}

const READERS = ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const

t.test('text() decodes UTF-8', (t) => compare(t, [
  ...both('text', (holder) => holder.text(), 'the body'),
  ...both('beyond ASCII', (holder) => holder.text(), 'Grüße → 🎈', 'Grüße → 🎈'),
  ...both('no body', (holder) => holder.text(), '', null),
  ...both('a byte order mark is left out', (holder) => holder.text(), 'a', `${BOM}a`),
  ...both('a byte order mark alone', (holder) => holder.text(), '', BOM),
  ...both('what is malformed is replaced', (holder) => holder.text(), 'a\ufffd\ufffdb\ufffd\ufffd\ufffd\ufffd', INVALID_UTF8),
  ...both('a lone surrogate is replaced', (holder) => holder.text(), 'a\ufffdb', 'a\ud800b'),
  ...both('a stream', (holder) => holder.text(), 'a stream', () => streamOf('a ', 'stream')),
  ...both('a character over two chunks', (holder) => holder.text(), 'ü', () => streamOf(Uint8Array.of(0xc3), Uint8Array.of(0xbc)))
]))

t.test('only one byte order mark is left out, where Node.js 24 leaves out two', async (t) => {
  t.equal(await new LightResponse(`${BOM}${BOM}a`).text(), `${BOM}a`)
  t.equal(await new LightResponse(new TextEncoder().encode(`${BOM}${BOM}a`)).text(), `${BOM}a`)
})

t.test('json() parses', (t) => compare(t, [
  ...both('an object', (holder) => holder.json(), { a: [1, 'ü', null] }, '{"a":[1,"ü",null]}'),
  ...both('a value', (holder) => holder.json(), 'x', '"x"'),
  ...both('after a byte order mark', (holder) => holder.json(), 1, `${BOM}1`),
  ...both('nothing', (holder) => holder.json(), SyntaxError, null),
  ...both('what is no JSON', (holder) => holder.json(), SyntaxError, '{"a":'),
  ...both('more than one value', (holder) => holder.json(), SyntaxError, '1 2'),
  ...both('__proto__ is a member', async (holder) => Object.keys(await holder.json() as object), ['__proto__'], '{"__proto__":1}'),
  ...both('a body that is no JSON is used', async (holder) => { await holder.json().catch(() => {}); return holder.bodyUsed }, true),
  ...both('a stream', (holder) => holder.json(), [1], () => streamOf('[', '1]'))
]))

t.test('bytes() and arrayBuffer() give the bytes', (t) => compare(t, [
  ...both('bytes', async (holder) => [...await holder.bytes()], [...BYTES], BYTES),
  ...both('bytes of text', async (holder) => [...await holder.bytes()], [0xc3, 0xbc], 'ü'),
  ...both('bytes keep a byte order mark', async (holder) => (await holder.bytes()).length, 4, `${BOM}a`),
  ...both('bytes of nothing', async (holder) => (await holder.bytes()).length, 0, null),
  ...both('bytes are a Uint8Array', async (holder) => Object.getPrototypeOf(await holder.bytes()) === Uint8Array.prototype, true),
  ...both('bytes begin at the start of their memory', async (holder) => { const bytes = await holder.bytes(); return [bytes.byteOffset, bytes.buffer.byteLength] }, [0, 8], BYTES),
  ...both('arrayBuffer', async (holder) => [...new Uint8Array(await holder.arrayBuffer())], [...BYTES], BYTES),
  ...both('arrayBuffer of nothing', async (holder) => (await holder.arrayBuffer()).byteLength, 0, null),
  ...both('arrayBuffer is one', async (holder) => Object.prototype.toString.call(await holder.arrayBuffer()), '[object ArrayBuffer]'),
  ...both('what was given is not what comes out', async (holder) => { (await holder.bytes()).fill(0); return BYTES[2] }, 127, BYTES),
  ...both('a part of a buffer', async (holder) => [...await holder.bytes()], [1, 127], BYTES.subarray(1, 3))
]))

t.test('blob() and formData()', (t) => compare(t, [
  ...both('blob', async (holder) => { const blob = await holder.blob(); return [blob.size, blob.type, await blob.text()] }, [8, 'text/x-own', 'the body'], 'the body', { 'content-type': 'text/x-own' }),
  ...both('blob of nothing', async (holder) => (await holder.blob()).size, 0, null),
  ...both('blob takes its type from the header of the moment', async (holder) => { holder.headers.set('content-type', 'a/b'); return (await holder.blob()).type }, 'a/b', BYTES),
  ...both('formData', async (holder) => [...await holder.formData()], [['a', '1'], ['a', 'é&'], ['b', '']], 'a=1&a=%C3%A9%26&b', FORM),
  ...both('multipart formData', async (holder) => [...await holder.formData()], [['a', '1']], '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', { 'content-type': 'multipart/form-data; boundary=x' }),
  ...both('formData by a header that was changed', async (holder) => { holder.headers.set('content-type', FORM['content-type']); return [...await holder.formData()] }, [['a', '1']], 'a=1', { 'content-type': 'text/plain' }),
  ...both('formData of another type rejects', (holder) => holder.formData(), TypeError, 'a=1', { 'content-type': 'text/plain' }),
  ...both('formData without a type rejects', (holder) => holder.formData(), TypeError, BYTES)
]))

t.test('a body is used once', (t) => compare(t, [
  ...READERS.flatMap((reader) => [
    ...both(`${reader}() after text() rejects`, async (holder) => { await holder.text(); return await holder[reader]() }, TypeError, 'a=1', FORM),
    ...both(`text() after ${reader}() rejects`, async (holder) => { await Promise.resolve(holder[reader]()).catch(() => {}); return await holder.text() }, TypeError, 'a=1', FORM),
    ...both(`${reader}() makes it used`, async (holder) => { const before = holder.bodyUsed; const reading = holder[reader]().catch(() => {}); const during = holder.bodyUsed; await reading; return [before, during, holder.bodyUsed] }, [false, true, true], 'a=1', FORM)
  ]),
  ...both('two readers at once: the second rejects', (holder) => Promise.all([holder.text(), holder.text()]), TypeError),
  ...both('no body is never used', async (holder) => { await holder.text(); return [holder.bodyUsed, await holder.text(), (await holder.bytes()).length] }, [false, '', 0], null),
  ...both('readers return promises', async (holder) => { const reading = holder.text(); await reading; return Object.prototype.toString.call(reading) }, '[object Promise]')
]))

t.test('body is a stream of bytes', (t) => compare(t, [
  ...both('it can be read', async ({ body }) => Buffer.concat(await Array.fromAsync(body!)).toString(), 'the body'),
  ...both('its chunks are Uint8Arrays', async ({ body }) => (await Array.fromAsync(body!)).every((chunk) => chunk instanceof Uint8Array), true),
  ...both('no body is null', ({ body }) => body, null, null),
  ...both('it is the same each time', (holder) => new Set([holder.body, holder.body]).size, 1),
  ...both('it is there after the body was read', async (holder) => { await holder.text(); return [holder.body instanceof ReadableStream, holder.bodyUsed] }, [true, true]),
  ...both('reading it uses the body', async (holder) => { await holder.body!.getReader().read(); return holder.bodyUsed }, true),
  ...both('to look at it does not use the body', (holder) => [holder.body?.locked, holder.bodyUsed], [false, false]),
  ...both('to lock it does not use the body', (holder) => { holder.body!.getReader(); return holder.bodyUsed }, false),
  ...both('text() of a locked body rejects', async (holder) => { holder.body!.getReader(); return await holder.text() }, TypeError),
  ...both('text() after a reader let go', async (holder) => { holder.body!.getReader().releaseLock(); return await holder.text() }, 'the body'),
  ...both('cancel() uses the body', async (holder) => { await holder.body!.cancel(); return holder.bodyUsed }, true),
  ...both('text() after cancel() rejects', async (holder) => { await holder.body!.cancel(); return await holder.text() }, TypeError),
  ...both('text() after a look at it', async (holder) => [holder.body!.locked, await holder.text()], [false, 'the body']),
  ...both('it can be piped', async ({ body }) => { let text = ''; await body!.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write (chunk) { text += chunk } })); return text }, 'the body'),
  ...both('it can be teed', async ({ body }) => await Promise.all(body!.tee().map((branch) => new globalThis.Response(branch).text())), ['the body', 'the body']),
  ...both('a stream that fails rejects', (holder) => holder.text(), RangeError, () => new ReadableStream({ start (controller) { controller.error(new RangeError('broken')) } }))
]))
