import t from 'tap'
import { compare, streamOf, type Clause } from './compare.ts'

const TEXT = 'text/plain;charset=UTF-8'
const FORM = 'application/x-www-form-urlencoded;charset=UTF-8'

/** As user code in JavaScript may call it. */
type Make = (...args: unknown[]) => Response

function about (title: string, run: (make: Make, Response: typeof globalThis.Response) => unknown, expected: unknown): Clause {
  return [title, ({ Response }) => run((...args) => Reflect.construct(Response, args) as Response, Response), expected]
}

/** The headers of a response with a body of text and these. */
function headers (title: string, given: () => unknown, expected: unknown): Clause {
  return about(title, (make) => [...make('x', { headers: given() }).headers], expected)
}

t.test('the body given', (t) => compare(t, [
  about('none', (make) => [make().body, [...make().headers]], [null, []]),
  about('null', (make) => [make(null).body, [...make(null).headers]], [null, []]),
  about('undefined', (make) => [make(undefined).body, [...make(undefined).headers]], [null, []]),
  about('text', (make) => [...make('x').headers], [['content-type', TEXT]]),
  about('empty text', async (make) => { const response = make(''); return [response.body === null, [...response.headers], await response.text(), response.bodyUsed] }, [false, [['content-type', TEXT]], '', true]),
  about('a number', async (make) => [make(1).headers.get('content-type'), await make(1).text()], [TEXT, '1']),
  about('a boolean', (make) => make(false).text(), 'false'),
  about('an object', (make) => make({}).text(), '[object Object]'),
  about('an array', (make) => make([1, 2]).text(), '1,2'),
  about('a String', (make) => make(Object('x')).text(), 'x'),
  about('a symbol throws', (make) => make(Symbol('x')), TypeError),
  about('another response is text', (make) => make(make('x')).text(), '[object Response]'),
  about('URLSearchParams', async (make) => { const response = make(new URLSearchParams({ a: 'b c', ü: '&' })); return [response.headers.get('content-type'), await response.text()] }, [FORM, 'a=b+c&%C3%BC=%26']),
  about('URLSearchParams as they were', (make) => { const params = new URLSearchParams('a=1'); const response = make(params); params.set('a', '2'); return response.text() }, 'a=1'),
  about('a Uint8Array', async (make) => { const response = make(Uint8Array.of(1, 2)); return [[...response.headers], [...await response.bytes()]] }, [[], [1, 2]]),
  about('an empty Uint8Array', async (make) => { const response = make(new Uint8Array(0)); return [response.body === null, (await response.bytes()).length, response.bodyUsed] }, [false, 0, true]),
  about('bytes as they were', async (make) => { const bytes = Uint8Array.of(1); const response = make(bytes); bytes[0] = 2; return [...await response.bytes()] }, [1]),
  about('a Buffer', (make) => make(Buffer.from('ü')).text(), 'ü'),
  about('an ArrayBuffer', async (make) => [...await make(Uint8Array.of(1, 2).buffer).bytes()], [1, 2]),
  about('a DataView', async (make) => [...await make(new DataView(Uint8Array.of(1, 2, 3).buffer, 1)).bytes()], [2, 3]),
  about('a Float32Array', async (make) => (await make(Float32Array.of(1)).bytes()).length, 4),
  about('a Blob', async (make) => { const response = make(new Blob(['x'], { type: 'a/b' })); return [response.headers.get('content-type'), await response.text()] }, ['a/b', 'x']),
  about('a Blob without a type', (make) => [...make(new Blob(['x'])).headers], []),
  about('FormData', async (make) => { const form = new FormData(); form.set('a', '1'); const response = make(form); return [response.headers.get('content-type')?.split(';')[0], [...await response.formData()]] }, ['multipart/form-data', [['a', '1']]]),
  about('a stream', async (make) => { const stream = streamOf('a', 'b'); const response = make(stream); return [response.body === stream, [...response.headers], await response.text(), response.bodyUsed] }, [true, [], 'ab', true]),
  about('a stream that is locked throws', (make) => { const stream = streamOf('a'); stream.getReader(); return make(stream) }, TypeError),
  about('a stream that was read throws', async (make) => { const stream = streamOf('a', 'b'); const reader = stream.getReader(); await reader.read(); reader.releaseLock(); return make(stream) }, TypeError),
  about('an async iterable', async (make) => await make((async function * () { yield Buffer.from('a'); yield Buffer.from('b') })()).text(), 'ab'),
  about('name and length', (_, Response) => [Response.name, Response.length], ['Response', 0]),
  about('without new throws', (_, Response) => { try { Reflect.apply(Response as unknown as Make, undefined, ['x']) } catch (error) { return (error as Error).name } }, 'TypeError')
]))

