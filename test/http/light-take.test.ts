import t from 'tap'
import { buffer } from 'node:stream/consumers'
import type { FunctionResponse } from '../../lib/functions/exchange.ts'
import { LightResponse, takeLightResponse } from '../../lib/http/light-response.ts'
import { fromNativeResponse } from '../../lib/http/native.ts'

type ResponseClass = typeof Response

const Light = LightResponse as unknown as ResponseClass

async function shown ({ status, headers, body }: FunctionResponse): Promise<unknown> {
  const bytes = body instanceof ReadableStream ? await buffer(body) : Buffer.from((body ?? '') as string)
  return { status, headers, bytes: [...bytes] }
}

const responses: Array<[title: string, make: (Response: ResponseClass) => Response]> = [
  ['text', (Response) => new Response('Grüße 🎈')],
  ['a lone surrogate', (Response) => new Response('a\ud800b')],
  ['a byte order mark stays', (Response) => new Response('\ufeffa')],
  ['no body', (Response) => new Response()],
  ['status 204', (Response) => new Response(null, { status: 204 })],
  ['bytes', (Response) => new Response(Uint8Array.of(0x61, 0x62))],
  ['a part of a buffer', (Response) => new Response(Buffer.from('abcd').subarray(1, 3))],
  ['a form', (Response) => new Response(new URLSearchParams({ a: 'b c' }))],
  ['a stream', (Response) => new Response(new Blob(['a', 'b']).stream())],
  ['a Blob', (Response) => new Response(new Blob(['x'], { type: 'a/b' }))],
  ['JSON', (Response) => Response.json({ a: 1 }, { status: 201 })],
  ['a redirect', (Response) => Response.redirect('http://h/a', 301)],
  ['headers in no order', (Response) => new Response('x', { headers: [['X-B', '1'], ['set-cookie', 'b'], ['a', '2'], ['x-b', '3'], ['Set-Cookie', 'a']] })],
  ['one header in upper case', (Response) => new Response(null, { headers: { 'X-Own': 'Value' } })],
  ['headers as Headers', (Response) => new Response('x', { headers: new Headers({ B: '1', a: '2' }) })],
  ['headers with Latin-1', (Response) => new Response('x', { headers: { a: 'ü' } })],
  ['headers that were changed', (Response) => { const response = new Response('x', { headers: { a: '1' } }); response.headers.set('a', '2'); response.headers.append('set-cookie', 'c'); response.headers.delete('content-type'); return response }],
  ['headers that were changed after the body was seen', (Response) => { const response = new Response('x'); t.not(response.body, null); response.headers.set('a', '2'); return response }],
  ['headers seen, then the body, then changed', (Response) => { const response = new Response('x'); const { headers } = response; t.not(response.body, null); headers.set('a', '2'); headers.delete('content-type'); return response }],
  ['a response made of another', (Response) => { const first = new Response('x', { status: 404, headers: { a: '1' } }); return new Response(first.body, first) }],
  ['a response that was cloned', (Response) => { const response = new Response('x'); response.clone(); return response }],
  ['a clone', (Response) => new Response('x').clone()],
  ['a response that was printed', (Response) => { const response = new Response('x'); String(response.status); response.headers.has('a'); return response }],
  ['of a class with members of its own', (Response) => new (class Own extends Response { override get status (): number { return 418 } })('x')]
]

for (const [title, make] of responses) {
  t.test(`what is taken is what a native response has: ${title}`, async (t) => {
    const light = make(Light)
    const taken = takeLightResponse(light) ?? fromNativeResponse(light)
    t.strictSame(await shown(taken), await shown(fromNativeResponse(make(Response))))
  })
}

const unusable: Array<[title: string, make: (Response: ResponseClass) => Promise<Response> | Response]> = [
  ['text that was read', async (Response) => { const response = new Response('x'); await response.text(); return response }],
  ['JSON that was read', async (Response) => { const response = Response.json(1); await response.json(); return response }],
  ['a body that is locked', (Response) => { const response = new Response('x'); response.body!.getReader(); return response }],
  ['a stream that is locked', (Response) => { const stream = new Blob(['x']).stream(); const response = new Response(stream); stream.getReader(); return response }],
  ['a stream that was cancelled', async (Response) => { const response = new Response(new Blob(['x']).stream()); await response.body!.cancel(); return response }],
  ['a network error', (Response) => Response.error()]
]

for (const [title, make] of unusable) {
  t.test(`what cannot be sent is an error as with a native response: ${title}`, async (t) => {
    const failure = async (Response: ResponseClass): Promise<unknown> => {
      const response = await make(Response)
      try {
        return takeLightResponse(response) ?? fromNativeResponse(response)
      } catch (error) {
        return `${error}`
      }
    }
    t.match(await failure(Light), /Error: /)
    t.equal(await failure(Light), await failure(Response))
  })
}

t.test('a response can be taken once, unless it has no body', async (t) => {
  for (const response of [new Light('x'), Light.json(1), new Light(Uint8Array.of(1))]) {
    t.ok(takeLightResponse(response))
    t.equal(response.bodyUsed, true)
    t.throws(() => takeLightResponse(response), TypeError)
    await t.rejects(response.text(), TypeError)
  }
  const empty = new Light(null, { status: 204 })
  t.strictSame(takeLightResponse(empty), takeLightResponse(empty))
})

t.test('a body keeps its form: nothing is made into a stream', (t) => {
  const stream = new Blob(['x']).stream()
  t.equal(takeLightResponse(new Light('x'))?.body, 'x')
  t.equal(takeLightResponse(Light.json([1]))?.body, '[1]')
  t.strictSame(takeLightResponse(new Light(Uint8Array.of(1)))?.body, Uint8Array.of(1))
  t.equal(takeLightResponse(new Light(stream))?.body, stream)
  t.equal(takeLightResponse(new Light())?.body, null)
  const changed = new Light('x')
  changed.headers.set('a', '1')
  t.equal(takeLightResponse(changed)?.body, 'x')
  t.end()
})

t.test('anything else is not taken', (t) => {
  for (const value of [undefined, null, 0, 'x', {}, [], () => {}, new Response('x'), Object.create(new Light('x')), new Proxy(new Light('x'), {})]) t.equal(takeLightResponse(value), undefined)
  t.end()
})
