import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { compilePattern } from '../../lib/functions/pattern.ts'
import { createRouteTable } from '../../lib/functions/route-table.ts'
import type { RouteEntry, RouteTable } from '../../lib/functions/route-table.ts'
import { createRandom, generatePath, generatePattern, groupsOf, nativePattern, type Random } from './generated-patterns.ts'

type Params = Record<string, string> | undefined
type Outcome = [name?: string, params?: object]

const METHODS = ['GET', 'POST', 'PUT']

t.test('a table answers as native patterns do that are tried one after the other, in sites of up to 200', async (t) => {
  const random = createRandom(23)
  const wrong: object[] = []
  const found = new Set<string>()
  for (let site = 0; site < 60; site++) {
    const entries = Array.from({ length: 1 + random(200) }, (_, index) => entry(random, `f${index}`, usualPattern))
    const table = createRouteTable(entries)
    const tries = inOrder(table, nativeExec)
    for (let round = 0; round < 200; round++) {
      const path = usualPath(random)
      const method = METHODS[random(3)] ?? ''
      const expected = firstOf(tries, method, path)
      if (!isDeepStrictEqual(outcome(table, method, path), expected)) wrong.push({ path, method, expected, actual: outcome(table, method, path) })
      if (expected[0] !== undefined) found.add(`${site} ${expected[0]}`)
    }
  }
  t.strictSame(wrong, [])
  t.ok(found.size > 1000, `${found.size} functions were found`)
})

t.test('so it does for patterns of every syntax', async (t) => {
  const random = createRandom(31)
  const wrong: object[] = []
  let matched = 0
  for (let site = 0; site < 150; site++) {
    const entries = Array.from({ length: 1 + random(40) }, (_, index) => entry(random, `f${index}`, validPattern))
    const table = createRouteTable(entries)
    const tries = inOrder(table, (pattern) => compilePattern(pattern).exec)
    for (let round = 0; round < 100; round++) {
      const path = generatePath(random, entries[random(entries.length)]?.route.pattern ?? '')
      const expected = firstOf(tries, 'GET', path)
      if (expected[0] !== undefined) matched++
      if (!isDeepStrictEqual(outcome(table, 'GET', path), expected)) wrong.push({ path, expected, actual: outcome(table, 'GET', path) })
    }
  }
  t.strictSame(wrong, [])
  t.ok(matched > 5000, `${matched} of 15000 match`)
})

t.test('the order is literal paths, then segments that are the same for every path, then the more specific, then the name', async (t) => {
  const random = createRandom(41)
  const entries = Array.from({ length: 200 }, (_, index) => entry(random, `f${index}`, usualPattern))
  const places = createRouteTable(entries).registrations.map(({ functionName, route }) => {
    const { literal, leadingSegments, specificity } = compilePattern(route.pattern)
    return [literal === undefined ? '1' : '0', 99 - leadingSegments.length, specificity, functionName].join(' ')
  })
  t.strictSame(places, places.toSorted())
})

/** What tries one candidate after the other, in the order of the table. */
function inOrder (table: RouteTable, compile: (pattern: string) => (path: string) => Params): Array<(method: string, path: string) => Outcome | undefined> {
  return table.registrations.map(({ functionName, route: { pattern, methods, excluded } }) => {
    const exec = compile(pattern)
    const exclusions = excluded.map(compile)
    return (method, path) => {
      if (methods !== undefined && !methods.includes(method)) return undefined
      const params = exec(path)
      return params === undefined || exclusions.some((excludes) => excludes(path) !== undefined) ? undefined : [functionName, params]
    }
  })
}

function firstOf (tries: ReturnType<typeof inOrder>, method: string, path: string): Outcome {
  for (const attempt of tries) {
    const result = attempt(method, path)
    if (result !== undefined) return result
  }
  return []
}

/** @param path without the slash at its end that the table takes away */
function outcome (table: RouteTable, method: string, path: string): Outcome {
  const match = table.match(method, path.endsWith('/') && path !== '/' ? `${path}/` : path)
  return match === undefined ? [] : [match.functionName, match.params]
}

/** With the slash at the end that a path has lost, for a pattern that has one. */
function nativeExec (pattern: string): (path: string) => Params {
  const native = nativePattern(pattern)!
  return (path) => groupsOf(native, path) ?? (pattern.endsWith('/') && path !== '/' ? groupsOf(native, `${path}/`) : undefined)
}

function entry (random: Random, functionName: string, generate: (random: Random) => string): RouteEntry {
  const methods = random(4) === 0 ? METHODS.slice(random(3)) : undefined
  const excluded = random(5) === 0 ? [generate(random)] : []
  return { functionName, route: { pattern: generate(random), methods, excluded, preferStatic: false } }
}

/** Few words, so that many patterns begin, go on and end alike. */
function usualPattern (random: Random): string {
  const segments = ['a', 'B', 'c1', ':x', ':x', ':x', 'v-:x', ':x.json', ':x(\\d+)', ':x([ab]+)', '*', ':x?']
  const length = 1 + random(4)
  const named = Array.from({ length }, (_, at) => segments[random(segments.length)]!.replace('x', `x${at}`))
  const last = named.at(-1) ?? ''
  return `/${named.join('/')}${random(6) === 0 && !/[*?]/.test(last) ? '/' : ''}`
}

function usualPath (random: Random): string {
  const segments = ['a', 'b', 'A', 'B', 'c1', 'C1', 'v-1', '12', 'z.json', 'zz', '%C3%A9', '']
  const path = `/${Array.from({ length: 1 + random(5) }, () => segments[random(segments.length - (random(8) === 0 ? 0 : 1))]).join('/')}`
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function validPattern (random: Random): string {
  for (;;) {
    const pattern = generatePattern(random)
    if (nativePattern(pattern) !== undefined) return pattern
  }
}
