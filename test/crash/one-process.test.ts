import t from 'tap'
import { crashRun } from './crash-run.ts'

t.test('one process, killed ten times: each of 2,000 accepted calls runs', async (t) => {
  await crashRun(t, { processes: 1, calls: 2_000, kills: 10 })
})
