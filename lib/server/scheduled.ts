import type { FastifyBaseLogger } from 'fastify'
import { nextRun } from '../functions/cron.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { Paused } from '../queue/consumer.ts'
import type { Job, QueueDriver } from '../queue/driver.ts'
import { createOutage } from '../queue/outage.ts'
import type { Background } from './background.ts'

/** What time is measured with. */
export interface Clock {
  /** Epoch ms. */
  now (): number
  /** Calls back once, after `delay` ms, unless the function it gives is called before. */
  setTimer (callback: () => void, delay: number): () => void
}

export interface SchedulerOptions {
  /** Those of the moment. */
  readonly functions: () => Iterable<FunctionDefinition>
  readonly background: Pick<Background, 'accept'>
  readonly driver: Pick<QueueDriver, 'list'>
  /** Whether the function runs outside the queue. */
  readonly isRunning: (functionName: string) => boolean
  /** Where the site is reached, for `req.url`. */
  readonly siteUrl: () => string | undefined
  readonly log: FastifyBaseLogger
  readonly clock?: Clock
}

/** Runs scheduled functions at their times. */
export interface Scheduler {
  /** From the start to the stop. */
  readonly active: boolean
  readonly stopped: boolean
  readonly paused: Paused
  start (): void
  /** Lets the times of a function, or of all, pass by unqueued. */
  pause (functionName?: string): void
  /** Takes a pause back: that of a function or, without a name, every one. */
  resume (functionName?: string): void
  /** Looks at the functions again, after a reload. */
  update (): void
  stop (): void
}

interface Schedule {
  readonly functionName: string
  readonly cron: string
  /** Epoch ms of its next run. */
  due: number
}

/** So that a clock which is set, or a machine that slept, is noticed within a minute. */
const LONGEST_WAIT = 60_000

const systemClock: Clock = {
  now: () => Date.now(),
  setTimer (callback, delay) {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  }
}

/**
 * Each run is a job of the queue, under a key that all processes with the same queue give it, so that one of
 * them runs it. While a run waits or has not ended, the next ones of its function are skipped.
 */
export function createScheduler ({ functions, background, driver, isRunning, siteUrl, log, clock = systemClock }: SchedulerOptions): Scheduler {
  const stopping = new AbortController()
  const outage = createOutage(log)
  const pausedFunctions = new Set<string>()
  let allPaused = false
  let schedules: Schedule[] | undefined
  let clearTimer = (): void => {}

  return {
    get active () {
      return schedules !== undefined && !stopping.signal.aborted
    },
    get stopped () {
      return stopping.signal.aborted
    },
    get paused () {
      return { all: allPaused, functions: [...pausedFunctions] }
    },
    pause (functionName) {
      if (functionName === undefined) allPaused = true
      else pausedFunctions.add(functionName)
    },
    resume (functionName) {
      if (functionName !== undefined) {
        pausedFunctions.delete(functionName)
        return
      }
      allPaused = false
      pausedFunctions.clear()
    },
    start () {
      if (schedules !== undefined || stopping.signal.aborted) return
      begin()
    },
    update () {
      if (schedules === undefined || stopping.signal.aborted) return
      clearTimer()
      begin()
    },
    stop () {
      stopping.abort()
      clearTimer()
    }
  }

  function begin (): void {
    schedules = readSchedules(functions(), clock.now(), schedules ?? [])
    for (const { functionName, cron, due } of schedules) log.debug({ function: functionName, schedule: cron, nextRun: new Date(due) }, 'function scheduled')
    setTimer(schedules)
  }

  function setTimer (all: readonly Schedule[]): void {
    if (all.length === 0) return
    const wait = Math.min(...all.map(({ due }) => due)) - clock.now()
    clearTimer = clock.setTimer(() => {
      runDue(all)
      setTimer(all)
    }, Math.min(Math.max(wait, 0), LONGEST_WAIT))
  }

  function runDue (all: readonly Schedule[]): void {
    const now = clock.now()
    for (const schedule of all.filter(({ due }) => due <= now)) {
      // Times that went by while the process could not look are one run, not several.
      schedule.due = nextRun(schedule.cron, now)
      if (allPaused || pausedFunctions.has(schedule.functionName)) log.debug({ function: schedule.functionName }, 'scheduled run left out, as its schedule is paused')
      else run(schedule.functionName, schedule.due, schedule.due - now)
    }
  }

  async function run (functionName: string, next: number, patience: number): Promise<void> {
    const { signal } = stopping
    const answer = await outage.survive(() => enqueue(functionName, next), signal, patience)
    if (signal.aborted || answer === 'queued') return
    if (answer === 'busy') log.warn({ function: functionName }, 'scheduled run skipped, as an earlier one has not ended')
    else log.error({ function: functionName }, 'scheduled run left out, as the queue did not accept it')
  }

  async function enqueue (functionName: string, next: number): Promise<'queued' | 'busy'> {
    const request = scheduledRequest(functionName, next, siteUrl())
    if (isRunning(functionName) || await hasOtherRun(functionName, request.body)) return 'busy'
    await background.accept({
      functionName,
      requestId: createRequestId(),
      ip: '',
      params: {},
      route: undefined,
      request,
      uniqueKey: `${functionName}@${new Date(next).toISOString()}`
    })
    return 'queued'
  }

  /** Another process may have queued the same run a moment before. */
  async function hasOtherRun (functionName: string, body: Uint8Array): Promise<boolean> {
    const jobs = await Promise.all((['running', 'waiting'] as const).map((state) => driver.list({ function: functionName, state })))
    return jobs.flat().some((job) => isScheduledRun(job) && Buffer.compare(job.request.body ?? new Uint8Array(), body) !== 0)
  }
}

/** The request that Netlify's clock sends. */
export function scheduledRequest (functionName: string, next: number, siteUrl: string | undefined): Job['request'] & { body: Uint8Array<ArrayBuffer> } {
  const path = `/.netlify/functions/${functionName}`
  return {
    method: 'POST',
    url: (URL.parse(path, siteUrl) ?? new URL(path, 'http://localhost')).href,
    headers: { 'content-type': 'application/json', 'user-agent': 'Netlify Clockwork', 'x-nf-event': 'schedule' },
    body: new TextEncoder().encode(JSON.stringify({ next_run: new Date(next) }))
  }
}

/** @param known whose times stay, also those that are due at this moment */
function readSchedules (functions: Iterable<FunctionDefinition>, now: number, known: readonly Schedule[]): Schedule[] {
  return [...functions].flatMap(({ name: functionName, ...definition }) => {
    const cron = definition.state === 'ready' ? definition.config.schedule : undefined
    if (cron === undefined) return []
    const due = known.find((other) => other.functionName === functionName && other.cron === cron)?.due ?? nextRun(cron, now)
    return { functionName, cron, due }
  })
}

/** A background function may be called by its schedule and by clients. */
export function isScheduledRun ({ request }: Pick<Job, 'request'>): boolean {
  return request.headers['x-nf-event'] === 'schedule'
}
