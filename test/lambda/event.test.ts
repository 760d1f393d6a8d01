import type { HandlerEvent } from '@netlify/functions'
import t from 'tap'
import { bufferRequest, lambdaEvent, type BufferedRequest } from '../../lib/lambda/event.ts'

function requestWith (changes: Partial<BufferedRequest>): BufferedRequest {
  return { method: 'GET', url: 'https://site.example/', headers: {}, body: null, ...changes }
}

function bytes (...values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values)
}

t.test('an event describes the request as Netlify does', async (t) => {
  const event = lambdaEvent({
    method: 'POST',
    url: 'https://site.example/.netlify/functions/x/deeper?a=1&b=2&a=3',
    headers: { accept: 'text/html, */*', 'content-type': 'application/json; charset=utf-8' },
    body: new TextEncoder().encode('{"ü":1}')
  }, '/x/:id')

  const asTyped: Omit<HandlerEvent, 'route'> = event
  t.strictSame(asTyped, {
    rawUrl: 'https://site.example/.netlify/functions/x/deeper?a=1&b=2&a=3',
    rawQuery: 'a=1&b=2&a=3',
    path: '/.netlify/functions/x/deeper',
    httpMethod: 'POST',
    headers: { accept: 'text/html, */*', 'content-type': 'application/json; charset=utf-8' },
    multiValueHeaders: { accept: ['text/html, */*'], 'content-type': ['application/json; charset=utf-8'] },
    queryStringParameters: { a: '1, 3', b: '2' },
    multiValueQueryStringParameters: { a: ['1', '3'], b: ['2'] },
    body: '{"ü":1}',
    isBase64Encoded: false,
    route: '/x/:id'
  })
})

t.test('a request without query and body has empty parameters and a null body', async (t) => {
  t.match(lambdaEvent(requestWith({}), undefined), {
    rawQuery: '',
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    body: null,
    isBase64Encoded: true,
    route: undefined
  })
})

t.test('path and query are taken from the URL as they were sent', async (t) => {
  const cases: Array<[url: string, path: string, rawQuery: string]> = [
    ['http://h', '/', ''],
    ['http://h?', '/', ''],
    ['http://h?a', '/', 'a'],
    ['http://h/a?b?c', '/a', 'b?c'],
    ['http://h/a/../b//c/?x=%zz&y=a b', '/a/../b//c/', 'x=%zz&y=a b'],
    ['http://[::1]:8888/caf%C3%A9%2F?q=%2B', '/caf%C3%A9%2F', 'q=%2B'],
    ['http://h/a?to=http://other/?b', '/a', 'to=http://other/?b']
  ]
  for (const [url, path, rawQuery] of cases) {
    t.match(lambdaEvent(requestWith({ url }), undefined), { rawUrl: url, path, rawQuery }, url)
  }
})

t.test('query keys are literal, whatever they are called', async (t) => {
  const cases: Array<[query: string, single: Array<[string, string]>, multi: Array<[string, string[]]>]> = [
    ['a[b]=1&a[]=2', [['a[b]', '1'], ['a[]', '2']], [['a[b]', ['1']], ['a[]', ['2']]]],
    ['a=1&a=&a', [['a', '1, , ']], [['a', ['1', '', '']]]],
    ['=x', [['', 'x']], [['', ['x']]]],
    ['q=a+b%20c&bad=%zz', [['q', 'a b c'], ['bad', '%zz']], [['q', ['a b c']], ['bad', ['%zz']]]],
    ['__proto__=1&__proto__=2', [['__proto__', '1, 2']], [['__proto__', ['1', '2']]]],
    ['constructor=1&hasOwnProperty=2', [['constructor', '1'], ['hasOwnProperty', '2']], [['constructor', ['1']], ['hasOwnProperty', ['2']]]]
  ]
  for (const [query, single, multi] of cases) {
    const event = lambdaEvent(requestWith({ url: `http://h/?${query}` }), undefined)
    t.strictSame(Object.entries(event.queryStringParameters), single, query)
    t.strictSame(Object.entries(event.multiValueQueryStringParameters), multi, query)
    t.equal(Object.getPrototypeOf(event.queryStringParameters), Object.prototype, 'still a plain object')
  }
})

