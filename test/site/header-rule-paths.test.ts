import t from 'tap'
import { compileHeaderRule } from '../../lib/site/header-rules/rule.ts'
import { createHeaderRules, type HeaderRules } from '../../lib/site/header-rules/table.ts'

function rulesFor (...paths: string[]): HeaderRules {
  return createHeaderRules(paths.map((path, index) => compileHeaderRule({ for: path, values: { [`x-${index}`]: encodeURI(path) } }, () => t.fail('no warning'))))
}

/** The paths of the rules that apply. */
function applied (rules: HeaderRules, path: string): string[] {
  return rules.headersFor(path).map(([, value]) => decodeURI(value))
}

const cases: Record<string, { yes: string[], no: string[] }> = {
  '/': { yes: ['/'], no: ['/a', '//'] },
  '/*': { yes: ['/', '/a', '/a/b.html', '/a/'], no: [] },
  '/a/b': { yes: ['/a/b', '/a/b/', '/A/B'], no: ['/a', '/a/b/c', '/a/bc', '/a/b//'] },
  '/a/*': { yes: ['/a', '/a/', '/a/b', '/a/b/c'], no: ['/ab', '/b/a', '/'] },
  '/:x': { yes: ['/a', '/a/'], no: ['/', '/a/b'] },
  '/:x/index.html': { yes: ['/a/index.html'], no: ['/index.html', '/a/b/index.html', '/a/indexxhtml'] },
  '/a/:x/*': { yes: ['/a/b', '/a/b/c/d'], no: ['/a', '/a/'] },
  '/*.css': { yes: ['/a.css', '/a/b.css', '/.css'], no: ['/acss', '/a.css/b', '/a.cssx'] },
  '/js/*.js': { yes: ['/js/a.js', '/js/a/b.min.js'], no: ['/js.js', '/jsa.js', '/js/js'] },
  '/*/_next/static/*': { yes: ['/_next/static/x', '/a/b/_next/static', '/a/_next/static/c/d'], no: ['/a_next/static/x', '/_next/staticx', '/_next'] },
  '/a*b/c': { yes: ['/ab/c', '/axb/c', '/a/x/b/c'], no: ['/a/c', '/ab/cd'] },
  '/größe/*': { yes: ['/gr%C3%B6%C3%9Fe/a', '/gr%c3%b6%c3%9fe', '/gro%CC%88%C3%9Fe/a'], no: ['/grosse'] },
  '/:é/nin\u0303o@*': { yes: ['/x/ni%C3%B1o@', '/x/nin%CC%83o@y'], no: ['/x/nino@'] },
  '/%2541': { yes: ['/%2541'], no: ['/A', '/%41'] },
  '/a b': { yes: ['/a%20b'], no: ['/a+b'] },
  '/~x+(y)[z]$.^|': { yes: ['/~x+(y)%5Bz%5D$.%5E%7C'], no: ['/~xx(y)'] },
  '/%zz/*': { yes: ['/%zz/a'], no: ['/zz'] }
}

for (const [rule, { yes, no }] of Object.entries(cases)) {
  t.test(`the rule for ${rule}`, async (t) => {
    const rules = rulesFor(rule)
    for (const path of yes) t.strictSame(applied(rules, path), [rule], `applies to ${path}`)
    for (const path of no) t.strictSame(applied(rules, path), [], `does not apply to ${path}`)
  })
}

t.test('all rules for a path apply, in the order in which they were written', async (t) => {
  const rules = rulesFor('/docs/a', '/:x/a', '/other', '/*', '/docs/*')
  t.strictSame(applied(rules, '/docs/a'), ['/docs/a', '/:x/a', '/*', '/docs/*'])
})

t.test('no path makes a rule with many asterisks take long', async (t) => {
  const rules = rulesFor('/*a*a*a*a*a*a*b', '/*/a/*/a/*/a/*/b', `/${'a*'.repeat(50)}b`, `/${':x/'.repeat(20)}*/b`)
  const path = `/${'a/a'.repeat(5_000)}`
  const start = process.cpuUsage()
  t.strictSame(applied(rules, path), [])
  const { user } = process.cpuUsage(start)
  t.ok(user < 500_000, `${user / 1000} ms`)
})

t.test('rules for other directories are not even tried', async (t) => {
  const paths = ['/assets/*', ...Array.from({ length: 1000 }, (_, index) => `/section-${index}/*`), ...Array.from({ length: 1000 }, (_, index) => `/assets/part-${index}/:name`)]
  const tried: string[] = []
  const rules = createHeaderRules(paths.map((text) => {
    const { path, ...rule } = compileHeaderRule({ for: text, values: { 'x-rule': text } }, () => t.fail('no warning'))
    const matches = (asked: string): boolean => {
      tried.push(text)
      return path.matches(asked)
    }
    return { ...rule, path: { ...path, matches } }
  }))
  t.strictSame(applied(rules, '/assets/app/index.js'), ['/assets/*'])
  t.strictSame(tried, ['/assets/*'])
})
