import t from 'tap'
import { installFetchObjects } from '../../lib/http/fetch-objects.ts'
import type { FunctionRequest } from '../../lib/functions/exchange.ts'
import { createLightRequest, nativeRequestOf } from '../../lib/http/light-request.ts'

const POST: FunctionRequest = { method: 'POST', url: 'http://localhost/a', headers: { 'x-sent': 'yes' }, body: new TextEncoder().encode('the body') }

function make (parts: Partial<FunctionRequest> = {}): Request {
  const { signal } = new AbortController()
  return createLightRequest({ ...POST, ...parts }, { signal })
}

t.test('nothing is read of a call before the function asks for it', (t) => {
  const read: string[] = []
  const call = new Proxy(POST, { get (target, name: keyof FunctionRequest) { read.push(name); return target[name] } })
  const request = createLightRequest(call, { get signal () { read.push('signal'); return new AbortController().signal } })
  const { length } = read
  t.ok(read.every((name) => name === 'method'))
  const { headers } = request
  t.equal(read.length, length, 'not for headers that are not looked at')
  headers.get('x-sent')
  headers.get('x-none')
  headers.has('x-sent')
  t.strictSame(read.slice(length), ['headers'])
  t.equal(request.url, 'http://localhost/a')
  t.equal(request.url, 'http://localhost/a')
  t.strictSame(read.slice(length), ['headers', 'url'])
  request.signal.throwIfAborted()
  request.signal.throwIfAborted()
  t.strictSame(read.slice(length), ['headers', 'url', 'signal'])
  t.end()
})

t.test('the native request is made once, and what was read before stays the same', async (t) => {
  const request = make()
  const { headers, signal } = request
  const native = nativeRequestOf(request)
  t.equal(nativeRequestOf(request), native)
  t.equal(nativeRequestOf(native), native, 'a native one is its own')
  t.equal(request.headers, headers)
  t.equal(request.signal, signal)
  t.equal(request.body, native.body)
  t.equal(make().headers.get('x-sent'), 'yes')
})

t.test('headers that change before or after are the same on both sides', (t) => {
  const request = make()
  request.headers.set('x-before', '1')
  request.headers.append('set-cookie', 'a')
  request.headers.append('set-cookie', 'b')
  const native = nativeRequestOf(request)
  t.strictSame([...native.headers], [['set-cookie', 'a'], ['set-cookie', 'b'], ['x-before', '1'], ['x-sent', 'yes']])
  request.headers.set('x-after', '2')
  native.headers.delete('x-sent')
  t.equal(native.headers.get('x-after'), '2')
  t.strictSame([request.headers.get('x-sent'), request.headers.has('x-sent')], [null, false])
  t.strictSame([...request.headers], [...native.headers])

  const untouched = make()
  nativeRequestOf(untouched).headers.set('x-sent', 'no')
  t.equal(untouched.headers.get('x-sent'), 'no')
  t.end()
})

t.test('a body that is read on one side is used on both', async (t) => {
  for (const reader of ['text', 'json', 'bytes', 'arrayBuffer'] as const) {
    const request = make({ body: new TextEncoder().encode('{}') })
    await request[reader]()
    const native = nativeRequestOf(request)
    t.equal(native.bodyUsed, true)
    await t.rejects(native.text(), TypeError)

    const other = make({ body: new TextEncoder().encode('{}') })
    await nativeRequestOf(other)[reader]()
    t.equal(other.bodyUsed, true)
    await t.rejects(other.text(), TypeError)
  }
})

t.test('the signal of the native request follows that of the call', (t) => {
  const controller = new AbortController()
  const request = createLightRequest(POST, controller)
  const native = nativeRequestOf(request)
  controller.abort(new Error('over'))
  t.equal(native.signal.aborted, true)
  t.equal(request.signal.aborted, true)
  t.match(native.signal.reason, { message: 'over' })
  t.end()
})

t.test('a light request of another copy of this package gives its native one', async (t) => {
  const copy = await import(`../../lib/http/light-request.ts?${'copy'}`) as { createLightRequest: typeof createLightRequest }
  const request = copy.createLightRequest(POST, new AbortController())
  const native = nativeRequestOf(request)
  t.not(native, request)
  t.equal(await native.text(), 'the body')
  t.equal(request.bodyUsed, true)
})

t.test('the objects are put in place once, and no global is replaced', async (t) => {
  const before = [globalThis.Request, globalThis.Response, globalThis.fetch]
  installFetchObjects()
  const key = Symbol.for('fastify-netlify-functions.fetch')
  const { [key]: objects } = globalThis as unknown as Record<symbol, { fetch: typeof fetch }>
  installFetchObjects()
  t.equal((globalThis as unknown as Record<symbol, unknown>)[key], objects)
  t.strictSame([globalThis.Request, globalThis.Response, globalThis.fetch], before)
  t.notOk(Object.keys(globalThis).includes(String(key)))

  t.test('fetch is the global one of the moment, with native requests', async (t) => {
    const calls: unknown[][] = []
    globalThis.fetch = async (...args: unknown[]) => { calls.push(args); return new Response('fake') }
    t.teardown(() => { [, , globalThis.fetch] = before as [unknown, unknown, typeof fetch] })
    const request = make()
    const init = {}
    t.equal(await (await objects!.fetch(request, init)).text(), 'fake')
    await objects!.fetch('http://x/')
    await Reflect.apply(objects!.fetch, undefined, [])
    t.strictSame(calls.map(({ length }) => length), [2, 1, 0])
    t.equal(calls[0]![0], nativeRequestOf(request))
    t.equal(calls[0]![1], init)
  })
})
