import { registerHooks } from 'node:module'
import t, { type Test } from 'tap'
import { readHeaderRules } from '../../lib/site/header-rules.ts'
import type { HeaderRules } from '../../lib/site/header-rules/table.ts'
import { createSite } from '../helper.ts'

interface Read {
  readonly rules: HeaderRules | undefined
  readonly warnings: string[]
}

async function read (t: Test, file: string | undefined, tomlHeaders: readonly unknown[] = []): Promise<Read> {
  const publishDirectory = await createSite(t, file === undefined ? {} : { _headers: file })
  const warnings: string[] = []
  return { rules: await readHeaderRules({ publishDirectory, tomlHeaders, warn: (message) => { warnings.push(message) } }), warnings }
}

t.test('rules of _headers come before those of netlify.toml; of a name in two rules, the later counts', async (t) => {
  const { rules, warnings } = await read(t, '# all\n/*\n  X-Frame-Options: DENY\n  X-From: file\n\n/docs/*\n  X-From: docs\n', [
    { for: '/*', values: { 'x-from': 'toml' } },
    { for: '/docs/a', values: { 'X-Toml': 'a' } }
  ])
  t.strictSame(Object.fromEntries(rules!.headersFor('/')), { 'x-frame-options': 'DENY', 'x-from': 'toml' })
  t.strictSame(Object.fromEntries(rules!.headersFor('/docs/a')), { 'x-frame-options': 'DENY', 'x-from': 'toml', 'x-toml': 'a' })
  t.strictSame(warnings, [])
})

t.test('a name that a rule has several times has all values, however it is written', async (t) => {
  const { rules } = await read(t, '/a\n  cache-control: max-age=0\n  cache-control: no-store\n  Cache-Control: must-revalidate\n', [
    { for: '/b', values: { 'cache-control': ['public', 'max-age=60'] } },
    { for: '/c', values: { 'cache-control': 'public,\n  max-age=60,\n  immutable' } }
  ])
  t.strictSame(rules!.headersFor('/a'), [['cache-control', 'max-age=0, no-store, must-revalidate']])
  t.strictSame(rules!.headersFor('/b'), [['cache-control', 'public, max-age=60']])
  t.strictSame(rules!.headersFor('/c'), [['cache-control', 'public, max-age=60, immutable']])
})

t.test('cookies stay apart, dates in them whole', async (t) => {
  const { rules } = await read(t, '/*\n  Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\n  Set-Cookie: b=2; Path=/\n/x\n  set-cookie: c=3')
  t.strictSame(rules!.headersFor('/'), [['set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'], ['set-cookie', 'b=2; Path=/']])
  t.strictSame(rules!.headersFor('/x'), [['set-cookie', 'c=3']])
})

t.test('what cannot be sent, or what Netlify lets nobody set, is left out with a warning', async (t) => {
  const { rules, warnings } = await read(t, [
    '/*',
    '  Content-Length: 5',
    '  Transfer-Encoding: chunked',
    '  Connection: close',
    '  Content-Encoding: gzip',
    '  Keep-Alive: timeout=5',
    '  bad name: x',
    '  X-Snowman: ☃',
    '  X-Latin: é',
    '  no colon',
    '  X-Empty:',
    '  X-Good: yes'
  ].join('\n'), [
    { for: '/*', values: { 'x-lines': 'a\r\nset-cookie: b', 'X-Toml': 'yes' } },
    { for: '/*', values: { 'x-number': 5 } },
    { for: 5, values: {} },
    { values: { a: 'b' } },
    { for: '/none' },
    'text'
  ])
  t.strictSame(rules!.headersFor('/'), [['x-latin', 'é'], ['x-good', 'yes'], ['x-toml', 'yes']])
  for (const name of ['content-length', 'transfer-encoding', 'connection', 'content-encoding', 'keep-alive', 'bad name', 'x-snowman', 'x-lines', 'x-number']) {
    t.equal(warnings.filter((warning) => warning.includes(name)).length, 1, name)
  }
  t.equal(warnings.length, 13)
})

t.test('headers before the first path, a byte order mark and Windows line ends', async (t) => {
  const { rules, warnings } = await read(t, '\uFEFFX-Lost: yes\r\n/a\r\n  X-Kept: yes\r\n')
  t.strictSame(rules!.headersFor('/a'), [['x-kept', 'yes']])
  t.match(warnings, [/X-Lost/])
})

t.test('`Basic-Auth` is no header; the last rule for a path says who may read it', async (t) => {
  const { rules, warnings } = await read(t, '/private/*\n  Basic-Auth: anna:secret otto:two\n/private/closed\n  basic-auth: nobody\n')
  t.strictSame(rules!.headersFor('/private/x'), [])
  t.strictSame(rules!.loginsFor('/private/x'), ['anna:secret', 'otto:two'])
  t.strictSame(rules!.loginsFor('/PRIVATE'), ['anna:secret', 'otto:two'])
  t.strictSame(rules!.loginsFor('/private/closed'), [])
  t.equal(rules!.loginsFor('/public'), undefined)
  t.equal(warnings.length, 1)
})

t.test('a site without rules does not need the parser; one with rules is told what to install', async (t) => {
  const hooks = registerHooks({
    resolve (specifier, context, next) {
      if (specifier === '@netlify/headers-parser') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    }
  })
  t.teardown(() => hooks.deregister())
  t.equal((await read(t, undefined)).rules, undefined)
  const missing = { code: 'FST_NETLIFY_MISSING_PACKAGE', message: /"headers" .*npm install @netlify\/headers-parser$/ }
  await t.rejects(read(t, '/*\n  X-A: b'), missing)
  await t.rejects(read(t, undefined, [{ for: '/*', values: { a: 'b' } }]), missing)
})
