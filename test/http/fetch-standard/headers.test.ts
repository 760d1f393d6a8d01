import t from 'tap'
import { compare, type Clause } from './compare.ts'

/** As user code in JavaScript may call it. */
type Loose = Record<string, (...args: unknown[]) => unknown>

const HEADERS = { host: 'localhost', accept: 'a/b', 'x-empty': '', 'x-two': 'a, b', cookie: 'a=1; b=2', 'x-latin': 'Gr\xfc\xdfe' }

/** A clause about the headers of a request that has some. */
function about (title: string, run: (headers: Headers) => unknown, expected: unknown, headers: Readonly<Record<string, string>> = HEADERS): Clause {
  return [title, ({ request }) => run(request({ headers }).headers), expected]
}

function loose (headers: Headers): Loose {
  return headers as unknown as Loose
}

const NAMES = ['accept', 'cookie', 'host', 'x-empty', 'x-latin', 'x-two']

t.test('get and has', (t) => compare(t, [
  about('get gives a value', (headers) => headers.get('accept'), 'a/b'),
  about('get does not mind the case', (headers) => headers.get('ACCEPT'), 'a/b'),
  about('get gives null for a header that is not there', (headers) => headers.get('x-none'), null),
  about('get gives an empty value', (headers) => headers.get('x-empty'), ''),
  about('get gives values in one', (headers) => headers.get('x-two'), 'a, b'),
  about('get gives bytes beyond ASCII as Latin-1', (headers) => headers.get('X-Latin'), 'Grüße'),
  about('get of a name that is not a token throws', (headers) => headers.get('a b'), TypeError),
  about('get of an empty name throws', (headers) => headers.get(''), TypeError),
  about('get of a name with a colon throws', (headers) => headers.get(':authority'), TypeError),
  about('get of a name with a line break throws', (headers) => headers.get('accept\n'), TypeError),
  about('get of a name beyond Latin-1 throws', (headers) => headers.get('\u212aey'), TypeError),
  about('get without a name throws', (headers) => loose(headers).get!(), TypeError),
  about('get converts its argument', (headers) => [loose(headers).get!(null), loose(headers).get!({ toString: () => 'Accept' }), loose(headers).get!(['host'])], [null, 'a/b', 'localhost']),
  about('get of a symbol throws', (headers) => loose(headers).get!(Symbol('x')), TypeError),
  about('get of names that objects have', (headers) => ['constructor', 'toString', '__proto__', 'hasOwnProperty'].map((name) => headers.get(name)), [null, null, null, null]),
  about('get trims a value', (headers) => headers.get('x'), 'a\tb', { x: ' \ta\tb \t' }),
  about('get of a value that ends with a comma', (headers) => headers.get('x'), 'a,', { x: 'a, ' }),
  about('has finds a header', (headers) => [headers.has('host'), headers.has('Host')], [true, true]),
  about('has finds an empty header', (headers) => headers.has('x-empty'), true),
  about('has does not find one that is not there', (headers) => headers.has('x-none'), false),
  about('has of names that objects have', (headers) => ['constructor', 'toString', '__proto__'].map((name) => headers.has(name)), [false, false, false]),
  about('has of a name that is not a token throws', (headers) => headers.has('a\0'), TypeError),
  about('has without a name throws', (headers) => loose(headers).has!(), TypeError),
  about('has converts its argument', (headers) => loose(headers).has!({ toString: () => 'HOST' }), true)
]))

t.test('append, set and delete', (t) => compare(t, [
  about('append adds a header', (headers) => { headers.append('x-new', '1'); return headers.get('X-New') }, '1'),
  about('append combines with what is there', (headers) => { headers.append('ACCEPT', 'c/d'); return headers.get('accept') }, 'a/b, c/d'),
  about('append combines cookies as cookies', (headers) => { headers.append('cookie', 'c=3'); return headers.get('cookie') }, 'a=1; b=2; c=3'),
  about('append trims a value', (headers) => { headers.append('x-new', '\t 1 \r\n'); return headers.get('x-new') }, '1'),
  about('append of a bad name throws', (headers) => headers.append('a b', '1'), TypeError),
  about('append of a bad value throws', (headers) => headers.append('a', 'b\nc'), TypeError),
  about('append of a NUL throws', (headers) => headers.append('a', 'b\0c'), TypeError),
  about('append of a value beyond Latin-1 throws', (headers) => headers.append('a', '→'), TypeError),
  about('append with one argument throws', (headers) => loose(headers).append!('a'), TypeError),
  about('append converts its arguments', (headers) => { loose(headers).append!(1, 2); return headers.get('1') }, '2'),
  about('append returns nothing', (headers) => headers.append('a', 'b'), undefined),
  about('set replaces', (headers) => { headers.set('Accept', 'c/d'); return headers.get('accept') }, 'c/d'),
  about('set adds', (headers) => { headers.set('x-new', '1'); return [...headers.keys()] }, [...NAMES.slice(0, 5), 'x-new', 'x-two']),
  about('set of a bad name throws', (headers) => headers.set('', '1'), TypeError),
  about('set with one argument throws', (headers) => loose(headers).set!('a'), TypeError),
  about('delete removes', (headers) => { headers.delete('Accept'); return [headers.get('accept'), headers.has('accept')] }, [null, false]),
  about('delete of a header that is not there does nothing', (headers) => { headers.delete('x-none'); return [...headers.keys()] }, NAMES),
  about('delete of a bad name throws', (headers) => headers.delete('a b'), TypeError),
  about('delete without a name throws', (headers) => loose(headers).delete!(), TypeError),
  about('get and has see changes', (headers) => { headers.get('accept'); headers.set('accept', '1'); headers.delete('host'); return [headers.get('ACCEPT'), headers.has('HOST')] }, ['1', false]),
  about('getSetCookie gives each', (headers) => { headers.append('set-cookie', 'a=1'); headers.append('Set-Cookie', 'b=2, c'); return headers.getSetCookie() }, ['a=1', 'b=2, c']),
  about('getSetCookie of none', (headers) => headers.getSetCookie(), []),
  about('get of set-cookie combines', (headers) => { headers.append('set-cookie', 'a=1'); headers.append('set-cookie', 'b=2'); return headers.get('set-cookie') }, 'a=1, b=2')
]))

