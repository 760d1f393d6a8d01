import type { Call } from '../exchange.ts'

/** Patterns, without the segment that keeps them apart, and what is asked for below it. */
const PATTERNS: ReadonlyArray<readonly [pattern: string, ...targets: string[]]> = [
  ['', '', '?a=1'],
  ['/:a', '/x', '/x?y=1', '/%C3%A9', '/a%2Fb', '/a%20b', '/a+b', '/a;b', '/é', '/a"b', '/a|b', '/~a-b_c.d', '/x/', '/constructor', '/__proto__'],
  ['/:a/:b', '/1/2', '/1/2/', '/a%3Fb/c%23d'],
  ['/:a?', '', '/x'],
  ['/:a+', '/x', '/x/y/z'],
  ['/:a*', '', '/x/y'],
  ['/*', '/x', '/x/y?z', '/x//y'],
  ['/*/tail', '/x/tail', '/x/y/tail'],
  ['/(\\d+)', '/123'],
  ['/:id(\\d+)', '/42'],
  ['/:id(\\d+)/:rest*', '/42', '/42/x/y'],
  ['/:name.:ext', '/file.txt', '/a.b.c'],
  ['/:year-:month', '/2026-11'],
  ['/v{1}/:a', '/v1/x'],
  ['/x{/:a}?', '/x', '/x/y'],
  ['/:a{-:b}?', '/x', '/x-y'],
  ['/(a|b)/:c', '/a/1', '/b/2'],
  ['/:product-id', '/12-id'],
  ['/a/*/b/*', '/a/1/b/2', '/a/1/2/b/3/4']
]

const PLACES = PATTERNS.map(([pattern, ...targets], index) => ({ name: `params-${index}`, pattern: `/place${index}${pattern}`, targets: targets.map((target) => `/place${index}${target}`) }))

/** A function per pattern. */
export const paramsFiles: Record<string, string> = Object.fromEntries(PLACES.map(({ name, pattern }) => [`${name}.mjs`, `
  import { record } from './_record.mjs'
  export default async (...args) => Response.json(await record(...args))
  export const config = { path: ${JSON.stringify(pattern)} }`]))

export const paramsCalls: Call[] = [
  ...PLACES.flatMap(({ name, pattern, targets }) => targets.map((target): Call => ({ title: `${pattern} at ${target}`, function: name, route: pattern, target: encodeTarget(target) }))),
  { title: 'upper case in a static part', function: 'params-1', route: '/place1/:a', target: '/PLACE1/Foo' },
  { title: 'a trailing slash before a query', function: 'params-1', route: '/place1/:a', target: '/place1/x/?q=1' },
  { title: 'a malformed escape', function: 'params-1', route: '/place1/:a', target: '/place1/%zz' }
]

/** Node.js sends each character as a byte; a client sends UTF-8. */
function encodeTarget (target: string): string {
  return target.replace(/[^\0-\x7f]/g, encodeURIComponent)
}
