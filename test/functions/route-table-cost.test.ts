import t from 'tap'
import { PatternIndex } from '../../lib/functions/pattern-index.ts'
import { compilePattern } from '../../lib/functions/pattern.ts'
import type { Pattern } from '../../lib/functions/pattern.ts'

interface Shape {
  readonly pattern: (index: number) => string
  readonly path: (index: number) => string
}

const shapes: Record<string, Shape> = {
  'a start of its own': { pattern: (index) => `/s${index}/:id`, path: (index) => `/s${index}/17` },
  'the same start and a segment behind a parameter': { pattern: (index) => `/shop/:id/name-${index}`, path: (index) => `/shop/17/Name-${index}` },
  'a parameter first': { pattern: (index) => `/:tenant/page-${index}`, path: (index) => `/acme/page-${index}` },
  'parameters around it': { pattern: (index) => `/:a/x${index}/:b`, path: (index) => `/1/x${index}/2` },
  'a wildcard behind it': { pattern: (index) => `/:a/files-${index}/*`, path: (index) => `/1/files-${index}/x/y` },
  'a wildcard before it': { pattern: (index) => `/*/page-${index}`, path: (index) => `/a/b/page-${index}` },
  'a regular expression before it': { pattern: (index) => `/:id(\\d+)/page-${index}`, path: (index) => `/17/page-${index}` },
  'an optional segment behind it': { pattern: (index) => `/:a/o${index}/:b?`, path: (index) => `/1/o${index}` },
  'a slash at its end': { pattern: (index) => `/:a/end-${index}/`, path: (index) => `/1/end-${index}` }
}

/** How many patterns are looked at to find one of so many, at most. */
function looks (count: number, { pattern, path }: Shape): { most: number, wrong: string[] } {
  let looks = 0
  const index = new PatternIndex((item: Pattern, lookup) => {
    looks++
    return item.exec(lookup.path) && item.source
  })
  for (let at = 0; at < count; at++) {
    const compiled = compilePattern(pattern(at))
    index.add(compiled.key, compiled)
  }
  let most = 0
  const wrong: string[] = []
  for (let at = 0; at < count; at += Math.ceil(count / 50)) {
    looks = 0
    const found = index.first('GET', path(at), path(at).toLowerCase())
    if (found !== pattern(at)) wrong.push(`${path(at)} finds ${found}`)
    most = Math.max(most, looks)
  }
  looks = 0
  index.first('GET', '/nothing/like-it/here', '/nothing/like-it/here')
  return { most: Math.max(most, looks), wrong }
}

for (const [name, shape] of Object.entries(shapes)) {
  t.test(`of 2,000 patterns that differ in one segment, no more than one is tried (${name})`, async (t) => {
    t.same(looks(2000, shape), { most: 1, wrong: [] })
  })
}

t.test('a pattern that is more specific keeps the others from being tried', async (t) => {
  const tried: string[] = []
  const index = new PatternIndex((item: Pattern, lookup) => {
    tried.push(item.source)
    return item.exec(lookup.path)
  })
  for (const source of ['/a/:x/c', '/:x/b/c', '/:x/:y/c', '/:x/:y/:z', '/:x/*']) index.add(compilePattern(source).key, compilePattern(source))
  index.first('GET', '/a/b/c', '/a/b/c')
  t.same(tried, ['/a/:x/c'])
})