t.test('iteration', (t) => compare(t, [
  about('headers come sorted', (headers) => [...headers], [['accept', 'a/b'], ['cookie', 'a=1; b=2'], ['host', 'localhost'], ['x-empty', ''], ['x-latin', 'Grüße'], ['x-two', 'a, b']]),
  about('entries is what iterates', (headers) => headers.entries === headers[Symbol.iterator], true),
  about('keys', (headers) => [...headers.keys()], NAMES),
  about('values', (headers) => [...headers.values()], ['a/b', 'a=1; b=2', 'localhost', '', 'Grüße', 'a, b']),
  about('set-cookie stays separate', (headers) => { headers.append('set-cookie', 'b'); headers.append('set-cookie', 'a'); return [...headers] }, [['a', '1'], ['set-cookie', 'b'], ['set-cookie', 'a']], { a: '1' }),
  about('no headers', (headers) => [...headers], [], {}),
  about('forEach', (headers) => { const seen: unknown[] = []; headers.forEach((value, name, all) => seen.push([name, value, all === headers])); return seen }, [['a', '1', true], ['b', '2', true]], { b: '2', a: '1' }),
  about('forEach with this', (headers) => { const own = {}; let found; headers.forEach(function (this: unknown) { found = this === own }, own); return found }, true),
  about('forEach without a function throws', (headers) => loose(headers).forEach!('x'), TypeError),
  about('forEach without an argument throws', (headers) => loose(headers).forEach!(), TypeError),
  about('an iterator sees what changes meanwhile', (headers) => { const seen = []; for (const [name] of headers) { seen.push(name); if (seen.length === 1) headers.set('z', '1') } return seen }, ['a', 'b', 'z'], { a: '1', b: '2' }),
  about('an iterator is one', (headers) => { const iterator = headers.entries(); return [typeof iterator[Symbol.iterator], Object.prototype.toString.call(iterator), iterator.next()] }, ['function', '[object Headers Iterator]', { done: false, value: ['a', '1'] }], { a: '1' }),
  about('a name in upper case never comes out', (headers) => { headers.set('X-UPPER', 'Value'); return [...headers] }, [['x-upper', 'Value']], {})
]))

t.test('where headers are taken', (t) => compare(t, [
  about('new Headers(headers)', (headers) => [...new Headers(headers)], [['a', '1'], ['b', '2']], { b: '2', a: '1' }),
  about('new Headers(headers) after a change', (headers) => { headers.set('c', '3'); return [...new Headers(headers)] }, [['a', '1'], ['c', '3']], { a: '1' }),
  about('a copy is independent', (headers) => { const copy = new Headers(headers); copy.set('a', '2'); return headers.get('a') }, '1', { a: '1' }),
  about('Object.fromEntries(headers)', (headers) => Object.fromEntries(headers), { a: '1', b: '2' }, { b: '2', a: '1' }),
  about('new Map(headers)', (headers) => new Map(headers).get('a'), '1', { a: '1' }),
  about('headers of a native Request', (headers) => [...new Request('http://x/', { headers }).headers], [['a', '1']], { a: '1' }),
  about('headers of a native Response', (headers) => [...new Response(null, { headers }).headers], [['a', '1']], { a: '1' }),
  ['headers of another Request', ({ request, Request }) => [...new Request('http://x/', { headers: request({ headers: { a: '1' } }).headers }).headers], [['a', '1']]],
  ['headers of another Response', ({ request, Response }) => [...new Response('x', { headers: request({ headers: { a: '1' } }).headers }).headers], [['a', '1'], ['content-type', 'text/plain;charset=UTF-8']]],
  ['the same object each time', ({ request }) => { const one = request(); return new Set([one.headers, one.headers]).size }, 1],
  about('instanceof and toString', (headers) => [headers instanceof Headers, String(headers), headers.constructor === Headers], [true, '[object Headers]', true]),
  about('no own members', (headers) => [Reflect.ownKeys(headers), { ...headers }, JSON.stringify(headers)], [[], {}, '{}'])
]))
