import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import Fastify from 'fastify'
import { FST_NETLIFY_QUEUE_UNAVAILABLE } from '../../lib/errors.ts'
import { readFunctionConfig } from '../../lib/functions/config.ts'
import type { ReadyFunction } from '../../lib/functions/definition.ts'
import { functionKind } from '../../lib/functions/kind.ts'
import type { Claim, QueueDriver } from '../../lib/queue/driver.ts'
import { memoryQueue } from '../../lib/queue/memory.ts'
import { createScheduler, type Clock, type Scheduler } from '../../lib/server/scheduled.ts'
import { captureLog } from '../helper.ts'

const start = Date.parse('2026-01-01T00:00:30Z')

/** Time that passes when the test says so. */
interface Hands extends Clock {
  advance (milliseconds: number): void
  /** How long the scheduler waits for, while it does. */
  readonly waits: number | undefined
}

function stopClock (): Hands {
  let now = start
  let timer: { readonly callback: () => void, readonly at: number } | undefined
  return {
    now: () => now,
    setTimer (callback, delay) {
      const own = { callback, at: now + delay }
      timer = own
      return () => { if (timer === own) timer = undefined }
    },
    advance (milliseconds) {
      const end = now + milliseconds
      while (timer !== undefined && timer.at <= end) {
        const { callback, at } = timer
        now = at
        timer = undefined
        callback()
      }
      now = end
    },
    get waits () { return timer && timer.at - now }
  }
}

function scheduled (name: string, schedule: string): ReadyFunction {
  const config = readFunctionConfig(name, { schedule })
  return { state: 'ready', name, file: `/${name}.mjs`, bundle: `/${name}.mjs`, generated: false, isolation: 'inline', form: 'web', kind: functionKind(name, config), events: [], eventsOnly: false, lightObjects: false, config, routes: [] }
}

interface Bench {
  readonly scheduler: Scheduler
  readonly clock: Hands
  readonly driver: QueueDriver
  readonly log: ReturnType<typeof captureLog>
  /** Waits for a job and takes it. */
  take (): Promise<Claim>
}

interface BenchOptions {
  readonly clock?: Hands
  readonly driver?: QueueDriver
  readonly isRunning?: () => boolean
  readonly siteUrl?: string
}

function createBench (t: Test, functions: readonly ReadyFunction[], options: BenchOptions = {}): Bench {
  const { clock = stopClock(), driver = memoryQueue({ now: clock.now }), isRunning = () => false, siteUrl } = options
  const log = captureLog()
  const scheduler = createScheduler({
    functions: () => functions,
    driver,
    isRunning,
    siteUrl: () => siteUrl,
    clock,
    log: Fastify({ logger: log.logger }).log,
    background: {
      accept: async ({ functionName, ...call }) => await driver.enqueue({ id: `${functionName}-${Math.random()}`, function: functionName, deployId: '', ...call })
    }
  })
  t.teardown(async () => {
    scheduler.stop()
    await driver.close()
  })
  return { scheduler, clock, driver, log, take }

  async function take (): Promise<Claim> {
    const [claim] = await driver.claim({ limit: 1, leaseDuration: 60 * 60 * 1000, signal: AbortSignal.timeout(5_000) })
    if (claim === undefined) throw new Error('no job came')
    return claim
  }
}

async function nextRunOf ({ job }: Claim): Promise<unknown> {
  return await json(new Blob([job.request.body ?? '']).stream())
}

t.test('each run is a job with the request of Netlify\'s clock', async (t) => {
  const { scheduler, clock, take } = createBench(t, [scheduled('report', '*/5 * * * *')], { siteUrl: 'https://site.example' })
  scheduler.start()
  clock.advance(5 * 60_000)
  const claim = await take()
  t.match(claim.job, {
    function: 'report',
    ip: '',
    params: {},
    route: undefined,
    enqueuedAt: start + 5 * 60_000,
    request: {
      method: 'POST',
      url: 'https://site.example/.netlify/functions/report',
      headers: { 'user-agent': 'Netlify Clockwork', 'x-nf-event': 'schedule', 'content-type': 'application/json' }
    }
  })
  t.strictSame(await nextRunOf(claim), { next_run: '2026-01-01T00:10:00.000Z' })
})

t.test('functions run at their own times, again and again', async (t) => {
  const { scheduler, clock, driver, take } = createBench(t, [scheduled('often', '* * * * *'), scheduled('hourly', '@hourly'), scheduled('yearly', '@yearly')])
  scheduler.start()
  const runs: string[] = []
  for (let minute = 1; minute <= 60; minute++) {
    clock.advance(60_000)
    const count = minute === 60 ? 2 : 1
    for (let taken = 0; taken < count; taken++) {
      const claim = await take()
      runs.push(claim.job.function)
      await driver.settle(claim, { outcome: 'succeeded' })
    }
  }
  t.same(runs.filter((name) => name === 'often').length, 60)
  t.same(runs.filter((name) => name === 'hourly').length, 1)
  t.match(await driver.stats(), { waiting: 0, running: 0 })
})