t.test('a header named __proto__ is a header', async (t) => {
  const headers = Object.fromEntries([['__proto__', 'x']])
  const event = lambdaEvent(requestWith({ headers }), undefined)
  t.strictSame(Object.entries(event.headers), [['__proto__', 'x']])
  t.strictSame(Object.entries(event.multiValueHeaders), [['__proto__', ['x']]])
})

t.test('a function that changes its event does not change the request', async (t) => {
  const request = requestWith({ headers: { accept: '*/*' } })
  const event = lambdaEvent(request, undefined)
  event.headers.accept = 'changed'
  event.multiValueHeaders.accept?.push('changed')
  t.strictSame(request.headers, { accept: '*/*' })
  t.equal(lambdaEvent(request, undefined).headers.accept, '*/*')
})

t.test('the content type decides between text and base64', async (t) => {
  const cases: Array<[contentType: string | undefined, isBase64Encoded: boolean]> = [
    [undefined, true],
    ['', true],
    ['application/octet-stream', true],
    ['image/png', true],
    ['multipart/form-data; boundary=text/plain', true],
    ['application/json5', true],
    ['application/pdf+xmlish', true],
    ['text/plain', false],
    ['TEXT/HTML; charset=UTF-8', false],
    ['application/json ; charset=utf-8', false],
    ['application/ld+json', false],
    ['image/svg+xml', false],
    ['application/csp-report', false],
    ['application/graphql', false],
    ['application/javascript', false],
    ['application/x-www-form-urlencoded', false],
    ['application/x-ndjson', false],
    ['application/xml', false]
  ]
  for (const [contentType, isBase64Encoded] of cases) {
    const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType }
    const event = lambdaEvent(requestWith({ headers, body: new TextEncoder().encode('a=b') }), undefined)
    t.match(event, { isBase64Encoded, body: isBase64Encoded ? 'YT1i' : 'a=b' }, String(contentType))
    t.equal(lambdaEvent(requestWith({ headers }), undefined).isBase64Encoded, isBase64Encoded, `${contentType}, without a body`)
  }
})

t.test('a body arrives byte for byte', async (t) => {
  const backing = bytes(0, 0xff, 0x41, 0x00, 0x42, 0xff)
  const cases: Array<[title: string, contentType: string, body: Uint8Array<ArrayBuffer>, isBase64Encoded: boolean]> = [
    ['binary', 'image/png', bytes(0x89, 0x50, 0x00, 0xff), true],
    ['text that is not UTF-8', 'text/plain; charset=latin1', bytes(0x66, 0xfc, 0x72), true],
    ['compressed JSON', 'application/json', bytes(0x1f, 0x8b, 0x08, 0x00), true],
    ['text with a byte order mark', 'text/plain', bytes(0xef, 0xbb, 0xbf, 0x61), false],
    ['text with NUL', 'text/plain', bytes(0x61, 0, 0x62), false],
    ['empty text', 'text/plain', bytes(), false],
    ['a view into a larger buffer', 'text/plain', backing.subarray(2, 5), false]
  ]
  for (const [title, contentType, body, isBase64Encoded] of cases) {
    const event = lambdaEvent(requestWith({ method: 'POST', headers: { 'content-type': contentType }, body }), undefined)
    t.equal(event.isBase64Encoded, isBase64Encoded, title)
    t.strictSame(new Uint8Array(Buffer.from(event.body ?? '-', isBase64Encoded ? 'base64' : 'utf8')), new Uint8Array(body), title)
  }
})

t.test('a streamed request body is read before the event is made', async (t) => {
  const body = new Blob(['one ', 'two']).stream()
  const request = await bufferRequest({ method: 'POST', url: 'http://h/', headers: { 'content-type': 'text/plain' }, body })
  t.equal(lambdaEvent(request, undefined).body, 'one two')

  const buffered = requestWith({ body: bytes(1) })
  t.strictSame(await bufferRequest(buffered), buffered)

  const broken = new ReadableStream({ pull (controller) { controller.error(new Error('client left')) } })
  await t.rejects(bufferRequest({ ...buffered, body: broken }), { message: 'client left' })
})
