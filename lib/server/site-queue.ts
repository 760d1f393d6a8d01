import type { FastifyBaseLogger } from 'fastify'
import { FST_NETLIFY_QUEUE_BROKEN, FST_NETLIFY_QUEUE_UNAVAILABLE } from '../errors.ts'
import type { ReadyFunction } from '../functions/definition.ts'
import type { QueueDriver } from '../queue/driver.ts'
import { memoryQueue } from '../queue/memory.ts'
import { createReplaceableQueue } from '../queue/replaceable.ts'
import { within } from '../queue/within.ts'
import type { SiteVersion } from './site-version.ts'

export interface SiteQueueOptions {
  /** The one that the host gives. */
  readonly given: QueueDriver | undefined
  /** Of the default queue. */
  readonly file: string
  readonly log: FastifyBaseLogger
}

/** What a site puts into its queue: calls that are accepted with a 202, only runs of schedules, or nothing, which needs no file. */
export type QueueNeed = 'calls' | 'schedules' | 'nothing'

/** The queue of a site, which is opened when the site first needs it. */
export interface SiteQueue {
  readonly driver: QueueDriver
  /**
   * Opens it, unless it is open, once it is known to work or to be out of reach only for now.
   * @throws what the queue says is wrong with it, unless it is FST_NETLIFY_QUEUE_UNAVAILABLE
   */
  ensure (need: QueueNeed): Promise<void>
}

/** Milliseconds that a queue has to answer at boot; Fastify gives the whole plugin ten seconds. */
const BOOT_TIMEOUT = 3_000
/** Milliseconds that a driver gets for each of its last answers, so that none holds up the server's close. */
const DRIVER_TIMEOUT = 2_000
/** Ids in one line of the log. */
const LOGGED_JOBS = 1_000

/** How many sites use a driver: the last one that closes closes it. */
const users = new WeakMap<QueueDriver, number>()

/** Makes the queue of a site; it does no I/O before the site needs it. */
export function createSiteQueue ({ given, file, log }: SiteQueueOptions): SiteQueue {
  return given === undefined ? createDefaultQueue(file, log) : createGivenQueue(given, log)
}

/** The functions of a version whose calls wait in the queue. */
export function queuedFunctions ({ functions }: SiteVersion, runsSchedules: boolean): ReadyFunction[] {
  return [...functions.values()].filter((definition) => definition.state === 'ready')
    .filter(({ kind }) => kind === 'background' || (kind === 'scheduled' && runsSchedules))
}

export function queueNeed (version: SiteVersion, runsSchedules: boolean): QueueNeed {
  const queued = queuedFunctions(version, runsSchedules)
  if (queued.length === 0) return 'nothing'
  return queued.some(({ kind }) => kind === 'background') ? 'calls' : 'schedules'
}

/** Closes the queue of a site within bounded time, unless another site uses it, and logs which jobs it leaves. Never rejects. */
export async function closeQueue (driver: QueueDriver, unfinished: readonly string[], log: FastifyBaseLogger): Promise<void> {
  const others = leave(driver)
  if (driver.durable === false && others === 0) await logLost(driver, unfinished, log)
  else await logLeft(driver, unfinished, log)
  if (others > 0) return
  if (await within(DRIVER_TIMEOUT, closeDriver(driver, log)) === undefined) log.warn('the background queue did not close in time')
}

function createGivenQueue (driver: QueueDriver, log: FastifyBaseLogger): SiteQueue {
  let isBooted = false
  let isOpen = false
  users.set(driver, (users.get(driver) ?? 0) + 1)

  async function ensure (need: QueueNeed): Promise<void> {
    if (isOpen || need === 'nothing') return
    if (driver.durable === false) log.info('background calls wait in memory; those that have not run when the process ends are lost')
    await open(driver, log)
    isOpen = true
  }

  return {
    driver,
    async ensure (need) {
      try {
        await ensure(need)
        isBooted = true
      } catch (error) {
        // A site that does not boot closes nothing later.
        if (!isBooted && leave(driver) === 0) await within(DRIVER_TIMEOUT, driver.close())
        throw error
      }
    }
  }
}

