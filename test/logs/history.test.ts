import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { InvocationRecord } from '../../lib/functions/invocation-record.ts'
import { boundOutput } from '../../lib/functions/output.ts'
import { codeOf, copyError, detach, keepableRecord, type LogEntry } from '../../lib/logs/entry.ts'
import { createHistory } from '../../lib/logs/history.ts'

let lastId = 0

function invocation (name: string, more: Partial<InvocationRecord> = {}): LogEntry {
  const record: InvocationRecord = {
    function: name, trigger: 'http', requestId: `r${lastId + 1}`, job: undefined, outcome: 'succeeded', status: 200, error: undefined, startedAt: 0, duration: 1, bytesIn: 0, bytesOut: 0, isolation: 'inline', deployId: '', method: 'GET', path: '/a', ...more
  }
  return { id: ++lastId, type: 'invocation', time: 0, record }
}

function output (name: string, text: string, more: { level?: 'debug' | 'warn', requestId?: string, jobId?: string } = {}): LogEntry {
  return { id: ++lastId, type: 'output', time: 0, function: name, requestId: undefined, jobId: undefined, level: 'info', text, ...more }
}

const textsOf = (entries: LogEntry[]): string[] => entries.map((entry) => entry.type === 'output' ? entry.text : entry.record.path)

t.test('of each function and type, the last ones are kept, the newest first', async (t) => {
  const history = createHistory(2)
  for (const text of ['1', '2', '3', '4', '5']) {
    history.add(output('a', text))
    history.add(output('b', `b${text}`))
    history.add(invocation('a', { path: `/${text}` }))
  }
  t.strictSame(textsOf(history.list()), ['/5', 'b5', '5', '/4', 'b4', '4', 'b3', '3', 'b2', '2'])
  t.strictSame(textsOf(history.list({ function: 'a' })), ['/5', '5', '/4', '4', '3', '2'])
  t.strictSame(textsOf(history.list({ function: 'a', type: 'invocation' })), ['/5', '/4'])
  const none = createHistory(0)
  none.add(output('a', '1'))
  t.strictSame(none.list(), [])
  const one = createHistory(1)
  for (const text of ['1', '2', '3']) one.add(output('a', text))
  t.strictSame(textsOf(one.list()), ['3', '2'])
})

t.test('each condition of a filter', async (t) => {
  const history = createHistory(200)
  history.add(output('a', 'Hello', { requestId: 'r1' }))
  history.add(output('a', 'worse', { level: 'warn', jobId: 'j1' }))
  history.add(output('a', 'detail', { level: 'debug' }))
  history.add(invocation('a', { requestId: 'r1', path: '/ok' }))
  history.add(invocation('a', { path: '/bad', outcome: 'failed', job: { id: 'j1', attempt: 1 }, error: copyError(new Error('no Flour')) }))
  t.strictSame(textsOf(history.list({ requestId: 'r1' })), ['/ok', 'Hello'])
  t.strictSame(textsOf(history.list({ jobId: 'j1' })), ['/bad', 'worse'])
  t.strictSame(textsOf(history.list({ level: 'warn' })), ['/bad', 'worse'])
  t.strictSame(textsOf(history.list({ level: 'info' })), ['/bad', '/ok', 'worse', 'Hello'])
  t.strictSame(textsOf(history.list({ text: 'HELL' })), ['Hello'])
  t.strictSame(textsOf(history.list({ text: 'flour' })), ['/bad'])
  t.strictSame(textsOf(history.list({ text: 'get /' })), ['/bad', '/ok'])
  t.strictSame(textsOf(history.list({ level: 'warn', type: 'output' })), ['worse'])
  t.strictSame(textsOf(history.list({ after: lastId - 1 })), ['/bad'])
  t.strictSame(textsOf(history.list({ limit: 2 })), ['/bad', '/ok'])
  t.strictSame(history.list({ limit: 0 }), [])
  for (let index = 0; index < 150; index++) history.add(output('b', 'x'))
  t.equal(history.list().length, 100, 'the limit is 100 if it is not given')
  t.equal(history.list({ limit: Infinity }).length, 155)
})

