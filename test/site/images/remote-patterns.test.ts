import t from 'tap'
import { compileRemotePatterns, type RemotePermission } from '../../../lib/site/images/remote-patterns.ts'

function allow (patterns: readonly string[], url: string): RemotePermission | undefined {
  return compileRemotePatterns(patterns, ({ reason }) => { throw new Error(reason) }).allow(new URL(url))
}

t.test('what a pattern matches is allowed', async (t) => {
  const allowed = [
    ['https://my-images.com/.*', 'https://my-images.com/owl.jpeg?x=1#y'],
    ['https://animals.more-images.com/[bcr]at/.*', 'https://animals.more-images.com/cat/1.png'],
    ['https://example.com', 'https://example.com/any/path.png'],
    ['.*', 'http://example.com/'],
    // As Astro writes them.
    ['^https?://images\\.example\\.com/.*$', 'https://images.example.com/a/b.png?w=1'],
    ['(https?)://([a-z0-9-]+\\.)images\\.example\\.com(:[0-9]+)?(\\/[^?#]*)?([?][^#]*)?$', 'https://a.images.example.com/a/b.png?w=1'],
    ['https:\\/\\/a\\.b\\/.*', 'https://A.b/x']
  ] as const
  for (const [pattern, url] of allowed) t.ok(allow([pattern], url), `${pattern} ${url}`)
})

t.test('a pattern allows no other host than it names', async (t) => {
  const refused = [
    ['https://example.com', 'https://example.com.evil.test/x.png'],
    ['https://example', 'https://example.evil.test/x.png'],
    ['https://example.com', 'https://example.com:8443/x.png'],
    ['https://my-images.com/.*', 'https://evil.test/?https://my-images.com/x.png'],
    ['https://my-images.com/.*', 'http://my-images.com/x.png'],
    ['https://my-images.com.*', 'https://my-images.com@evil.test/x.png'],
    ['https://my-images.com/.*', 'https://user:secret@my-images.com/x.png'],
    ['.*', 'file:///etc/passwd'],
    ['.*', 'data:image/png;base64,AAAA'],
    ['.*', 'ftp://my-images.com/x.png'],
    ['a|b', 'https://evil.test/a']
  ] as const
  for (const [pattern, url] of refused) t.equal(allow([pattern], url), undefined, `${pattern} ${url}`)
  t.equal(allow([], 'https://example.com/'), undefined)
})

t.test('a host may be private only where a pattern spells it out', async (t) => {
  const spelled = [
    ['http://localhost:3000/.*', 'http://localhost:3000/a.png'],
    ['http://127\\.0\\.0\\.1:3000/.*', 'http://127.0.0.1:3000/a.png'],
    ['https?://images.internal/.*', 'http://images.internal/a.png'],
    ['http://localhost', 'http://localhost/a.png'],
    ['(https?)://localhost(:[0-9]+)?(\\/[^?#]*)?([?][^#]*)?$', 'http://localhost:1337/a.png'],
    ['^https?://localhost/.*$', 'http://localhost/a.png']
  ] as const
  for (const [pattern, url] of spelled) t.strictSame(allow([pattern], url), { privateAddresses: true }, pattern)
  const vague = [
    ['http://.*', 'http://localhost/a.png'],
    ['http://localhost.*', 'http://localhost/a.png'],
    ['http://local(host)?.*', 'http://localhost/a.png'],
    ['http://localhost(.internal)?/.*', 'http://localhost/a.png'],
    ['.*', 'http://10.0.0.1/a.png']
  ] as const
  for (const [pattern, url] of vague) t.strictSame(allow([pattern], url), { privateAddresses: false }, pattern)
})

t.test('a pattern that is no regular expression is said and allows nothing', async (t) => {
  const invalid: string[] = []
  const patterns = compileRemotePatterns(['https://(', 'https://b.test/.*'], ({ pattern }) => invalid.push(pattern))
  t.strictSame(invalid, ['https://('])
  t.equal(patterns.allow(new URL('https://a.test/')), undefined)
  t.ok(patterns.allow(new URL('https://b.test/')))
})
