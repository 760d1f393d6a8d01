import t from 'tap'
import { shortLine } from '../../lib/cli/short-line.ts'

const common = { level: 30, time: 1, pid: 7, hostname: 'vm', reqId: 'req-1', function: 'hello', requestId: '01M8' }

t.test('an invocation is told in a few words', async (t) => {
  const line = { ...common, trigger: 'http', outcome: 'succeeded', status: 200, duration: 6.655, bytesIn: 0, bytesOut: 21, isolation: 'inline', deployId: '', method: 'GET', path: '/hi', msg: 'function "hello" succeeded' }
  t.same(shortLine(line), { level: 30, time: 1, msg: 'GET /hi → hello: 200 in 6.7 ms' })
  t.same(shortLine({ ...line, outcome: 'failed', code: 'FST_NETLIFY_TIMEOUT', status: 504, duration: 10_002.4 }), { level: 30, time: 1, code: 'FST_NETLIFY_TIMEOUT', msg: 'GET /hi → hello: 504 failed in 10002 ms' })
  const { status: _, ...job } = { ...line, trigger: 'background', jobId: 'j', attempt: 2 }
  t.match(shortLine(job), { msg: 'hello: background, attempt 2, succeeded in 6.7 ms' })
  t.match(shortLine({ ...job, trigger: 'invoke', attempt: undefined }), { msg: 'hello: invoke, succeeded in 6.7 ms' })
})

t.test('what a function prints says whose it is', async (t) => {
  t.same(shortLine({ ...common, msg: 'working' }), { level: 30, time: 1, msg: 'hello: working' })
})

t.test('every other line stays', async (t) => {
  for (const line of [{ level: 30, time: 1, msg: 'Server listening' }, { ...common, err: { message: 'no' }, msg: 'it failed' }]) t.equal(shortLine(line), line)
})