t.test('all functions together have so much room, and the oldest goes first', async (t) => {
  const history = createHistory(1000, 100_000)
  for (let index = 0; index < 1000; index++) history.add(output(`f${index % 10}`, 'x'.repeat(600)))
  const kept = history.list({ limit: Infinity })
  t.equal(kept.length, 100)
  t.equal(kept[0]?.id, lastId)
  t.equal(kept.at(-1)?.id, lastId - 99)
  history.add(output('a', 'x'.repeat(200_000)))
  t.strictSame(history.list(), [], 'one that takes more than all of it is not kept')
  history.add(output('f1', 'again'))
  history.add(output('f1', 'and again'))
  t.strictSame(textsOf(history.list()), ['and again', 'again'])
})

t.test('functions that are gone are forgotten', async (t) => {
  const history = createHistory(10)
  for (const name of ['a', 'b', 'a', 'c']) history.add(output(name, name))
  history.keep(new Set(['b']))
  t.strictSame(textsOf(history.list()), ['b'])
  history.add(output('a', 'late'))
  t.strictSame(textsOf(history.list()), ['late', 'b'])
})

t.test('of an error, a bounded copy of its texts is kept', async (t) => {
  const error = Object.assign(new TypeError('m'.repeat(5000)), { code: 'E_CODE', secret: { large: true } })
  const copy = copyError(error)
  t.strictSame(Object.keys(copy), ['name', 'message', 'code', 'stack'])
  t.match(copy, { name: 'TypeError', message: /^m{2000}$/, code: 'E_CODE', stack: /^TypeError: m+/ })
  t.ok(copy.stack !== undefined && copy.stack.length <= 8000)
  t.match(copyError('text'), { name: 'Error', message: '\'text\' was thrown, which is not an Error' })
  t.match(copyError(Object.assign(new Error('x'), { code: 42 })), { code: '42' })
  const hostile = new Proxy(new Error('x'), { get () { throw new Error('do not look') } })
  t.match(copyError(hostile), { name: 'Error', message: /not an Error/ })
  t.match(copyError(Object.defineProperties(new Error('x'), { stack: { value: 's' }, name: { get () { throw new Error('do not look') } } })), { name: 'Error', message: 'x' })
  const { record } = invocation('a') as Extract<LogEntry, { type: 'invocation' }>
  t.equal(keepableRecord(record), record, 'a record without one is kept as it is')
})

t.test('of an error that is told of without its reason, the reason is kept as well', async (t) => {
  const reason = new RangeError('no flour')
  const copy = copyError(Object.assign(new Error('Function "a" failed', { cause: reason }), { code: 'E_CODE' }))
  t.match(copy, { code: 'E_CODE', message: 'Function "a" failed: no flour', stack: /^Error: Function "a" failed\n[^]*\ncaused by RangeError: no flour\n +at / })
  t.equal(copyError(new Error('failed: no flour', { cause: reason })).message, 'failed: no flour')
  t.equal(copyError(new Error('failed', { cause: 'a text' })).message, 'failed: \'a text\' was thrown, which is not an Error')
  const hostile = Object.defineProperty(new Error('x'), 'cause', { get () { throw new Error('do not look') } })
  t.equal(copyError(hostile).message, 'x')
})

t.test('a part of a long text does not keep all of it in memory', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const long = (index: number): string => Buffer.alloc(4_000_000, 97 + index).toString('latin1')
  collect()
  const before = process.memoryUsage().heapUsed
  const kept = Array.from({ length: 20 }, (_, index) => [copyError(new Error(long(index))), detach(long(index).slice(0, 100)), detach(boundOutput(long(index)))])
  await new Promise(setImmediate)
  collect()
  t.ok(process.memoryUsage().heapUsed - before < 20_000_000)
  t.strictSame(kept[1]?.[1], 'b'.repeat(100))
})

t.test('the code of whatever was thrown is looked for without harm', async (t) => {
  t.equal(codeOf(Object.assign(new Error('x'), { code: 'E_CODE' })), 'E_CODE')
  t.equal(codeOf(new Proxy(new Error('x'), { getPrototypeOf () { throw new Error('do not look') } })), undefined)
  t.equal(codeOf({ code: 'E_CODE' }), undefined)
})
