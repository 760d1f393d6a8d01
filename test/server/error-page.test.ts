import { join } from 'node:path'
import t from 'tap'
import { locate } from '../../lib/functions/problem.ts'
import { drawErrorPage, errorPageHeaders, type ErrorPageOptions, type ErrorReport } from '../../lib/server/error-page.ts'
import { reportError } from '../../lib/server/error-report.ts'
import { createSite } from '../helper.ts'

const EVIL = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">\'"&'

function draw (options: Partial<ErrorPageOptions>): string {
  return drawErrorPage({ reports: [], nonce: 'NONCE', events: '/.netlify/watch', version: '1', reloads: true, ...options })
}

t.test('everything that somebody else wrote is text, wherever it stands', async (t) => {
  const report: ErrorReport = {
    title: `title ${EVIL}`,
    message: `message ${EVIL}`,
    places: [{ message: `place ${EVIL}`, position: `position ${EVIL}`, frame: [{ number: 1, text: [`before ${EVIL}`, `wrong ${EVIL}`, `after ${EVIL}`], isMarked: true }] }],
    stack: `stack ${EVIL}`
  }
  const page = draw({ reports: [report], events: `/${EVIL}`, version: EVIL })
  t.equal(page.split('<script').length, 2, 'one script')
  t.notMatch(page, /<img|onerror="|<\/pre><script/)
  t.equal(page.split('&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;alert(2)&quot;&gt;&#39;&quot;&amp;').length, 12)
})

t.test('characters that hide code or turn its direction are shown as what cannot be shown', async (t) => {
  const page = draw({ reports: [{ title: 'a\u202Eb\u200Bc\0d\u2066e\x1B[31mf', message: '', places: [], stack: '' }] })
  t.match(page, '<h1>a\uFFFDb\uFFFDc\uFFFDd\uFFFDef</h1>')
})

t.test('nothing but what has the nonce runs, nothing is loaded, and nobody keeps the page', async (t) => {
  const headers = errorPageHeaders('NONCE')
  t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  t.match(headers['content-security-policy'], /^default-src 'none'; style-src 'nonce-NONCE'; script-src 'nonce-NONCE'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'$/)
  const page = draw({})
  t.strictSame([...page.matchAll(/<(style|script)([^>]*)>/g)].map(([, tag, attributes]) => `${tag}${attributes}`), ['style nonce="NONCE"', 'script nonce="NONCE"'])
  t.notMatch(page, /https?:|\bsrc=|\bhref=|style="|url\(/)
})

t.test('a page that was not asked for by GET does not load itself again', async (t) => {
  t.notMatch(draw({ reloads: false }), '<script')
})

t.test('the frame has the lines around, the wrong part, and the place relative to the root', async (t) => {
  const root = await createSite(t, { 'lib/x.ts': Array.from({ length: 20 }, (_, index) => `const line${index + 1} = 'ä'`).join('\n') })
  const file = join(root, 'lib/x.ts')
  const report = await reportError(locate(new Error('all of it'), [{ message: 'wrong', file, line: 10, column: 7, length: 6 }]), { name: 'hello', file }, root)
  t.equal(report.title, 'Function "hello" cannot run')
  t.equal(report.message, '')
  const [place] = report.places
  t.equal(place?.position, 'lib/x.ts:10:7')
  t.strictSame(place?.frame.map(({ number }) => number), [6, 7, 8, 9, 10, 11, 12, 13, 14])
  t.strictSame(place?.frame.filter(({ isMarked }) => isMarked), [{ number: 10, text: ['const ', 'line10', ' = \'ä\''], isMarked: true }])
})

t.test('long lines are cut around the wrong part, a file that has become shorter has no frame, many errors are counted', async (t) => {
  const root = await createSite(t, { 'long.js': `${'x'.repeat(5000)}WRONG${'y'.repeat(5000)}`, 'short.ts': '1\n' })
  const problem = { message: 'wrong', line: 1, column: 5001, length: 5 }
  const long = await reportError(locate(new Error(), [{ ...problem, file: join(root, 'long.js') }]), undefined, root)
  const [before = '', wrong, after = ''] = long.places[0]?.frame[0]?.text ?? []
  t.equal(wrong, 'WRONG')
  t.ok(before.length + after.length < 300)

  const many = Array.from({ length: 30 }, () => ({ ...problem, line: 7, file: join(root, 'short.ts') }))
  const report = await reportError(locate(new Error(), many), undefined, root)
  t.equal(report.message, 'The first 10 of 30 errors:')
  t.equal(report.places.length, 10)
  t.strictSame(report.places[0]?.frame, [])
})

t.test('an error without a place shows the file of its function', async (t) => {
  const report = await reportError(new Error('a bad path'), { name: 'hello', file: '/site/netlify/functions/hello.ts' }, '/site')
  t.strictSame(report.places, [{ message: 'a bad path', position: 'netlify/functions/hello.ts', frame: [] }])
})

t.test('a position in a message, which a client may have written, shows no file', async (t) => {
  const root = await createSite(t, { 'secret.ts': 'secret', 'own.ts': 'own' })
  const forged = `bad\n    at steal (${root}/secret.ts:1:1)`
  const cause = new Error(forged)
  cause.stack = `Error: ${forged}\n    at handler (${root}/own.ts:1:2)`
  const report = await reportError(new Error('failed', { cause }), undefined, root)
  t.strictSame(report.places.map(({ position }) => position), ['own.ts:1:2'])

  cause.message = 'another message than the stack has'
  t.strictSame((await reportError(new Error('failed', { cause }), undefined, root)).places, [])
})
