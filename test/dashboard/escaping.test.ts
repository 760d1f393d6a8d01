import t from 'tap'
import { html } from '../../lib/dashboard/html.ts'
import { captureLog } from '../helper.ts'
import { BASE, createDashboardApp } from './site.ts'

const hostile = '"><img src=x onerror=alert(1)>\'`&\u2028\u202Egnp.exe\u2066'

t.test('every value is escaped, in text and in attributes', (t) => {
  t.plan(8)
  t.equal(String(html`<p>${'<b>&"\'`'}</p>`), '<p>&lt;b&gt;&amp;&quot;&#39;&#96;</p>')
  t.equal(String(html`<p>${html`<b>${'<'}</b>`}</p>`), '<p><b>&lt;</b></p>')
  t.equal(String(html`${['<', html`<br>`, ['>']]}`), '&lt;<br>&gt;')
  t.equal(String(html`${null}${undefined}${false}${''}${0}${1n}${true}`), '01true')
  t.equal(String(html`${'a\u202Eb\u2066'}`), 'a\\u{202e}b\\u{2066}', 'text cannot change the direction of what is around it')
  t.equal(String(html`${'\\u0041${1}'}`), '\\u0041${1}') // eslint-disable-line no-template-curly-in-string
  const fake = { toString: () => '<b>' } as unknown as string
  t.throws(() => String(html`${fake}`), 'an object is no text')
  t.equal(String(html`${'<script>'.repeat(2)}`), '&lt;script&gt;&lt;script&gt;')
})

t.test('what functions print and throw, and what clients ask for, is text', async (t) => {
  const app = await createDashboardApp(t, {}, { logger: captureLog().logger } as object)
  const query = new URLSearchParams({ say: hostile, warn: hostile })
  await app.inject(`/hello?${query}`)
  await app.inject(`/hello?${new URLSearchParams({ fail: hostile })}`)
  await app.inject(`/hi/${encodeURIComponent('<img src=x onerror=alert(2)>')}`)

  const pages = [
    '', `?search=${encodeURIComponent(hostile)}`, `?sort=${encodeURIComponent(hostile)}`, '/functions/hello', `/functions/hello?text=${encodeURIComponent('<img src=x')}`,
    `/functions/hello?request=${encodeURIComponent(hostile)}`, `/functions/${encodeURIComponent(hostile)}`, '/jobs', `/jobs?state=${encodeURIComponent(hostile)}`,
    `/jobs/${encodeURIComponent(hostile)}`, '/schedules', '/builds'
  ]
  for (const page of pages) {
    const { body } = await app.inject(BASE + page)
    t.notMatch(body, /<img/i, page)
    t.notMatch(body, /[\u202E\u2066]/, page)
  }
  const { body } = await app.inject(`${BASE}/functions/hello`)
  t.equal(body.split('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;').length > 3, true, 'the texts are there')
})
