import { execFile } from 'node:child_process'
import { mock } from 'node:test'
import { promisify } from 'node:util'
import t from 'tap'
import { createSharedDeadlines, startDeadline } from '../../lib/invoke/deadline.ts'
import { stopTime } from '../helper.ts'

function record (): { readonly expired: string[], readonly named: (name: string) => { expire (): void } } {
  const expired: string[] = []
  return { expired, named: (name) => ({ expire () { expired.push(name) } }) }
}

t.test('each deadline ends when its own time is over, whichever timer it shares', async (t) => {
  stopTime(t)
  const start = createSharedDeadlines()
  const { expired, named } = record()
  start(1_000, named('a'))
  mock.timers.tick(400)
  start(1_000, named('b'))
  start(5_000, named('long'))
  mock.timers.tick(599)
  t.same(expired, [])
  mock.timers.tick(1)
  t.same(expired, ['a'])
  mock.timers.tick(399)
  t.same(expired, ['a'])
  mock.timers.tick(1)
  t.same(expired, ['a', 'b'])
  mock.timers.tick(4_000)
  t.same(expired, ['a', 'b', 'long'])
})

t.test('one that is cleared never ends, and those behind it end in time', async (t) => {
  stopTime(t)
  const start = createSharedDeadlines()
  const { expired, named } = record()
  const first = start(1_000, named('first'))
  mock.timers.tick(10)
  const second = start(1_000, named('second'))
  mock.timers.tick(10)
  const third = start(1_000, named('third'))
  first.clear()
  first.clear()
  second.clear()
  mock.timers.tick(998)
  t.same(expired, [])
  t.equal(third.remaining(), 2)
  mock.timers.tick(2)
  t.same(expired, ['third'])
  third.clear()
  start(1_000, named('after all had ended'))
  mock.timers.tick(1_000)
  t.same(expired, ['third', 'after all had ended'])
})

t.test('many calls with one limit need one timer at a time', async (t) => {
  stopTime(t)
  const start = createSharedDeadlines()
  const timers = t.capture(globalThis, 'setTimeout', globalThis.setTimeout)
  for (let call = 0; call < 1_000; call++) {
    start(1_000, { expire () {} }).clear()
    mock.timers.tick(1)
  }
  t.ok(timers().length <= 2, `${timers().length} timers`)
})

t.test('what expires may start the next', async (t) => {
  stopTime(t)
  const start = createSharedDeadlines()
  const { expired, named } = record()
  start(1_000, { expire () { start(1_000, named('next')) } })
  mock.timers.tick(1_000)
  mock.timers.tick(999)
  t.same(expired, [])
  mock.timers.tick(1)
  t.same(expired, ['next'])
})

t.test('Infinity, and what is too long for a timer, never ends', async (t) => {
  stopTime(t)
  const { expired, named } = record()
  for (const start of [startDeadline, createSharedDeadlines()]) {
    for (const timeout of [Infinity, 2 ** 31]) {
      const deadline = start(timeout, named('never'))
      mock.timers.tick(2 ** 31 - 1)
      t.equal(deadline.remaining(), Infinity)
      deadline.unref()
      deadline.clear()
    }
  }
  t.same(expired, [])
})

t.test('the process waits for a deadline of its own, and not for one that is shared or unreferenced', async (t) => {
  const module = new URL('../../lib/invoke/deadline.ts', import.meta.url).href
  const ran = async (code: string): Promise<string> => {
    const source = `import { createSharedDeadlines, startDeadline } from '${module}'\nconst expiring = { expire () { console.log('expired') } }\n${code}`
    return (await promisify(execFile)(process.execPath, ['--no-warnings', '--input-type=module', '--eval', source])).stdout.trim()
  }
  const [own, unreferenced, shared] = await Promise.all([
    ran('startDeadline(50, expiring)'),
    ran('startDeadline(50, expiring).unref()'),
    ran('createSharedDeadlines()(50, expiring)')
  ])
  t.same([own, unreferenced, shared], ['expired', '', ''])
})