function createDefaultQueue (file: string, log: FastifyBaseLogger): SiteQueue {
  const driver = createReplaceableQueue(memoryQueue())
  /** What it is good for. */
  let opened: QueueNeed = 'nothing'
  let last: Promise<void> = Promise.resolve()

  return {
    driver,
    async ensure (need) {
      const turn = last.then(async () => await ensure(need))
      last = turn.catch(() => {})
      await turn
    }
  }

  async function ensure (need: QueueNeed): Promise<void> {
    if (opened === 'calls' || need === 'nothing' || need === opened) return
    // Sites without such functions do not even load SQLite.
    const { sqliteQueue } = await import('../queue/sqlite.ts')
    const queue = sqliteQueue({ file })
    try {
      await open(queue, log)
      await driver.replace(queue)
      opened = 'calls'
    } catch (error) {
      await within(DRIVER_TIMEOUT, queue.close())
      // A run of a schedule that is lost comes again at the next time, and nobody has a 202 for it.
      if (need === 'calls' || !(error instanceof FST_NETLIFY_QUEUE_BROKEN)) throw error
      log.warn({ err: error }, 'scheduled runs wait in memory: where several processes serve this site, each of them runs every schedule, and a run that the end of its process breaks off is lost')
      opened = 'schedules'
    }
  }
}

async function open (driver: QueueDriver, log: FastifyBaseLogger): Promise<void> {
  try {
    await answer(driver)
  } catch (error) {
    if (!(error instanceof FST_NETLIFY_QUEUE_UNAVAILABLE)) throw error
    log.error({ err: error }, 'the background queue is unavailable; calls of background functions get 503 until it is back')
  }
}

/** Gives how many other sites use the driver. */
function leave (driver: QueueDriver): number {
  const others = (users.get(driver) ?? 1) - 1
  users.set(driver, others)
  return others
}

async function answer (driver: QueueDriver): Promise<void> {
  const stats = driver.stats()
  // It may reject after the time.
  stats.catch(() => {})
  const silence = Promise.withResolvers<never>()
  const timer = setTimeout(() => silence.reject(new FST_NETLIFY_QUEUE_UNAVAILABLE(`it does not answer within ${BOOT_TIMEOUT} ms`)), BOOT_TIMEOUT)
  try {
    await Promise.race([stats, silence.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function logLost (driver: QueueDriver, unfinished: readonly string[], log: FastifyBaseLogger): Promise<void> {
  const jobs = new Set(unfinished)
  await within(DRIVER_TIMEOUT, (async () => {
    for (let offset = 0, more = true; more; offset += LOGGED_JOBS) {
      const page = await driver.list({ state: 'waiting', offset, limit: LOGGED_JOBS })
      for (const { id } of page) jobs.add(id)
      more = page.length === LOGGED_JOBS
    }
  })())
  const ids = [...jobs]
  for (let start = 0; start < ids.length; start += LOGGED_JOBS) {
    log.warn({ jobs: ids.slice(start, start + LOGGED_JOBS), total: ids.length }, 'background jobs that did not run before the server closed')
  }
}

async function logLeft (driver: QueueDriver, unfinished: readonly string[], log: FastifyBaseLogger): Promise<void> {
  if (unfinished.length > 0) log.warn({ jobs: unfinished }, 'background jobs that had not ended when the server closed go back to the queue')
  const { waiting = 0 } = await within(DRIVER_TIMEOUT, driver.stats()) ?? {}
  if (waiting > 0) log.info({ waiting }, 'background jobs wait in the queue')
}

async function closeDriver (driver: QueueDriver, log: FastifyBaseLogger): Promise<true> {
  try {
    await driver.close()
  } catch (error) {
    log.warn({ err: error }, 'the background queue failed to close')
  }
  return true
}