t.test('status and statusText', (t) => compare(t, [
  about('attributes', (make) => { const { status, statusText, ok, type, url, redirected } = make('x'); return { status, statusText, ok, type, url, redirected } }, { status: 200, statusText: '', ok: true, type: 'default', url: '', redirected: false }),
  ...[200, 201, 299, 300, 404, 418, 500, 599].map((status) => about(`status ${status}`, (make) => [make('x', { status }).status, make('x', { status }).ok], [status, status < 300])),
  ...[-1, 0, 99, 100, 101, 103, 199, 600, 1000, NaN].map((status) => about(`status ${status} throws`, (make) => make('x', { status }), RangeError)),
  ...[204, 205, 304].flatMap((status) => [
    about(`status ${status} without a body`, (make) => make(null, { status }).status, status),
    about(`status ${status} with a body throws`, (make) => make('x', { status }), TypeError),
    about(`status ${status} with an empty body throws`, (make) => make('', { status }), TypeError)
  ]),
  about('status is converted', (make) => [make('x', { status: '404' }).status, make('x', { status: 404.9 }).status, make('x', { status: 65536 + 404 }).status, make('x', { status: { valueOf: () => 404 } }).status], [404, 404, 404, 404]),
  about('status undefined is 200', (make) => make('x', { status: undefined }).status, 200),
  about('status null throws', (make) => make('x', { status: null }), RangeError),
  about('statusText', (make) => make('x', { statusText: 'Very well' }).statusText, 'Very well'),
  about('statusText with a tab or Latin-1', (make) => make('x', { statusText: 'a\tü' }).statusText, 'a\tü'),
  about('statusText is converted', (make) => make('x', { statusText: 1 }).statusText, '1'),
  about('statusText with a line break throws', (make) => make('x', { statusText: 'a\nb' }), TypeError),
  about('statusText beyond Latin-1 throws', (make) => make('x', { statusText: '→' }), TypeError),
  about('init null', (make) => make('x', null).status, 200),
  about('init of another type throws', (make) => make('x', 1), TypeError),
  about('init is any object', (make) => make('x', new (class { get status () { return 201 } })()).status, 201),
  about('init is another response', async (make) => { const first = make('x', { status: 201, statusText: 'A', headers: { a: 'b' } }); const second = make(first.body, first); return [second.status, second.statusText, [...second.headers], await second.text(), first.bodyUsed] }, [201, 'A', [['a', 'b'], ['content-type', TEXT]], 'x', true]),
  about('init is a native response', (make) => { const native = new globalThis.Response('x', { status: 201, headers: { a: 'b' } }); const { status, headers } = make(native.body, native); return [status, headers.get('a')] }, [201, 'b']),
  about('an attribute cannot be set', (make) => Reflect.set(make('x'), 'status', 404), false)
]))

