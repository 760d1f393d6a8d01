import t from 'tap'
import { crashRun } from './crash-run.ts'

t.test('two processes on one SQLite file, killed ten times: each of 2,000 accepted calls runs', async (t) => {
  await crashRun(t, { processes: 2, calls: 2_000, kills: 10 })
})
