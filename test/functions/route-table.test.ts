import t from 'tap'
import Fastify from 'fastify'
import { canonicalPath } from '../../lib/functions/path.ts'
import { compilePattern } from '../../lib/functions/pattern.ts'
import { createRouteTable, fastifyUrl } from '../../lib/functions/route-table.ts'
import type { RouteEntry, RouteTable } from '../../lib/functions/route-table.ts'

interface Options {
  readonly methods?: string[]
  readonly excluded?: string[]
}

function entry (functionName: string, pattern: string, { methods, excluded = [] }: Options = {}): RouteEntry {
  return { functionName, route: { pattern, methods, excluded, preferStatic: false } }
}

/** The name of the function that gets the request, and its params. */
function outcome (table: RouteTable, target: string, method = 'GET'): [name?: string, params?: object] {
  const match = table.match(method, canonicalPath(target))
  return match === undefined ? [] : [match.functionName, match.params]
}

t.test('a match holds function, route and params', async (t) => {
  const hello = entry('hello', '/hello/:name')
  t.strictSame(createRouteTable([hello]).match('GET', '/hello/you'), { ...hello, params: { name: 'you' } })
  t.equal(createRouteTable([]).match('GET', '/'), undefined)
})

t.test('literal paths come before patterns, then the more specific pattern', async (t) => {
  const table = createRouteTable([
    entry('everything', '/*'),
    entry('below-a', '/a/*'),
    entry('optional', '/a/:x?'),
    entry('one', '/a/:x'),
    entry('number', '/a/:x(\\d+)'),
    entry('mixed', '/a/:x.json'),
    entry('deeper', '/a/b/*'),
    entry('end', '/a/:x/end'),
    entry('other-end', '/:x/y/end'),
    entry('literal', '/a/b/c'),
    entry('home', '/')
  ].reverse())
  t.strictSame(outcome(table, '/a/b/c'), ['literal', {}])
  t.strictSame(outcome(table, '/a/b/d'), ['deeper', { 0: 'd' }])
  t.strictSame(outcome(table, '/a/x.json'), ['mixed', { x: 'x' }])
  t.strictSame(outcome(table, '/a/12'), ['number', { x: '12' }])
  t.strictSame(outcome(table, '/a/x'), ['one', { x: 'x' }])
  t.strictSame(outcome(table, '/a'), ['optional', {}])
  t.strictSame(outcome(table, '/a/y/end'), ['end', { x: 'y' }])
  t.strictSame(outcome(table, '/b/y/end'), ['other-end', { x: 'b' }])
  t.strictSame(outcome(table, '/a/x/y'), ['below-a', { 0: 'x/y' }])
  t.strictSame(outcome(table, '/b/x/y'), ['everything', { 0: 'b/x/y' }])
  t.strictSame(outcome(table, '/'), ['home', {}])
  t.strictSame(table.registrations.map(({ functionName }) => functionName), [
    'literal', 'home', 'deeper', 'mixed', 'number', 'end', 'one', 'optional', 'below-a', 'other-end', 'everything'
  ])
})

t.test('among equals the name of the function decides, whatever the order of registration', async (t) => {
  const entries = [entry('b', '/:x'), entry('a', '/:y'), entry('d', '/same'), entry('c', '/SAME')]
  for (const table of [createRouteTable(entries), createRouteTable(entries.toReversed())]) {
    t.strictSame(outcome(table, '/x'), ['a', { y: 'x' }])
    t.strictSame(outcome(table, '/same'), ['c', {}])
  }
})

t.test('of one function the path that was declared first gives the params', async (t) => {
  const table = createRouteTable([entry('a', '/x/:first'), entry('a', '/x/:second')])
  t.strictSame(outcome(table, '/x/1'), ['a', { first: '1' }])
})

t.test('a method that does not match falls through', async (t) => {
  const table = createRouteTable([
    entry('read', '/item/:id', { methods: ['GET', 'HEAD'] }),
    entry('write', '/item/:sku', { methods: ['POST'] }),
    entry('purge', '/item/all', { methods: ['DELETE'] }),
    entry('rest', '/item/*', { methods: ['PUT', 'OPTIONS'] })
  ])
  t.strictSame(outcome(table, '/item/all'), ['read', { id: 'all' }])
  t.strictSame(outcome(table, '/item/all', 'DELETE'), ['purge', {}])
  t.strictSame(outcome(table, '/item/1', 'HEAD'), ['read', { id: '1' }])
  t.strictSame(outcome(table, '/item/1', 'POST'), ['write', { sku: '1' }])
  t.strictSame(outcome(table, '/item/1', 'OPTIONS'), ['rest', { 0: '1' }])
  t.strictSame(outcome(table, '/item/1', 'PATCH'), [])
})

