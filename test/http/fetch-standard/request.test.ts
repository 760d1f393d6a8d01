import t from 'tap'
import { compare, streamOf, URL_OF_REQUEST, type Clause, type RequestParts } from './compare.ts'

const ATTRIBUTES = {
  destination: '',
  referrer: 'about:client',
  referrerPolicy: '',
  mode: 'cors',
  credentials: 'same-origin',
  cache: 'default',
  redirect: 'follow',
  integrity: '',
  keepalive: false,
  isReloadNavigation: false,
  isHistoryNavigation: false,
  duplex: 'half'
}

const POST: RequestParts = { method: 'POST', headers: { 'x-sent': 'yes', 'content-type': 'text/plain' }, body: 'the body' }

function about (title: string, run: (request: Request) => unknown, expected: unknown, parts?: RequestParts): Clause {
  return [title, ({ request }) => run(request(parts)), expected]
}

/** A clause about a second request, made of the first. */
function copy (title: string, init: () => RequestInit | undefined, run: (copy: Request, first: Request) => unknown, expected: unknown, parts: RequestParts = POST): Clause {
  return [title, ({ request, Request }) => {
    const first = request(parts)
    return run(new Request(first, init()), first)
  }, expected]
}

t.test('method', (t) => compare(t, [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => about(`${method} is as sent`, (request) => request.method, method, { method })),
  ...['CONNECT', 'TRACE', 'TRACK'].map((method) => about(`${method} is forbidden`, (request) => request.method, TypeError, { method })),
  about('a method is normalised', (request) => request.method, 'POST', { method: 'post' }),
  about('an unknown method stays', (request) => request.method, 'PROPFIND', { method: 'PROPFIND' }),
  about('a method that is no token throws', (request) => request.method, TypeError, { method: 'a b' })
]))

/** Their serialisation is that of the URL standard. */
const urls = [
  URL_OF_REQUEST,
  'http://localhost',
  'http://LOCALHOST:80/A',
  'https://localhost:443/',
  'https://localhost:80/',
  'http://[::1]:8888/a',
  'http://bücher.example/ü?ü=ü',
  'http://h/a b?c d',
  'http://h/%7Ea%2fb',
  'http://h/a/./b/../c',
  'http://h/%2e%2E/a',
  'http://h/.a/..b/...',
  'http://h/a\\b',
  'http://h\\a/b',
  'http://h/a?',
  'http://h/a?\'"<>',
  'http://h//a//',
  'http://h/a?b=/../c',
  'http://h?a/b',
  'http://h/a#b',
  'http://h/a?b#c?d/../e',
  'http://h/{a}|[b]^`',
  'http://h/a\tb\n?c\td',
  'http://h/a ',
  'http://1.2/a',
  'HTTP://h/a',
  'http:h/a'
]

t.test('url is serialised', (t) => compare(t, urls.map((url) => about(url, (request) => request.url, new URL(url).href, { url }))))

t.test('other attributes', (t) => compare(t, [
  ...Object.entries(ATTRIBUTES).map(([name, value]) => about(name, (request) => request[name as keyof Request], value)),
  about('signal is an AbortSignal', (request) => [request.signal instanceof AbortSignal, request.signal.aborted], [true, false]),
  about('signal follows', ({ signal }) => [signal.aborted, String(signal.reason)], [true, 'over'], { signal: AbortSignal.abort('over') }),
  about('attributes stay themselves', (request) => [new Set([request.signal, request.signal]).size, new Set([request.headers, request.headers]).size], [1, 1]),
  about('body of a GET is null', (request) => [request.body, request.bodyUsed], [null, false], { body: 'ignored' }),
  about('body of a HEAD is null', (request) => request.body, null, { method: 'HEAD', body: 'ignored' }),
  about('body of a POST without one is null', (request) => request.body, null, { method: 'POST' }),
  about('body is a stream', ({ body }) => [body instanceof ReadableStream, body?.locked], [true, false], POST),
  about('body stays itself', (request) => new Set([request.body, request.body]).size, 1, POST),
  about('an attribute cannot be set', (request) => Reflect.set(request, 'url', 'x'), false),
  about('a member of the user\'s own can', (request) => Object.assign(request, { user: 1 }).user, 1)
]))

