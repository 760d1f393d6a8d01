import t from 'tap'
import { compare, streamOf, type Clause } from './compare.ts'

/** As user code in JavaScript may call it. */
type Loose = Record<string, (...args: unknown[]) => Response>

function about (title: string, run: (Response: typeof globalThis.Response, loose: Loose) => unknown, expected: unknown): Clause {
  return [title, ({ Response }) => run(Response, Response as unknown as Loose), expected]
}

async function shown (response: Response): Promise<unknown> {
  const { status, statusText, type } = response
  return [status, statusText, type, Object.fromEntries(response.headers), await response.text()]
}

const JSON_TYPE = { 'content-type': 'application/json' }

t.test('Response.json', (t) => compare(t, [
  about('an object', (Response) => shown(Response.json({ a: [1, 'ü', null] })), [200, '', 'default', JSON_TYPE, '{"a":[1,"ü",null]}']),
  ...[null, 1, 'x', true, []].map((value) => about(`json(${JSON.stringify(value)})`, (Response) => Response.json(value).text(), JSON.stringify(value))),
  about('toJSON is called once', async (Response) => { let calls = 0; return [await Response.json({ toJSON: () => ++calls }).text(), calls] }, ['1', 1]),
  about('status and statusText', (Response) => shown(Response.json(1, { status: 201, statusText: 'Made' })), [201, 'Made', 'default', JSON_TYPE, '1']),
  about('headers', (Response) => shown(Response.json(1, { headers: { a: '1' } })), [200, '', 'default', { ...JSON_TYPE, a: '1' }, '1']),
  about('a content type of its own', (Response) => shown(Response.json(1, { headers: { 'Content-Type': 'a/b' } })), [200, '', 'default', { 'content-type': 'a/b' }, '1']),
  about('Headers with a content type', (Response) => shown(Response.json(1, { headers: new Headers({ 'content-type': 'a/b' }) })), [200, '', 'default', { 'content-type': 'a/b' }, '1']),
  about('undefined throws', (Response) => Response.json(undefined), TypeError),
  about('a function throws', (Response) => Response.json(() => {}), TypeError),
  about('a symbol throws', (Response) => Response.json(Symbol('x')), TypeError),
  about('a BigInt throws', (Response) => Response.json(1n), TypeError),
  about('a circle throws', (Response) => { const circle: unknown[] = []; circle.push(circle); return Response.json(circle) }, TypeError),
  about('what toJSON throws', (Response) => Response.json({ toJSON () { throw new RangeError('own') } }), RangeError),
  about('no argument throws', (_, loose) => loose.json!(), TypeError),
  about('status 204 throws', (Response) => Response.json(1, { status: 204 }), TypeError),
  about('status 600 throws', (Response) => Response.json(1, { status: 600 }), RangeError),
  about('a bad header throws', (Response) => Response.json(1, { headers: { 'a b': '1' } }), TypeError),
  about('init of another type throws', (_, loose) => loose.json!(1, 'x'), TypeError),
  about('init undefined', (_, loose) => loose.json!(1, undefined).status, 200),
  about('json() reads it', (Response) => Response.json({ a: 1 }).json(), { a: 1 }),
  about('of a class that extends Response', (Response) => { class Own extends Response {} const own = Own.json(1); return [own instanceof Response, own instanceof Own] }, [true, false]),
  about('headers of it can be changed', (Response) => { const response = Response.json(1); response.headers.set('a', '1'); return [...response.headers] }, [['a', '1'], ['content-type', 'application/json']])
]))

t.test('Response.redirect', (t) => compare(t, [
  about('302 is the default', (Response) => shown(Response.redirect('http://h/a b')), [302, '', 'default', { location: 'http://h/a%20b' }, '']),
  ...[301, 302, 303, 307, 308].map((status) => about(`redirect with ${status}`, (Response) => Response.redirect('http://h/', status).status, status)),
  ...[200, 300, 304, 404].map((status) => about(`redirect with ${status} throws`, (Response) => Response.redirect('http://h/', status), RangeError)),
  about('a URL object', (Response) => Response.redirect(new URL('http://h/')).headers.get('location'), 'http://h/'),
  about('a relative URL throws', (Response) => Response.redirect('/a'), TypeError),
  about('no argument throws', (_, loose) => loose.redirect!(), TypeError),
  about('its headers cannot be changed', (Response) => Response.redirect('http://h/').headers.set('a', '1'), TypeError),
  about('it has no body', (Response) => Response.redirect('http://h/').body, null),
  about('it is a Response', (Response) => Response.redirect('http://h/') instanceof Response, true)
]))

