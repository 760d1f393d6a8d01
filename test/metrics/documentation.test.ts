import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import t from 'tap'
import { METRICS } from '../../lib/metrics/families.ts'
import { createApp } from '../helper.ts'
import { names, promtool, promtoolMissing } from './scrape.ts'

const text = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8')

t.test('the table has every metric with its type and meaning, as the registry has them', async (t) => {
  const rows = [...text.matchAll(/^\| `netlify_(\w+)` \| (\w+) \| .*\| (.+) \|$/gm)].map(([, name, type, help]) => [name, { type, help }])
  t.same(rows, Object.entries(METRICS))
  const registry = new Registry()
  await createApp(t, { 'netlify/functions/x.mjs': 'export default async () => {}' }, { metrics: registry })
  t.same(names(await registry.metrics()), rows.map(([name]) => `netlify_${String(name)}`))
})

t.test('the alerts are rules that Prometheus reads, over metrics that there are', { skip: promtoolMissing() }, async (t) => {
  const rules = /```yaml\n(groups:[^]*?)```/.exec(text)![1]!
  const directory = await mkdtemp(join(tmpdir(), 'rules-'))
  t.teardown(async () => await rm(directory, { recursive: true }))
  const file = join(directory, 'rules.yml')
  await writeFile(file, rules)
  t.equal(promtool(['check', 'rules', file]), '')
  const used = [...rules.matchAll(/netlify_(\w+?)(?:_bucket)?[{[\s]/g)].map(([, name]) => name!)
  t.same(used.filter((name) => !(name in METRICS)), [])
})