t.test('clone', (t) => compare(t, [
  about('clone is equal', (request) => { const other = request.clone(); return [other.method, other.url, [...other.headers], other.bodyUsed] }, ['POST', URL_OF_REQUEST, [['content-type', 'text/plain'], ['x-sent', 'yes']], false], POST),
  about('both bodies can be read', async (request) => { const other = request.clone(); return [await request.text(), await other.text()] }, ['the body', 'the body'], POST),
  about('clone of a stream', async (request) => { const other = request.clone(); return await Promise.all([request.text(), other.text()]) }, ['a stream', 'a stream'], { method: 'POST', body: () => streamOf('a ', 'stream') }),
  about('clone without a body', (request) => request.clone().body, null),
  about('clone of a used body throws', async (request) => { await request.text(); return request.clone() }, TypeError, POST),
  about('clone of a locked body throws', (request) => { request.body?.getReader(); return request.clone() }, TypeError, POST),
  about('clone has changed headers', (request) => { request.headers.set('x-sent', 'no'); return request.clone().headers.get('x-sent') }, 'no', POST),
  about('headers of a clone are its own', (request) => { const other = request.clone(); other.headers.set('x-sent', 'no'); return request.headers.get('x-sent') }, 'yes', POST),
  about('clone is a Request', (request) => request.clone() instanceof Request, true),
  about('signal of a clone follows', (request) => request.clone().signal.aborted, true, { signal: AbortSignal.abort() })
]))

t.test('new Request(request, init)', (t) => compare(t, [
  copy('is equal', () => undefined, (other) => [other.method, other.url, [...other.headers]], ['POST', URL_OF_REQUEST, [['content-type', 'text/plain'], ['x-sent', 'yes']]]),
  copy('takes the body', () => undefined, async (other, first) => [first.bodyUsed, await other.text()], [true, 'the body']),
  copy('the first cannot be read then', () => undefined, (_, first) => first.text(), TypeError),
  copy('method is replaced', () => ({ method: 'PUT' }), (other) => other.method, 'PUT'),
  copy('headers are replaced', () => ({ headers: { 'x-own': '1' } }), (other) => [...other.headers], [['x-own', '1']]),
  copy('headers are extended', () => ({ headers: { 'x-own': '1' } }), (other, first) => [...new Headers([...first.headers, ...other.headers])].length, 3),
  copy('body is replaced', () => ({ body: 'another' }), async (other, first) => [await other.text(), first.bodyUsed], ['another', false]),
  copy('a GET cannot have a body', () => ({ method: 'GET' }), () => {}, TypeError),
  copy('a GET of a GET', () => undefined, (other) => [other.method, other.body], ['GET', null], {}),
  copy('signal follows', () => undefined, (other) => other.signal.aborted, true, { signal: AbortSignal.abort() }),
  copy('another signal', () => ({ signal: AbortSignal.abort() }), (other, first) => [other.signal.aborted, first.signal.aborted], [true, false]),
  copy('is independent', () => undefined, (other, first) => { other.headers.set('x-sent', 'no'); return first.headers.get('x-sent') }, 'yes'),
  ['of a used request throws', async ({ request, Request }) => { const first = request(POST); await first.json().catch(() => {}); return new Request(first) }, TypeError],
  ['of a used request with another body', async ({ request, Request }) => { const first = request(POST); await first.text(); return await new Request(first, { body: 'new' }).text() }, 'new'],
  ['of a URL with the request as init', async ({ request, Request }) => { const other = new Request('http://other/', request(POST)); return [other.url, other.method, other.headers.get('x-sent'), await other.text()] }, ['http://other/', 'POST', 'yes', 'the body']],
  ['of a URL object', ({ Request }) => new Request(new URL('http://h/a b')).url, 'http://h/a%20b'],
  ['of something that is no URL throws', ({ Request }) => new Request('no url'), TypeError],
  ['of a relative URL throws', ({ Request }) => new Request('/path'), TypeError],
  ['of a URL with credentials throws', ({ Request }) => new Request('http://u:p@h/'), TypeError],
  ['of nothing throws', ({ Request }) => Reflect.construct(Request, []), TypeError],
  ['without new throws', ({ Request }) => { Reflect.apply(Request as unknown as () => void, undefined, ['http://h/']) }, TypeError],
  ['of a class that extends Request', ({ request, Request }) => { class Own extends Request {} const own = new Own(request(POST)); return [own instanceof Own, own instanceof Request, own.headers.get('x-sent')] }, [true, true, 'yes']],
  ['by the constructor of a request', ({ request }) => new (request(POST).constructor as typeof Request)(request(POST)).headers.get('x-sent'), 'yes'],
  ['name and length', ({ Request }) => [Request.name, Request.length], ['Request', 1]]
]))
