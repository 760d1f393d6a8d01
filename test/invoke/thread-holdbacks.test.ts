import t from 'tap'
import { Holdbacks } from '../../lib/invoke/threads/holdbacks.ts'

t.test('a pause doubles with each thread that a function ends, up to a minute, and begins anew after a good while', async (t) => {
  let now = 0
  const holdbacks = new Holdbacks(() => now)
  const pauses = Array.from({ length: 9 }, () => {
    const pause = holdbacks.add('a')
    t.equal(holdbacks.remaining('a'), pause)
    now += pause
    return pause
  })
  t.same(pauses, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  t.equal(holdbacks.remaining('a'), 0)
  now += 60_000
  t.equal(holdbacks.add('a'), 0, 'after a minute without')
})

t.test('a new version of a function begins anew', async (t) => {
  const holdbacks = new Holdbacks(() => 0)
  for (let times = 0; times < 3; times++) {
    holdbacks.add('a')
    holdbacks.add('b')
  }
  holdbacks.keep(new Set(['b']))
  t.equal(holdbacks.remaining('a'), 0)
  t.equal(holdbacks.remaining('b'), 2_000)
})