t.test('nothing runs before the start, nor after the stop, and neither counts twice', async (t) => {
  const { scheduler, clock, driver } = createBench(t, [scheduled('often', '* * * * *')])
  clock.advance(60 * 60_000)
  t.equal(clock.waits, undefined)
  scheduler.start()
  scheduler.start()
  t.equal(clock.waits, 30_000)
  scheduler.stop()
  scheduler.stop()
  t.equal(clock.waits, undefined)
  scheduler.start()
  t.equal(clock.waits, undefined)
  t.match(await driver.stats(), { waiting: 0 })
})

t.test('a site without schedules has no timer', async (t) => {
  const { scheduler, clock } = createBench(t, [])
  scheduler.start()
  t.equal(clock.waits, undefined)
})

t.test('far times are approached minute by minute, so that a clock which is set is noticed', async (t) => {
  const { scheduler, clock, take } = createBench(t, [scheduled('yearly', '@yearly')])
  scheduler.start()
  t.equal(clock.waits, 60_000)
  clock.advance(365 * 24 * 60 * 60_000)
  t.strictSame(await nextRunOf(await take()), { next_run: '2028-01-01T00:00:00.000Z' })
})

t.test('times that went by while the process could not look are one run', async (t) => {
  const clock = stopClock()
  let late = 0
  const { scheduler, driver, take } = createBench(t, [scheduled('often', '* * * * *')], { clock: { ...clock, now: () => clock.now() + late }, driver: memoryQueue() })
  scheduler.start()
  late = 10 * 60_000
  clock.advance(30_000)
  t.strictSame(await nextRunOf(await take()), { next_run: '2026-01-01T00:12:00.000Z' })
  t.match(await driver.stats(), { waiting: 0, running: 1 })
})

t.test('while a run waits or has not ended, the next ones of its function are skipped and logged', async (t) => {
  const { scheduler, clock, driver, log, take } = createBench(t, [scheduled('slow', '* * * * *'), scheduled('hourly', '@hourly')])
  scheduler.start()
  const skipped = async (count: number): Promise<void> => {
    await log.line(() => log.lines.filter(({ msg }) => msg === 'scheduled run skipped, as an earlier one has not ended').length === count)
  }
  clock.advance(30_000)
  const first = await take()
  clock.advance(60_000)
  await skipped(1)
  t.match(log.lines.at(-1), { level: 40, function: 'slow' })
  await driver.settle(first, { outcome: 'succeeded' })

  clock.advance(60_000)
  const second = await take()
  t.strictSame(await nextRunOf(second), { next_run: '2026-01-01T00:04:00.000Z' })
  await driver.settle(second, { outcome: 'released' })
  clock.advance(60_000)
  await skipped(2)
  t.match(await driver.stats(), { waiting: 1, running: 0 })
})

t.test('a run outside the queue counts too', async (t) => {
  const { scheduler, clock, driver, log } = createBench(t, [scheduled('slow', '* * * * *')], { isRunning: () => true })
  scheduler.start()
  clock.advance(30_000)
  await log.line(({ msg }) => msg.startsWith('scheduled run skipped'))
  t.match(await driver.stats(), { waiting: 0 })
})

t.test('calls of clients do not keep a background function from its schedule', async (t) => {
  const { scheduler, clock, driver, take } = createBench(t, [scheduled('report-background', '* * * * *')])
  const call = { function: 'report-background', deployId: '', ip: '', params: {}, route: undefined }
  await driver.enqueue({ ...call, id: '1', requestId: '1', request: { method: 'POST', url: 'http://localhost/', headers: {}, body: null } })
  scheduler.start()
  clock.advance(30_000)
  t.equal((await take()).job.id, '1')
  t.match((await take()).job.request.headers, { 'x-nf-event': 'schedule' })
})

t.test('processes that share a queue run each time once', async (t) => {
  const driver = memoryQueue()
  const functions = [scheduled('often', '* * * * *')]
  const first = createBench(t, functions, { driver })
  const second = createBench(t, functions, { driver })
  first.scheduler.start()
  second.scheduler.start()
  for (let minute = 1; minute <= 3; minute++) {
    first.clock.advance(60_000)
    const claim = await first.take()
    // The other one's clock is behind; the run is under way already.
    second.clock.advance(60_000)
    await driver.settle(claim, { outcome: 'succeeded' })
  }
  t.match(await driver.stats(), { waiting: 0, running: 0, succeeded: 3 })
  t.notOk([...first.log.lines, ...second.log.lines].some(({ level }) => level >= 40))
})

t.test('a run is not lost when the queue is out of reach for a moment', async (t) => {
  const clock = stopClock()
  const driver = memoryQueue({ now: clock.now })
  let failures = 2
  const unsteady: QueueDriver = {
    ...driver,
    async list (filter) {
      if (failures-- > 0) throw new FST_NETLIFY_QUEUE_UNAVAILABLE('no connection')
      return await driver.list(filter)
    }
  }
  const { scheduler, log, take } = createBench(t, [scheduled('often', '* * * * *')], { clock, driver: unsteady })
  scheduler.start()
  clock.advance(30_000)
  t.equal((await take()).job.function, 'often')
  t.match(log.lines.filter(({ level }) => level >= 40), [{ err: { code: 'FST_NETLIFY_QUEUE_UNAVAILABLE' } }])
})
