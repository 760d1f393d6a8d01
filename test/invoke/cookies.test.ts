import t from 'tap'
import { CookieJar, type CookieAttributes } from '../../lib/invoke/cookies.ts'

function jarOf (cookie: string | undefined): CookieJar {
  return new CookieJar({ headers: cookie === undefined ? {} : { cookie } })
}

t.test('get reads the cookie header: values as sent, names trimmed, the last of several', async (t) => {
  const { cookies } = jarOf('a=1; b=x%20y;c="q"; d=e=f ;  g = h; a=2; empty=')
  for (const [name, value] of [['a', '2'], ['b', 'x%20y'], ['c', '"q"'], ['d', 'e=f '], ['g', ' h'], ['empty', ''], ['none', undefined], ['constructor', undefined], ['__proto__', undefined], ['A', undefined]] as const) {
    t.equal(cookies.get(name), value, name)
  }
  t.equal(jarOf(undefined).cookies.get('a'), undefined)
  t.equal(jarOf('__proto__=p').cookies.get('__proto__'), 'p')
})

t.test('set is not visible to get', async (t) => {
  const { cookies } = jarOf('a=1')
  cookies.set('a', '2')
  t.equal(cookies.get('a'), '1')
})

const written: Array<[CookieAttributes, string]> = [
  [{ name: 'a', value: 'b' }, 'a=b'],
  [{ name: 'a', value: '' }, 'a='],
  [{ name: 'a', value: 'x%20y=z' }, 'a=x%20y=z'],
  [
    { name: 'a', value: 'b', expires: new Date(0), maxAge: 60, domain: 'example.com', path: '/p', secure: true, httpOnly: true, sameSite: 'Lax', unparsed: ['Priority=High'] },
    'a=b; Secure; HttpOnly; Max-Age=60; Domain=example.com; SameSite=Lax; Path=/p; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Priority=High'
  ],
  [{ name: 'a', value: 'b', maxAge: 0 }, 'a=b; Max-Age=0'],
  [{ name: 'a', value: 'b', expires: Date.UTC(2026, 9, 21, 7, 28) }, 'a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
  [{ name: '__Secure-a', value: 'b' }, '__Secure-a=b; Secure'],
  [{ name: '__Host-a', value: 'b', domain: 'example.com', path: '/p' }, '__Host-a=b; Secure; Path=/']
]

for (const [cookie, header] of written) {
  t.test(`set writes ${header}`, async (t) => {
    const jar = jarOf(undefined)
    const { cookies } = jar
    cookies.set(cookie)
    t.same(jar.setCookieValues(), [header])
  })
}

t.test('delete is a cookie that has expired, at the root unless told otherwise', async (t) => {
  const jar = jarOf('a=1')
  const { cookies } = jar
  cookies.delete('a')
  cookies.delete({ name: 'b', domain: 'example.com', path: '/p' })
  t.same(jar.setCookieValues(), [
    'a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'b=; Domain=example.com; Path=/p; Expires=Thu, 01 Jan 1970 00:00:00 GMT'
  ])
})

t.test('every change is a header of its own, in order', async (t) => {
  const jar = jarOf(undefined)
  const { cookies } = jar
  cookies.set('a', '1')
  cookies.set('b', '2')
  cookies.set('a', '3')
  t.same(jar.setCookieValues(), ['a=1', 'b=2', 'a=3'])
})

t.test('a value that is no string is an error at once', async (t) => {
  const { cookies } = jarOf(undefined)
  t.throws(() => cookies.set('a'), { name: 'TypeError', message: 'You must provide the cookie value as a string to \'cookies.set\'' })
  t.throws(() => cookies.set('a', 5 as unknown as string), TypeError)
})

t.test('a cookie without a name is none', async (t) => {
  const jar = jarOf(undefined)
  const { cookies } = jar
  cookies.set({ name: '', value: 'b' })
  t.same(jar.setCookieValues(), [])
})

const unwritable: Array<[title: string, cookie: CookieAttributes]> = [
  ...[' ', '"', ',', ';', '\\', '\n', '\t', '→'].map((character): [string, CookieAttributes] => [`a value with ${JSON.stringify(character)}`, { name: 'a', value: `b${character}c` }]),
  ...[' ', '=', ';', '\r', ','].map((character): [string, CookieAttributes] => [`a name with ${JSON.stringify(character)}`, { name: `a${character}`, value: 'b' }]),
  ['a negative maxAge', { name: 'a', value: 'b', maxAge: -1 }],
  ['a date as text', { name: 'a', value: 'b', expires: 'tomorrow' as unknown as Date }]
]

for (const [title, cookie] of unwritable) {
  t.test(`${title} is an error when the response is built`, async (t) => {
    const jar = jarOf(undefined)
    const { cookies } = jar
    cookies.set(cookie)
    t.throws(() => jar.setCookieValues())
  })
}
