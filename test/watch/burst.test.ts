import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { createBurst, type Burst } from '../../lib/site/burst.ts'
import { stopTime } from '../helper.ts'

interface Watched {
  readonly burst: Burst
  /** What has been worked on, in order. */
  readonly work: string[][]
  /** Ends the work that is under way. */
  finish (): Promise<void>
}

function watch (t: Test): Watched {
  stopTime(t)
  const work: string[][] = []
  let end = (): void => {}
  const burst = createBurst(async (paths) => {
    work.push([...paths])
    await new Promise<void>((resolve) => { end = resolve })
  })
  return {
    burst,
    work,
    async finish () {
      end()
      // The burst learns of it in a microtask.
      await new Promise(setImmediate)
    }
  }
}

t.test('a burst is worked on when nothing has changed for a moment', async (t) => {
  const { burst, work } = watch(t)
  burst.add('a', 'change')
  mock.timers.tick(10)
  burst.add('b', 'raw')
  burst.add('a', 'raw')
  mock.timers.tick(14)
  t.strictSame(work, [])
  mock.timers.tick(1)
  t.strictSame(work, [['a', 'b']])
})

t.test('one that does not end is worked on all the same', async (t) => {
  const { burst, work } = watch(t)
  for (let time = 0; time < 250; time += 10) {
    burst.add(`file${time}`, 'change')
    mock.timers.tick(10)
  }
  t.equal(work.length, 1)
  t.equal(work[0]?.length, 25)
})

t.test('what is gone gets time to come back; a draft that came and went does not', async (t) => {
  const { burst, work, finish } = watch(t)
  burst.add('a', 'unlink')
  mock.timers.tick(60)
  t.strictSame(work, [])
  burst.add('a', 'add')
  mock.timers.tick(15)
  t.strictSame(work, [['a']])
  await finish()

  burst.add('a', 'unlink')
  mock.timers.tick(100)
  t.equal(work.length, 2, 'it does not come back')
  await finish()

  burst.add('a.tmp', 'add')
  burst.add('a.tmp', 'unlink')
  mock.timers.tick(15)
  t.equal(work.length, 3)
})

t.test('what changes during the work is worked on after it', async (t) => {
  const { burst, work, finish } = watch(t)
  burst.add('a', 'change')
  mock.timers.tick(15)
  burst.add('b', 'change')
  burst.add('a', 'change')
  mock.timers.tick(1000)
  t.strictSame(work, [['a']])
  await finish()
  mock.timers.tick(15)
  t.strictSame(work, [['a'], ['b', 'a']])
})

t.test('close waits for the work, and drops what has not begun', async (t) => {
  const { burst, work, finish } = watch(t)
  burst.add('a', 'change')
  mock.timers.tick(15)
  let isClosed = false
  const closing = burst.close().then(() => { isClosed = true })
  burst.add('b', 'change')
  mock.timers.tick(1000)
  t.notOk(isClosed)
  await finish()
  await closing
  mock.timers.tick(1000)
  t.strictSame(work, [['a']])
})
