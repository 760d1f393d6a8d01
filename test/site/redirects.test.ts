import { join } from 'node:path'
import t from 'tap'
import { createSite } from '../helper.ts'
import { canonicalPath, requestSearch } from '../../lib/functions/path.ts'
import { readRedirects } from '../../lib/site/redirects.ts'
import type { RedirectRequest } from '../../lib/site/redirects/request.ts'
import type { RedirectOutcome, Redirects } from '../../lib/site/redirects/table.ts'

async function read (t: Parameters<typeof createSite>[0], rules: string, tables: { first?: unknown[], toml?: unknown[] } = {}): Promise<{ redirects: Redirects | undefined, warnings: string[] }> {
  const root = await createSite(t, { _redirects: rules })
  const warnings: string[] = []
  const redirects = await readRedirects({ file: join(root, '_redirects'), first: [], toml: [], ...tables, warn: (message) => warnings.push(message) })
  return { redirects, warnings }
}

function ask (redirects: Redirects | undefined, target: string, known: Partial<RedirectRequest> = {}): RedirectOutcome | undefined {
  return redirects?.match({ path: canonicalPath(target), search: requestSearch(target), cookie: undefined, acceptLanguage: undefined, origin: { scheme: 'http', host: 'site.example' }, country: null, roles: [], ...known })
}

function leadsTo (outcome: RedirectOutcome | undefined): string | undefined {
  if (outcome === undefined || !('destination' in outcome)) return outcome?.kind
  const { origin, path, search, hash } = outcome.destination
  return origin + path + search + hash
}

t.test('a site without rules has none, nor one whose rules are all comments', async (t) => {
  t.equal(await readRedirects({ file: undefined, first: [], toml: [], warn () {} }), undefined)
  t.equal(await readRedirects({ file: join(await createSite(t, {}), '_redirects'), first: [], toml: [], warn () {} }), undefined)
  t.equal((await read(t, '# none\n\n')).redirects, undefined)
})

t.test('what comes first: rules of a framework, of the file, of netlify.toml', async (t) => {
  const { redirects } = await read(t, '/a /file\n/b /file\n', { first: [{ from: '/a', to: '/first' }], toml: [{ from: '/b', to: '/toml' }, { from: '/c', to: '/toml' }] })
  t.strictSame(['/a', '/b', '/c'].map((path) => leadsTo(ask(redirects, path))), ['/first', '/file', '/toml'])
})

const values: Array<[rule: string, target: string, leads: string | undefined]> = [
  ['/a/* /b/:splat', '/a', '/b/'],
  ['/a/* /b/:splat', '/a/x/y/', '/b/x/y/'],
  ['/a/* /b/:splat', '/ab', undefined],
  ['/a* /b/:splat', '/abc', '/b/bc'],
  ['/a/*/z /b/:splat', '/a/x/y/z', '/b/x/y'],
  ['/a/:x/* /b/:splat/:x', '/a/1/2/3', '/b/2/3/1'],
  ['/a/:x /b/:x', '/a/', undefined],
  ['/a/:x /b/:x.html#:x', '/a/1', '/b/1.html#1'],
  ['/a/:x /b/:y/:splat', '/a/1', '/b/:y/:splat'],
  ['/a q=:q /b/:q', '/a?q=1&q=2', '/b/2?q=1&q=2'],
  ['/a q=5 /b', '/a?q=6', undefined],
  ['/a q=:q /b', '/a?q', undefined],
  ['/a/* /b?path=:splat', '/a/x/y?z=1', '/b?path=x/y'],
  ['/a/* /b?path=:splat', '/a/x&y+z', '/b?path=x%26y%2Bz'],
  ['/* /:splat 301', '//evil.example', '/evil.example'],
  ['/x/* /:splat 301', '/x//evil.example', '/evil.example'],
  ['/x/* https://b.example/:splat', '/x/a%20b?q=%20', 'https://b.example/a%20b?q=%20'],
  ['/caf%C3%A9 /b', '/café', '/b'],
  ['/café/:x /b/:x', '/caf%c3%a9/%7Ex%2F', '/b/~x%2F'],
  ['/A /b', '/a', undefined],
  ['/a /a/', '/a', undefined],
  ['/a /a?x=1', '/a', '/a?x=1'],
  ['/* / 301', '/a', undefined],
  ['/* /index.html 200', '/a', '/index.html']
]

for (const [rule, target, leads] of values) {
  t.test(`${rule}: from ${target} ${leads === undefined ? 'nowhere' : `to ${leads}`}`, async (t) => {
    const { redirects, warnings } = await read(t, rule)
    t.equal(leadsTo(ask(redirects, target)), leads)
    t.strictSame(warnings, [])
  })
}

t.test('what is not known yet is undecided, unless it makes no difference', async (t) => {
  const { redirects } = await read(t, '/a /country 302 Country=de\n/b /role 302 Role=admin\nhttp://old.example/c /domain 302\n/d /both 302 Country=de Cookie=x\n/* /rest 302')
  const nothing = { country: undefined, roles: undefined, origin: undefined }
  t.strictSame(['/a', '/b', '/c'].map((path) => ask(redirects, path, nothing)), Array(3).fill({ kind: 'undecided' }))
  t.equal(leadsTo(ask(redirects, '/d', nothing)), '/rest', 'the cookie is missing anyway')
  t.equal(leadsTo(ask(redirects, '/e', nothing)), '/rest')
})

t.test('tables that are no rules are left out, and the others count', async (t) => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const { redirects, warnings } = await read(t, '', { toml: [null, 5, [], 'x', {}, circular, { from: '/n', to: '/x', n: 1n }, { from: ['/a'], to: '/b' }, { from: '/x', to: 7 }, { from: '/y', to: '/z', status: '307' }, { from: '/h', to: 'https://x.example', status: 200, headers: { 'x-a': 'line\nline' } }, { from: '/i', to: 'https://x.example', status: 200, headers: { Connection: 'close' } }, { from: '/s', to: 'https://x.example', status: 200, signed: 1 }, { from: '/ok', to: '/b' }] })
  t.equal(warnings.length, 12, warnings.join('\n'))
  t.equal(leadsTo(ask(redirects, '/ok')), '/b')
  t.match(ask(redirects, '/y'), { kind: 'redirect', status: 307 })
})