t.test('an excluded path falls through', async (t) => {
  const table = createRouteTable([
    entry('shop', '/shop/*', { excluded: ['/shop/admin/*', '/shop/:page.html', '/shop/Public'] }),
    entry('everything', '/*', { excluded: ['/shop/public'] })
  ])
  t.strictSame(outcome(table, '/shop/cart'), ['shop', { 0: 'cart' }])
  t.strictSame(outcome(table, '/shop/admin'), ['shop', { 0: 'admin' }])
  t.strictSame(outcome(table, '/shop/ADMIN/users'), ['everything', { 0: 'shop/ADMIN/users' }])
  t.strictSame(outcome(table, '/shop/help.html'), ['everything', { 0: 'shop/help.html' }])
  t.strictSame(outcome(table, '/shop/public/'), [])
})

t.test('one trailing slash is ignored, with or without a query', async (t) => {
  const table = createRouteTable([entry('about', '/about'), entry('contact', '/contact/'), entry('item', '/item/:id'), entry('files', '/files/*')])
  for (const target of ['/about', '/about/', '/about/?q=1']) t.strictSame(outcome(table, target), ['about', {}])
  for (const target of ['/contact', '/contact/', '/contact/?q=1']) t.strictSame(outcome(table, target), ['contact', {}])
  for (const target of ['/item/1', '/item/1/', '/item/1/?q=1']) t.strictSame(outcome(table, target), ['item', { id: '1' }])
  for (const target of ['/files', '/files/', '/files/?q=1', '/about//', '/item/1//', '/item/']) t.strictSame(outcome(table, target), [])
})

t.test('fixed text matches in any case, params keep theirs', async (t) => {
  const table = createRouteTable([entry('literal', '/About/Us'), entry('item', '/Shop/:id/Details'), entry('cafe', '/café/:x')])
  t.strictSame(outcome(table, '/ABOUT/us'), ['literal', {}])
  t.strictSame(outcome(table, '/sHOP/AbC/dETAILS'), ['item', { id: 'AbC' }])
  t.strictSame(outcome(table, '/CAF%c3%a9/Y'), ['cafe', { x: 'Y' }])
})

t.test('escapes, double slashes and long parameters', async (t) => {
  const table = createRouteTable([entry('item', '/item/:id'), entry('cafe', '/café'), entry('double', '/a//:x'), entry('slash', '/a%2Fb')])
  const long = 'x'.repeat(1000)
  t.strictSame(outcome(table, `/item/${long}`), ['item', { id: long }])
  t.strictSame(outcome(table, '/item/a%2Fb%C3%A9'), ['item', { id: 'a%2Fb%C3%A9' }])
  t.strictSame(outcome(table, '/item/a b'), ['item', { id: 'a%20b' }])
  t.strictSame(outcome(table, '/caf%C3%A9'), ['cafe', {}])
  t.strictSame(outcome(table, '/a%2fb'), ['slash', {}])
  t.strictSame(outcome(table, '/a//b'), ['double', { x: 'b' }])
  t.strictSame(outcome(table, '//item/1'), [])
  t.strictSame(outcome(table, '/x/../item/1'), ['item', { id: '1' }])
  t.strictSame(outcome(table, '*', 'OPTIONS'), [])
})

t.test('an optional segment is found below the segments before it', async (t) => {
  const table = createRouteTable([entry('joined', '/a{/b}?c'), entry('docs', '/docs/{:page}?'), entry('rest', '/docs/*')])
  t.strictSame(outcome(table, '/ac'), ['joined', {}])
  t.strictSame(outcome(table, '/a/bc'), ['joined', {}])
  t.strictSame(outcome(table, '/docs/'), ['docs', {}])
  t.strictSame(outcome(table, '/docs/x'), ['docs', { page: 'x' }])
  t.strictSame(outcome(table, '/docs/x/y'), ['rest', { 0: 'x/y' }])

  const deeperFirst = createRouteTable([entry('joined', '/a{/b}?c'), entry('item', '/a/:x')])
  t.strictSame(outcome(deeperFirst, '/a/bc'), ['item', { x: 'bc' }])
  t.equal(deeperFirst.registrations[0]?.functionName, 'item')
})

t.test('what Netlify serves itself never matches', async (t) => {
  const table = createRouteTable([entry('everything', '/*'), entry('stolen', '/.netlify/functions/stolen'), entry('image', '/.netlify/images')])
  for (const target of [
    '/.netlify/functions/stolen', '/.netlify/functions/', '/.netlify/functions/a/b', '/.netlify/builders/a',
    '/.netlify/images', '/.netlify/images?url=x', '/.netlify/images/x', '/x/../.netlify/functions/a'
  ]) t.strictSame(outcome(table, target), [], target)
  for (const target of ['/.netlify/identity', '/.netlify/functions', '/.netlify/imagesque']) t.equal(outcome(table, target)[0], 'everything', target)
})

