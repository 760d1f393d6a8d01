import t from 'tap'
import { canonicalPath, requestSearch } from '../../lib/functions/path.ts'

const targets = [
  '/', '/a/b', '/a/b?x=1', '/a?', '/a?b?c', '/a#b', '/a#b?c', '/a?b#c', '/a?#c',
  '//x/y', '///', '/a//b', '/a\\b', '\\a', '/\\x', '/.netlify/functions/hello', '/.a/..b/...', '/a.', '/a..b',
  '/.', '/..', '/./', '/a/..', '/a/../b', '/a/./b', '/%2e', '/%2E%2e/b', '/a/%2e%2E/b', '/a/.%2e', '/a/.%2e/b', '/a%2eb', '/a/%2e.x',
  '/a b', '/a ', '/a"b', '/a<b>', '/a`b', '/a{b}', '/a^b', '/a|b', '/a[b]', '/a\'b', '/a~b', '/a\tb', '/a\nb', '/a\x00b', '/a\x7fb',
  '/é', '/Ã©', '/%C3%A9', '/%c3%a9', '/%2F', '/%zz', '/%', '/a%2', '/:a(b)*+!$&,;=@-_.', '/a?x y"\'<>é', '/a?b\\c/../d', '?x', ''
]

t.test('the canonical path is the pathname of new URL(), and with the search it is the href', async (t) => {
  t.strictSame(targets.flatMap(differences), [])
})

t.test('so it is for generated targets', async (t) => {
  const random = createRandom(7)
  const pieces = ['/', '/', '.', '..', '%2e', '%2E', '%2F', 'a', 'B', '%C3%A9', 'é', '\\', ' ', '?', '#', '{', '^', '"', '\'', '~', ':', '*', '//']
  const generated = Array.from({ length: 3000 }, () => '/' + Array.from({ length: random(8) }, () => pieces[random(pieces.length)]).join(''))
  t.strictSame(generated.flatMap(differences), [])
})

t.test('the origin of an absolute-form target is left out, whatever it is', async (t) => {
  t.equal(canonicalPath('http://example.com/a/../b?x'), '/b')
  t.equal(canonicalPath('HTTPS://user@example.com:8080//x'), '//x')
  t.equal(canonicalPath('http://example.com'), '/')
  t.equal(canonicalPath('http://example.com?x'), '/')
  t.equal(canonicalPath('http://exa mple:99999999/a'), '/a')
  t.equal(canonicalPath('/http://example.com/a'), '/http://example.com/a')
  t.equal(requestSearch('http://example.com/a?x y'), '?x%20y')
})

t.test('targets without a path', async (t) => {
  t.equal(canonicalPath('*'), '*')
  t.equal(canonicalPath('a/b'), '/a/b')
  t.equal(requestSearch('*'), '')
})

function differences (target: string): object[] {
  const url = new URL(`http://h${target}`)
  url.hash = ''
  const expected = { target, path: url.pathname, href: url.href }
  const actual = { target, path: canonicalPath(target), href: `http://h${canonicalPath(target)}${requestSearch(target)}` }
  return actual.path === expected.path && actual.href === expected.href ? [] : [{ expected, actual }]
}

function createRandom (seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}
