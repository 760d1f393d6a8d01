import { inspect } from 'node:util'
import t from 'tap'
import { createLazyUrl } from '../../lib/invoke/lazy-url.ts'

const HREF = 'https://user:secret@Example.COM:8443/a/../b%20c?q=1&q=2#part'
const CANONICAL = 'https://user:secret@example.com:8443/b%20c?q=1&q=2#part'
const MEMBERS = Object.entries(Object.getOwnPropertyDescriptors(URL.prototype)).filter(([name]) => name !== 'constructor')

t.test('every native member works without a native object, and gives the same', async (t) => {
  const native = new URL(HREF)
  t.ok(MEMBERS.length >= 14)
  for (const [name, { value }] of MEMBERS) {
    const read = (url: URL): unknown => String(typeof value === 'function' ? Reflect.apply(Reflect.get(url, name) as () => unknown, url, []) : Reflect.get(url, name))
    t.equal(read(createLazyUrl({ url: HREF })), read(native), name)
  }
})

t.test('every native setter changes it as it changes a native one', async (t) => {
  const values: Record<string, string> = { href: 'http://other.example/', protocol: 'http', username: 'u', password: 'p', host: 'h:1', hostname: 'h', port: '9', pathname: '/x y', search: '?a=b', hash: 'h' }
  const setters = MEMBERS.filter(([, { set }]) => set !== undefined).map(([name]) => name)
  t.same(setters.toSorted(), Object.keys(values).toSorted())
  for (const name of setters) {
    const [native, lazy] = [new URL(HREF), createLazyUrl({ url: HREF })]
    Reflect.set(native, name, values[name])
    Reflect.set(lazy, name, values[name])
    t.equal(lazy.href, native.href, name)
  }
  const lazy = createLazyUrl({ url: HREF })
  lazy.searchParams.set('q', '3')
  t.equal(lazy.search, '?q=3')
})

t.test('it is listed and named as a native one', async (t) => {
  const shape = (url: URL): unknown => {
    const enumerated = []
    for (const key in url) enumerated.push(key)
    return [enumerated.toSorted(), Object.keys(url), { ...url }, url.constructor.name, Object.prototype.toString.call(url), url instanceof URL]
  }
  t.same(shape(createLazyUrl({ url: HREF })), shape(new URL(HREF)))
})

t.test('whoever takes a URL takes it', async (t) => {
  const lazy = createLazyUrl({ url: HREF })
  t.equal(new URL('c', lazy).href, new URL('c', HREF).href)
  t.equal(new URL(lazy).href, CANONICAL)
  t.equal(`${lazy}`, CANONICAL)
  t.equal(JSON.stringify({ lazy }), JSON.stringify({ lazy: new URL(HREF) }))
  t.equal(URL.parse('/z', lazy)?.pathname, '/z')
  t.equal(new Request(createLazyUrl({ url: 'http://h/p' })).url, 'http://h/p')
  t.equal(inspect(lazy), inspect(new URL(HREF)))
  t.equal(inspect({ deep: { lazy } }, { depth: 0 }), inspect({ deep: { lazy: new URL(HREF) } }, { depth: 0 }))
})