t.test('overlaps are functions with the same pattern and a method in common', async (t) => {
  const table = createRouteTable([
    entry('a', '/Item/:id'), entry('b', '/item/:sku/', { methods: ['GET'] }), entry('c', '/item/:x', { methods: ['POST'] }),
    entry('d', '/about'), entry('e', '/About/'), entry('f', '/item/*'), entry('g', '/x/(\\d+)'), entry('h', '/x/(\\D+)'),
    entry('i', '/twice/:a'), entry('i', '/twice/:b')
  ])
  t.strictSame(table.overlaps(), [
    { pattern: '/about', functions: ['d', 'e'] },
    { pattern: '/Item/:id', functions: ['a', 'b'] },
    { pattern: '/Item/:id', functions: ['a', 'c'] }
  ])
})

t.test('a pattern that URLPattern rejects', async (t) => {
  t.throws(() => createRouteTable([entry('a', '/a(')]), new TypeError('\'/a(\' is not a valid path according to the URLPattern specification'))
  t.throws(() => createRouteTable([entry('a', '/a', { excluded: ['/:'] })]), TypeError)
})

t.test('the URL for Fastify', async (t) => {
  const url = (pattern: string) => fastifyUrl(compilePattern(pattern))
  t.equal(url('/'), '/')
  t.equal(url('/About/'), '/About')
  t.equal(url('/café'), '/café')
  t.equal(url('/a%2Fb/c'), '/*')
  t.equal(url('/x/a\\:b'), '/x/*')
  t.equal(url('/x/a\\*b/c'), '/x/*')
  t.equal(url('/x/a(b)'), '/x/*')
  t.equal(url('/x/%zz'), '/x/*')
  t.equal(url('/A/b-:x'), '/A/*')
  t.equal(url('/a/:x?'), '/*')
  t.equal(url('/a\\:b/:x'), '/*')
  t.equal(url('/é/:x'), '/é/*')
  t.equal(url('*'), '/*')
})

t.test('a registration says whether its pattern is as wide as its URL', async (t) => {
  const wide = (pattern: string) => createRouteTable([entry('a', pattern)]).registrations[0]?.matchesWholeUrl
  for (const pattern of ['/', '/about', '/a/*', '/a/(.*)', '/a/:x+', '/é/*', '/*']) t.equal(wide(pattern), true, pattern)
  for (const pattern of ['/a/:x', '/a/:x/*', '/a/(\\d+)', '/a/*/b', '/x/a\\:b']) t.equal(wide(pattern), false, pattern)
})

t.test('Fastify registers the URL and finds it for what the pattern matches', async (t) => {
  const examples: Record<string, string[]> = {
    '/': ['/'],
    '/About/us': ['/About/us'],
    '/café': ['/caf%C3%A9', '/caf%c3%a9'],
    '/a b/c': ['/a%20b/c'],
    '/a[b]|{c}\'d!$&\\+,;=@~': ['/a[b]|c\'d!$&+,;=@~'],
    '/a%5Eb%5c': ['/a%5Eb%5C'],
    '/a%2Fb': ['/a%2Fb'],
    '/100%25': ['/100%25'],
    '/a%23b': ['/a%23b'],
    '/a\\?b': ['/a%3Fb'],
    '/a\\:\\:b\\*': ['/a::b*'],
    '/v1\\:batch/:x': ['/v1:batch/1'],
    '/é/:x': ['/%C3%A9/1'],
    '/%2F/:x': ['/%2F/1'],
    '/a/:x?': ['/a', '/a/1'],
    '/docs/{:page}?': ['/docs', '/docs/1'],
    '/{:lang/}?about': ['/about', '/de/about'],
    '/a/*/b': ['/a/x/y/b'],
    '/files/:name.:ext': ['/files/a.b'],
    '//x/:y': ['//x/1']
  }
  for (const [pattern, targets] of Object.entries(examples)) {
    const app = Fastify()
    t.teardown(() => app.close())
    const compiled = compilePattern(pattern)
    app.get(fastifyUrl(compiled), async () => 'found')
    for (const target of targets) {
      t.ok(compiled.exec(canonicalPath(target)), `${pattern} matches ${target}`)
      // With an origin, as `inject` would read the `x` of `//x` as a host.
      const response = await app.inject(`http://h${target}`)
      t.equal(response.body, 'found', `${target} reaches ${fastifyUrl(compiled)}`)
    }
  }
})
