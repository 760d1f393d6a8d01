import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { compilePattern } from '../../lib/functions/pattern.ts'
import type { Pattern } from '../../lib/functions/pattern.ts'
import { createRandom, generatePath, generatePattern, groupsOf, nativePattern } from './generated-patterns.ts'

interface Case {
  readonly pattern: string
  readonly matches: Record<string, Record<string, string>>
  readonly rejects?: readonly string[]
}

const long = 'x'.repeat(5000)

const cases: Case[] = [
  { pattern: '/', matches: { '/': {} }, rejects: ['/a'] },
  { pattern: '/about', matches: { '/about': {}, '/ABOUT': {} }, rejects: ['/', '/about/us', '/abou'] },
  { pattern: '/about/', matches: { '/about': {} }, rejects: ['/about/us', '/'] },
  { pattern: '/About', matches: { '/about': {}, '/About': {} } },
  { pattern: '/a/:x', matches: { '/a/B': { x: 'B' }, '/A/b': { x: 'b' }, [`/a/${long}`]: { x: long }, '/a/b%2Fc': { x: 'b%2Fc' }, '/a/%C3%A9': { x: '%C3%A9' } }, rejects: ['/a', '/a/b/c', '/a/b/'] },
  { pattern: '/a/:x/', matches: { '/a/b': { x: 'b' } }, rejects: ['/a'] },
  { pattern: '/:product-id', matches: { '/shoe-id': { product: 'shoe' } }, rejects: ['/shoe'] },
  { pattern: '/:year-:month-:day', matches: { '/2026-10-01': { year: '2026', month: '10', day: '01' }, '/--a-b-c': { year: '-', month: 'a', day: 'b-c' } }, rejects: ['/2026-10', '/2026-10-01/x'] },
  { pattern: '/x/:rest*', matches: { '/x': {}, '/x/a': { rest: 'a' }, '/x/a/b': { rest: 'a/b' } }, rejects: ['/xa', '/x/a//b'] },
  { pattern: '/x/:rest+', matches: { '/x/a': { rest: 'a' }, '/x/a/b': { rest: 'a/b' } }, rejects: ['/x'] },
  { pattern: '/:a?/b', matches: { '/b': {}, '/a/b': { a: 'a' } }, rejects: ['/a/a/b'] },
  { pattern: '/{:lang/}?about', matches: { '/about': {}, '/de/about': { lang: 'de' } }, rejects: ['/de'] },
  { pattern: '/docs/{:page}?', matches: { '/docs': {}, '/docs/x': { page: 'x' } }, rejects: ['/docsx', '/'] },
  { pattern: '/x/{y/}?', matches: { '/x': {}, '/x/y': {} }, rejects: ['/xy'] },
  { pattern: '/files/:name.:ext', matches: { '/files/a.b.C': { name: 'a', ext: 'b.C' }, '/files/..x': { name: '.', ext: 'x' } }, rejects: ['/files/a', '/files/a/b.c'] },
  { pattern: '/*', matches: { '/': { 0: '' }, '/a//b': { 0: 'a//b' } } },
  { pattern: '/a/*', matches: { '/a/b/C': { 0: 'b/C' } }, rejects: ['/a', '/b'] },
  { pattern: '/a/*/b', matches: { '/a/x/y/b': { 0: 'x/y' }, '/a//b': { 0: '' } }, rejects: ['/a/b'] },
  { pattern: '/a/*/b/*', matches: { '/a/x/b/y/z': { 0: 'x', 1: 'y/z' } } },
  { pattern: '/a*', matches: { '/a': { 0: '' }, '/ab/c': { 0: 'b/c' } } },
  { pattern: '/**', matches: { '/': { 0: '' }, '/a/b': { 0: 'a/b' } } },
  { pattern: '/(\\d+)', matches: { '/12': { 0: '12' } }, rejects: ['/a', '/12a'] },
  { pattern: '/:id(\\d+)', matches: { '/12': { id: '12' } }, rejects: ['/x'] },
  { pattern: '/:code([a-z]{2})/(.*)', matches: { '/DE/x/y': { code: 'DE', 0: 'x/y' } }, rejects: ['/abc/x'] },
  { pattern: '/(a(?<inner>b)?)/:next', matches: { '/ab/c': { 0: 'ab', next: 'c' } } },
  { pattern: '/[\\w--[a-c]]', matches: { '/[w--[a-c]]': {} } },
  { pattern: '/([\\w--[a-c]]+)', matches: { '/xyz': { 0: 'xyz' } }, rejects: ['/abc'] },
  { pattern: '/tags/:first{-:more}*', matches: { '/tags/a': { first: 'a' }, '/tags/a-b-c': { first: 'a', more: 'b-c' } } },
  { pattern: '/v:version+', matches: { '/v12': { version: '12' } }, rejects: ['/v', '/v1/2'] },
  { pattern: '/v:version*', matches: { '/v12': { version: '12' }, '/v': { version: '' } } },
  { pattern: '/a-:b', matches: { '/a-x': { b: 'x' } }, rejects: ['/a-', '/a-x/y'] },
  { pattern: '/a\\:\\:b', matches: { '/a::b': {} } },
  { pattern: '/a\\*\\(b\\)', matches: { '/a*(b)': {} }, rejects: ['/aa(b)'] },
  { pattern: '/a\\?b', matches: { '/a%3Fb': {} } },
  { pattern: '/a\\\\b', matches: {}, rejects: ['/a/b'] },
  { pattern: '/a{b}c', matches: { '/abc': {} } },
  { pattern: '/é/:x', matches: { '/%C3%A9/y': { x: 'y' }, '/%c3%a9/y': { x: 'y' } } },
  { pattern: '/%C3%A9', matches: { '/%C3%A9': {} }, rejects: ['/%C3%89'] },
  { pattern: '/a%2Fb', matches: { '/a%2Fb': {} }, rejects: ['/a/b'] },
  { pattern: '/a b/{c d}?', matches: { '/a%20b': {}, '/a%20b/c%20d': {} } },
  { pattern: '/a/../b', matches: { '/b': {} }, rejects: ['/a/b'] },
  { pattern: '//x/:y', matches: { '//x/z': { y: 'z' } }, rejects: ['/x/z'] },
  { pattern: '/:größe', matches: { '/xl': { größe: 'xl' } } },
  { pattern: '/:constructor', matches: { '/x': { constructor: 'x' } } }
]

