import { join } from 'node:path'
import t from 'tap'
import { createSite } from '../helper.ts'
import { readRedirects } from '../../lib/site/redirects.ts'

const RULES = 1_000
const ROUNDS = 15
const CALLS = 2_000
/** Microseconds. */
const LIMIT = 10

const kinds: Array<[title: string, rule: (number: number) => string, target: string, host?: string]> = [
  ['paths', (number) => `/old/page-${number} /new/${number}`, '/old/page-1000'],
  ['placeholders', (number) => `/section-${number}/:year/:title /new/:title?year=:year`, '/section-1000/2024/title'],
  ['the last segment after placeholders', (number) => `/:year/:month/page-${number} /new/:month/:year`, '/2024/12/page-1000'],
  ['splats', (number) => `/section-${number}/* /new/:splat 200`, '/section-1000/a/b/c'],
  ['values of one parameter', (number) => `/index.php id=${number} /new/${number}`, '/index.php?id=1000'],
  ['domains', (number) => `http://site-${number}.example/* https://new.example/:splat 301!`, '/a/b', 'site-1000.example']
]

for (const [title, rule, target, host = 'site.example'] of kinds) {
  t.test(`the last of 1,000 rules costs less than 10 µs: ${title}`, async (t) => {
    const root = await createSite(t, { _redirects: Array.from({ length: RULES }, (_, index) => rule(index + 1)).join('\n') })
    const redirects = (await readRedirects({ file: join(root, '_redirects'), first: [], toml: [], warn: t.fail }))!
    const [path = '', query] = target.split('?')
    const request = { path, search: query === undefined ? '' : `?${query}`, cookie: undefined, acceptLanguage: undefined, origin: { scheme: 'http', host }, country: null, roles: [] }
    t.ok(redirects.match(request))
    // The best round counts: on a busy machine the others measure the machine.
    const rounds = Array.from({ length: ROUNDS }, () => {
      const start = performance.now()
      for (let call = 0; call < CALLS; call++) redirects.match(request)
      return (performance.now() - start) / CALLS * 1_000
    })
    const best = Math.min(...rounds)
    t.comment(`${best.toFixed(2)} µs`)
    t.ok(best < LIMIT)
  })
}