t.test('the headers given', (t) => compare(t, [
  headers('a record', () => ({ b: '2', a: '1' }), [['a', '1'], ['b', '2'], ['content-type', TEXT]]),
  headers('names in upper case', () => ({ 'X-Own': 'Value' }), [['content-type', TEXT], ['x-own', 'Value']]),
  headers('names that are equal but for the case', () => ({ A: '1', a: '2' }), [['a', '1, 2'], ['content-type', TEXT]]),
  headers('pairs', () => [['b', '2'], ['a', '1'], ['B', '3']], [['a', '1'], ['b', '2, 3'], ['content-type', TEXT]]),
  headers('set-cookie stays separate', () => [['set-cookie', 'b'], ['a', '1'], ['Set-Cookie', 'a']], [['a', '1'], ['content-type', TEXT], ['set-cookie', 'b'], ['set-cookie', 'a']]),
  headers('cookie is combined as a cookie', () => [['cookie', 'a'], ['cookie', 'b']], [['content-type', TEXT], ['cookie', 'a; b']]),
  headers('Headers', () => new Headers({ b: '2', A: '1' }), [['a', '1'], ['b', '2'], ['content-type', TEXT]]),
  headers('a Map', () => new Map([['a', '1']]), [['a', '1'], ['content-type', TEXT]]),
  headers('an iterator', () => [['a', '1']].values(), [['a', '1'], ['content-type', TEXT]]),
  headers('an object of a class', () => Object.assign(new (class { own = '1' })(), { a: '1' }), [['a', '1'], ['content-type', TEXT], ['own', '1']]),
  headers('a record without a prototype', () => Object.assign(Object.create(null), { a: '1' }), [['a', '1'], ['content-type', TEXT]]),
  headers('no headers', () => ({}), [['content-type', TEXT]]),
  headers('undefined', () => undefined, [['content-type', TEXT]]),
  headers('null throws', () => null, TypeError),
  headers('text throws', () => 'a: b', TypeError),
  headers('a content type of its own', () => ({ 'Content-Type': 'text/html' }), [['content-type', 'text/html']]),
  headers('an empty content type', () => ({ 'content-type': '' }), [['content-type', '']]),
  headers('Headers with a content type', () => new Headers({ 'content-type': 'text/html' }), [['content-type', 'text/html']]),
  headers('values are converted', () => ({ a: 1, b: true, c: null, d: ['x', 'y'] }), [['a', '1'], ['b', 'true'], ['c', 'null'], ['content-type', TEXT], ['d', 'x,y']]),
  headers('undefined is a value', () => ({ a: undefined }), [['a', 'undefined'], ['content-type', TEXT]]),
  headers('values are trimmed', () => ({ a: ' \tx\r\n ', b: '  ' }), [['a', 'x'], ['b', ''], ['content-type', TEXT]]),
  headers('tabs and Latin-1', () => ({ a: 'b\tü\x80' }), [['a', 'b\tü\x80'], ['content-type', TEXT]]),
  headers('a value beyond Latin-1 throws', () => ({ a: '→' }), TypeError),
  headers('a value with a line break throws', () => ({ a: 'b\nc' }), TypeError),
  headers('a name with a space throws', () => ({ 'a b': '1' }), TypeError),
  headers('an empty name throws', () => ({ '': '1' }), TypeError),
  headers('a name beyond ASCII throws', () => ({ ü: '1' }), TypeError),
  headers('a symbol as a value throws', () => ({ a: Symbol('x') }), TypeError),
  headers('pairs of one throw', () => [['a']], TypeError),
  headers('pairs of three throw', () => [['a', 'b', 'c']], TypeError),
  headers('pairs that are none throw', () => ['ab'], TypeError),
  headers('names that objects have', () => ({ constructor: '1', toString: '2' }), [['constructor', '1'], ['content-type', TEXT], ['tostring', '2']]),
  headers('many', () => Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`x-${n % 7}-${n}`, String(n)])), [['content-type', TEXT], ...Array.from({ length: 40 }, (_, n): [string, string] => [`x-${n % 7}-${n}`, String(n)]).sort(([a], [b]) => a < b ? -1 : 1)]),
  about('as they were', (make) => { const given = { a: '1' }; const response = make('x', { headers: given }); given.a = '2'; return response.headers.get('a') }, '1'),
  about('as Headers were', (make) => { const given = new Headers({ a: '1' }); const response = make('x', { headers: given }); given.set('a', '2'); return response.headers.get('a') }, '1')
]))

t.test('headers of a response', (t) => compare(t, [
  about('they are the same each time', (make) => { const response = make('x'); return new Set([response.headers, response.headers]).size }, 1),
  about('they can be changed', (make) => { const { headers } = make('x', { headers: { a: '1' } }); headers.set('a', '2'); headers.append('b', '3'); headers.delete('content-type'); return [...headers] }, [['a', '2'], ['b', '3']]),
  about('they are Headers', (make) => [make('x').headers instanceof Headers, String(make('x').headers)], [true, '[object Headers]']),
  about('changes are there after the body was seen', (make) => { const response = make('x'); response.headers.set('a', '1'); return [response.body !== null, response.headers.get('a')] }, [true, '1']),
  about('changes after the body was seen', (make) => { const response = make('x'); const { body } = response; response.headers.delete('content-type'); return [body !== null, [...response.headers], [...response.clone().headers]] }, [true, [], []]),
  about('changes after headers and body were seen', (make) => { const response = make('x', { headers: { a: '1' } }); const { headers, body } = response; headers.delete('a'); headers.set('b', '2'); headers.append('set-cookie', 'c'); return [body !== null, response.headers === headers, [...response.clone().headers]] }, [true, true, [['b', '2'], ['content-type', TEXT], ['set-cookie', 'c']]]),
  about('a deleted content type stays deleted', async (make) => { const response = make('x'); response.headers.delete('content-type'); return [[...response.clone().headers], (await response.blob()).type] }, [[], ''])
]))