for (const { pattern, matches, rejects = [] } of cases) {
  t.test(`the pattern ${pattern}`, async (t) => {
    const { exec } = compilePattern(pattern)
    for (const [path, params] of Object.entries(matches)) t.strictSame(exec(path), params, `matches ${path.slice(0, 40)}`)
    for (const path of rejects) t.equal(exec(path), undefined, `does not match ${path}`)
  })
}

t.test('a pattern that URLPattern rejects', async (t) => {
  for (const pattern of ['/a(', '/a::b', '/:', '/{a', '/a}', '/()', '/(?:a)', '/(é)', '/:x/:x', '/a?', '/a+', '/([)', '/:x(a(b))', '/\\']) {
    t.throws(() => new URLPattern({ pathname: pattern }))
    t.throws(() => compilePattern(pattern), new TypeError(`'${pattern}' is not a valid path according to the URLPattern specification`))
  }
})

t.test('params are a plain object without the groups that took no part', async (t) => {
  const params = compilePattern('/:a?/b').exec('/b') ?? t.fail('no match')
  t.equal(Object.getPrototypeOf(params), Object.prototype)
  t.strictSame(Object.keys(params ?? {}), [])
})

t.test('literals and static text', async (t) => {
  const facts = (pattern: string) => {
    const { literal, staticText, staticPrefix, leadingSegments } = compilePattern(pattern)
    return [literal, staticText, staticPrefix, leadingSegments.join('|')]
  }
  t.strictSame(facts('/'), ['/', '/', '/', ''])
  t.strictSame(facts('/About/Us/'), ['/about/us', '/About/Us', '/About/', 'about|us'])
  t.strictSame(facts('/É'), ['/%c3%89', '/%C3%89', '/', '%c3%89'])
  t.strictSame(facts('/a{}?b{}?c'), ['/abc', '/abc', '/', 'abc'])
  t.strictSame(facts('/A/:x'), [undefined, '/A/', '/A/', 'a'])
  t.strictSame(facts('/a/b:x'), [undefined, '/a/b', '/a/', 'a'])
  t.strictSame(facts('/a/:x?'), [undefined, '/a', '/', 'a'])
  t.strictSame(facts('/a/b{/c}?/d'), [undefined, '/a/b', '/a/', 'a|b'])
  t.strictSame(facts('/a/b{/c}?d'), [undefined, '/a/b', '/a/', 'a'])
  t.strictSame(facts('/docs/{:page}?'), [undefined, '/docs', '/', 'docs'])
  t.strictSame(facts('/x{/a/}+'), [undefined, '/x/a', '/x/', 'x|a'])
  t.strictSame(facts('/x{a}+'), [undefined, '/xa', '/', ''])
  t.strictSame(facts('/x{/a}+'), [undefined, '/x/a', '/x/', 'x|a'])
  t.strictSame(facts('/a/*'), [undefined, '/a/', '/a/', 'a'])
  t.strictSame(facts('//x/*'), [undefined, '//x/', '//x/', '|x'])
  t.strictSame(facts('*'), [undefined, '', '/', ''])
})

