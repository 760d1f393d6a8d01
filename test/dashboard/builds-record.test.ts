import t from 'tap'
import { recordBuilds } from '../../lib/dashboard/builds-record.ts'
import type { BuildEvent, NetlifyFunctions } from '../../lib/index.ts'

const build: BuildEvent = { outcome: 'served', bundled: ['a'], failed: [{ function: 'b', file: '/b.ts', error: new Error('no') }], error: undefined, duration: 12 }

t.test('the last builds are kept, the newest first, and why the newest was refused', (t) => {
  let tell: (event: BuildEvent) => void = () => {}
  const builds = recordBuilds({ on: (_event: string, listener: typeof tell) => { tell = listener } } as unknown as NetlifyFunctions)
  t.same(builds.records, [])
  const { servedSince } = builds
  const error = new Error('x'.repeat(10_000))
  tell({ ...build, outcome: 'refused', error })
  t.match(builds, { records: [{ outcome: 'refused', bundled: ['a'], failed: ['b'], duration: 12, reason: /^x{2000}$/ }], refusal: error, servedSince })
  for (let count = 0; count < 30; count++) tell({ ...build, duration: count })
  t.equal(builds.records.length, 20)
  t.match(builds.records[0], { outcome: 'served', duration: 29, reason: undefined })
  t.equal(builds.refusal, undefined)
  t.equal(builds.servedSince, builds.records[0]?.at)
  t.end()
})