t.test('Response.error', (t) => compare(t, [
  about('a network error', (Response) => shown(Response.error()), [0, '', 'error', {}, '']),
  about('it is not ok', (Response) => Response.error().ok, false),
  about('its headers cannot be changed', (Response) => Response.error().headers.set('a', '1'), TypeError),
  about('it is a Response', (Response) => Response.error() instanceof Response, true)
]))

t.test('clone', (t) => compare(t, [
  about('clone is equal', (Response) => shown(new Response('x', { status: 201, statusText: 'A', headers: { a: '1' } }).clone()), [201, 'A', 'default', { a: '1', 'content-type': 'text/plain;charset=UTF-8' }, 'x']),
  about('both bodies can be read', async (Response) => { const first = new Response('x'); const second = first.clone(); return [await first.text(), first.bodyUsed, second.bodyUsed, await second.text()] }, ['x', true, false, 'x']),
  about('clone of bytes', async (Response) => { const first = new Response(Uint8Array.of(1, 2)); const second = first.clone(); return [[...await first.bytes()], [...await second.bytes()]] }, [[1, 2], [1, 2]]),
  about('clone of a stream', async (Response) => { const first = new Response(streamOf('a', 'b')); const second = first.clone(); return await Promise.all([first.text(), second.text()]) }, ['ab', 'ab']),
  about('clone of JSON', (Response) => Response.json({ a: 1 }).clone().json(), { a: 1 }),
  about('clone without a body', (Response) => [new Response().clone().body, new Response(null, { status: 204 }).clone().status], [null, 204]),
  about('clone of a clone', (Response) => new Response('x').clone().clone().text(), 'x'),
  about('clone of a used body throws', async (Response) => { const first = new Response('x'); await first.text(); return first.clone() }, TypeError),
  about('clone of a locked body throws', (Response) => { const first = new Response('x'); first.body!.getReader(); return first.clone() }, TypeError),
  about('clone of a stream that is locked throws', (Response) => { const first = new Response(streamOf('x')); first.body!.getReader(); return first.clone() }, TypeError),
  about('clone of a stream that was read throws', async (Response) => { const stream = streamOf('x', 'y'); const first = new Response(stream); const reader = stream.getReader(); await reader.read(); reader.releaseLock(); return first.clone() }, TypeError),
  about('clone has changed headers', (Response) => { const first = new Response('x'); first.headers.set('a', '1'); return first.clone().headers.get('a') }, '1'),
  about('headers of a clone are its own', (Response) => { const first = new Response('x'); first.clone().headers.set('a', '1'); return first.headers.get('a') }, null),
  about('clone is a Response', (Response) => { const clone = new Response('x').clone(); return [clone instanceof Response, clone instanceof globalThis.Response] }, [true, true])
]))

t.test('classes that extend Response', (t) => compare(t, [
  about('an object of it', async (Response) => { class Own extends Response { own = 1 } const own = new Own('x', { status: 201 }); return [own.own, own.status, own instanceof Own, own instanceof Response, await own.text()] }, [1, 201, true, true, 'x']),
  about('other responses are none of it', (Response) => { class Own extends Response {} return [new Response() instanceof Own, new globalThis.Response() instanceof Own, new (class Other extends Response {})() instanceof Own] }, [false, false, false]),
  about('a member of its own', (Response) => { class Own extends Response { override get status (): number { return super.status + 1 } } return new Own().status }, 201),
  about('what is no object', (Response) => { class Own extends Response {} return [null, 1, 'x', {}].map((value) => [(value as object) instanceof Response, (value as object) instanceof Own]) }, [[false, false], [false, false], [false, false], [false, false]])
]))