t.test('specificity', async (t) => {
  const inOrder = [
    '/:a/static', '/:a/pre-:b.json', '/:a/pre-:b', '/:a/*.x', '/:a/:b.:c', '/:a/:b(\\d+)', '/:a/:b/c', '/:a/:b', '/:a/:b/:c?', '/:a/:b?',
    '/:a/*/c', '/:a/*', '/*/b', '/*'
  ]
  const order = (a: string, b: string) => compilePattern(a).specificity < compilePattern(b).specificity ? -1 : 1
  t.strictSame(inOrder.toReversed().sort(order), inOrder)
  t.equal(compilePattern('/:a/:b').specificity, compilePattern('/:x/:y').specificity)
  t.ok(order('/:slug', '/(.+)') < 0, 'a regular expression that takes slashes is a wildcard')
})

t.test('patterns of one shape differ in group names and letter case only', async (t) => {
  const shape = (pattern: string) => compilePattern(pattern).shape
  t.equal(shape('/A/:x/:id(\\d+)'), shape('/a/:y/(\\d+)'))
  t.not(shape('/a/(\\d+)'), shape('/a/(\\D+)'))
  t.not(shape('/a/:x'), shape('/a/*'))
})

t.test('a long path that does not match takes no more than linear time', async (t) => {
  const dashes = '-'.repeat(16_000)
  t.equal(compilePattern('/:y-:m-:d').exec(`/${dashes}/x`), undefined)
  t.equal(compilePattern('/**/x').exec('/a'.repeat(8000)), undefined)
  t.equal(compilePattern('/v:version+.x').exec(`/v${'1'.repeat(16_000)}`), undefined)
  t.equal(compilePattern('/tags{-:tag}+').exec(`/tags${'-a'.repeat(8000)}/x`), undefined)
})

t.test('where Node.js has no URLPattern, the polyfill decides and is not installed', async (t) => {
  const native = globalThis.URLPattern
  t.teardown(() => { globalThis.URLPattern = native })
  Reflect.deleteProperty(globalThis, 'URLPattern')
  t.strictSame(compilePattern('/a/:x').exec('/a/b'), { x: 'b' })
  t.throws(() => compilePattern('/a('), TypeError)
  t.notOk('URLPattern' in globalThis)
})

t.test('generated patterns match what URLPattern matches, with the same groups', async (t) => {
  const random = createRandom(11)
  const wrong: string[] = []
  let pairs = 0
  let matched = 0
  while (pairs < 20_000) {
    const pattern = generatePattern(random)
    const native = nativePattern(pattern)
    if (native === undefined) {
      if (compiles(pattern)) wrong.push(`${pattern} is not valid`)
      continue
    }
    const compiled = compilePattern(pattern)
    for (let round = 0; round < 12; round++, pairs++) {
      const path = generatePath(random, pattern)
      const actual = compiled.exec(path)
      const expected = groupsOf(native, path) ?? groupsOf(native, `${path}/`)
      if (compiled.literal !== undefined && path.endsWith('/')) continue
      // A wildcard that took the slash is the one case in which the slash matters.
      if (actual === undefined && pattern.includes('*') && groupsOf(native, path) === undefined) continue
      if (!isDeepStrictEqual(actual, expected)) wrong.push(`${pattern} on ${path}: ${JSON.stringify({ actual, expected })}`)
      if (actual === undefined) continue
      matched++
      if (!startsAs(compiled, path.toLowerCase())) wrong.push(`${path} does not start as ${pattern} says`)
    }
  }
  t.strictSame(wrong, [])
  t.ok(matched > 2000, `${matched} of ${pairs} match`)
})

function startsAs ({ literal, staticText, leadingSegments }: Pattern, path: string): boolean {
  const segments = path.split('/').slice(1, leadingSegments.length + 1)
  return path.startsWith(staticText.toLowerCase()) && segments.join('/') === leadingSegments.join('/') && (literal ?? path) === path
}

function compiles (pattern: string): boolean {
  try {
    compilePattern(pattern)
    return true
  } catch {
    return false
  }
}
