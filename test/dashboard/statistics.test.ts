import { EventEmitter } from 'node:events'
import t from 'tap'
import { createStatistics, type Statistics } from '../../lib/dashboard/statistics.ts'
import type { NetlifyFunctions } from '../../lib/server/handle.ts'

const HOUR = 3_600_000

interface Call {
  readonly at: number
  readonly name: string
  readonly duration: number
  readonly hasFailed: boolean
}

t.test('figures are those of an exact computation, percentiles within 6 percent', async (t) => {
  const { statistics, add, setTime } = await start()
  const random = createRandom(7)
  const calls: Call[] = []
  let now = 10 * HOUR
  for (let count = 0; count < 30_000; count++) {
    now += random() * 400
    const call = { at: now, name: `f${Math.floor(random() * 3)}`, duration: 0.1 * 10 ** (random() * 5), hasFailed: random() < 0.1 }
    calls.push(call)
    setTime(now)
    add(call)
  }
  for (const name of ['f0', 'f1', 'f2', undefined]) {
    // Counts go by five seconds, durations by the minute.
    const recent = calls.filter((call) => (name === undefined || call.name === name) && bucketOf(call.at) > bucketOf(now) - 720)
    const durations = calls.filter((call) => (name === undefined || call.name === name) && minuteOf(call.at) > minuteOf(now) - 60).map(({ duration }) => duration).sort((one, other) => one - other)
    const { count, failed, rate, p50, p95, p99 } = statistics.summary(name)
    t.equal(count, recent.length)
    t.equal(failed, recent.filter(({ hasFailed }) => hasFailed).length)
    t.equal(rate, recent.filter(({ at }) => bucketOf(at) > bucketOf(now) - 12).length / 60)
    for (const [share, found] of [[0.5, p50], [0.95, p95], [0.99, p99]] as const) {
      const exact = durations[Math.ceil(durations.length * share) - 1]!
      t.ok(Math.abs(found! / exact - 1) < 0.06, `p${share * 100} of ${name}: ${found} for ${exact}`)
    }
    const series = statistics.series(name)
    t.equal(series.length, 60)
    const middle = series[30]!
    const within = calls.filter((call) => (name === undefined || call.name === name) && minuteOf(call.at) === middle.at / 60_000)
    t.equal(middle.count, within.length)
    t.equal(middle.failed, within.filter(({ hasFailed }) => hasFailed).length)
    t.equal(statistics.minutes(name).reduce((sum, each) => sum + each, 0), recent.length)
  }
})

t.test('what is older than an hour is forgotten, whether or not somebody calls meanwhile', async (t) => {
  const { statistics, add, setTime } = await start()
  add({ name: 'f0', duration: 5, hasFailed: true })
  setTime(30 * 60_000)
  t.match(statistics.summary('f0'), { count: 1, failed: 1, rate: 0 })
  setTime(2 * HOUR)
  t.match(statistics.summary('f0'), { count: 0, failed: 0, p50: undefined, p99: undefined })
  t.ok(statistics.series('f0').every(({ count, p50 }) => count === 0 && p50 === undefined))
  add({ name: 'f0', duration: 5, hasFailed: false })
  t.match(statistics.summary('f0'), { count: 1, failed: 0 })
  setTime(1000 * HOUR)
  t.match(statistics.summary('f0'), { count: 0 })
})

t.test('odd durations are counted, too', async (t) => {
  const { statistics, add } = await start()
  for (const duration of [0, -1, 0.001, 1e12, Infinity]) add({ name: 'f0', duration, hasFailed: false })
  t.equal(statistics.summary('f0').count, 5)
  t.ok(statistics.summary('f0').p50! < 0.1)
  t.ok(statistics.summary('f0').p99! > 1_000_000)
})

t.test('a reply of 500 and more is an error, a function that is gone is forgotten', async (t) => {
  const { statistics, events, site } = await start()
  for (const status of [200, 404, 500, 503, undefined]) events.emit('invocation', { function: 'f0', outcome: 'succeeded', status, duration: 1 })
  events.emit('invocation', { function: 'f0', outcome: 'cancelled', status: 200, duration: 1 })
  t.match(statistics.summary('f0'), { count: 6, failed: 2 })

  site.functions = [{ name: 'f1' }]
  events.emit('build', { outcome: 'refused' })
  t.equal(statistics.summary('f0').count, 6)
  events.emit('build', { outcome: 'served' })
  t.equal(statistics.summary('f0').count, 0)
  t.equal(statistics.summary().count, 6, 'what all have done is still so')
})

t.test('nobody listens without a dashboard', async (t) => {
  const events = new EventEmitter()
  t.equal(events.listenerCount('invocation'), 0)
  createStatistics({ functions: [], on: (event, listener) => { events.on(event, listener as never) } })
  t.equal(events.listenerCount('invocation'), 1)
})

async function start (): Promise<{ statistics: Statistics, events: EventEmitter, site: { functions: unknown[] }, add: (call: Omit<Call, 'at'>) => void, setTime: (time: number) => void }> {
  const events = new EventEmitter()
  const site = { functions: [] as unknown[], on: (event: string, listener: () => void) => { events.on(event, listener) } }
  let now = 0
  const statistics = createStatistics(site as unknown as NetlifyFunctions, () => now)
  return {
    statistics,
    events,
    site,
    add: ({ name, duration, hasFailed }) => { events.emit('invocation', { function: name, outcome: hasFailed ? 'failed' : 'succeeded', status: 200, duration }) },
    setTime: (time) => { now = time }
  }
}

function bucketOf (time: number): number {
  return Math.floor(time / 5000)
}

function minuteOf (time: number): number {
  return Math.floor(time / 60_000)
}

/** The same numbers each time. */
function createRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}
