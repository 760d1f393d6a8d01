import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { FunctionThread } from '../../lib/invoke/threads/function-thread.ts'
import type { ThreadGroup } from '../../lib/invoke/threads/thread-group.ts'
import { Watch } from '../../lib/invoke/threads/watch.ts'

/** Milliseconds, as long as a look and what has to be waited for before it and after. */
const SLOW = 500

for (const [title, isSlow] of [['is ended', false], ['is not ended if it was only slow to answer', true]] as const) {
  t.test(`a thread that nobody is found to hold ${title}`, async (t) => {
    const begun = performance.now()
    const ended = Promise.withResolvers<boolean>()
    const thread = {
      id: 0,
      isUp: true,
      load: 0,
      hasExpired: true,
      holder: undefined,
      tasks: [],
      isLoading: false,
      memory: 100,
      heartbeat: { answers: 0, ping () {}, silence: (now: number) => isSlow && now - begun >= SLOW ? 0 : now - begun },
      sortOut () {},
      taskOf () {},
      abandon: () => [],
      heapSize: async () => 1
    }
    const group = { all: [thread], needsWatch: true, balance () {}, shrink () {}, setSilent () {}, setAnswering () {} }
    const watch = new Watch({ groups: () => [group as unknown as ThreadGroup], onStuck: (stuck: FunctionThread) => ended.resolve(stuck as unknown === thread) })
    watch.start()
    // The watch itself keeps no process alive.
    const alive = setInterval(() => {}, 1000)
    t.teardown(() => {
      watch.stop()
      clearInterval(alive)
    })
    if (isSlow) t.equal(await Promise.race([ended.promise, delay(3 * SLOW, false)]), false)
    else t.equal(await ended.promise, true)
  })
}
