import t from 'tap'
import { jobPath, jobsFilter, jobsPath, readJobsView } from '../../lib/dashboard/jobs-view.ts'

t.test('a view is read from a query, and written back', (t) => {
  for (const [query, view, path] of [
    [{}, { state: undefined, function: undefined, page: 1 }, '/jobs'],
    [{ state: '', function: '', other: '1' }, { state: undefined, function: undefined, page: 1 }, '/jobs'],
    [{ state: 'failed', page: '20' }, { state: 'failed', function: undefined, page: 20 }, '/jobs?state=failed&page=20'],
    [{ function: 'a&b="' }, { state: undefined, function: 'a&b="', page: 1 }, '/jobs?function=a%26b%3D%22']
  ] as const) {
    const read = readJobsView(query)
    t.same(read, view)
    if (!('problem' in read)) t.equal(jobsPath(read), path)
  }
  t.same(jobsFilter({ state: 'failed', function: undefined, page: 3 }), { state: 'failed', offset: 100, limit: 51 })
  t.equal(jobPath('../x?y'), '/jobs/..%2Fx%3Fy')
  t.end()
})

t.test('what makes no sense is said', (t) => {
  for (const [query, problem] of [
    [{ state: 'done' }, /No job is ever "done"; the states are waiting, running, succeeded, failed, cancelled/],
    [{ state: 'toString' }, /toString/],
    ...['0', '-1', '1.5', '1e3', 'Infinity', '', '00001', '99999999', '１'].map((page) => [{ page }, /There is no page/] as const)
  ] as const) {
    t.match(readJobsView(query), { problem })
  }
  t.end()
})
