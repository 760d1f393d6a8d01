import { FST_NETLIFY_FUNCTION_NOT_FOUND } from '../errors.ts'
import { nextRun } from '../functions/cron.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import { createRequestId } from '../invoke/request-id.ts'
import type { Paused } from '../queue/consumer.ts'
import type { Job, JobState, QueueDriver } from '../queue/driver.ts'
import type { Background } from './background.ts'
import { isScheduledRun, scheduledRequest, type Scheduler } from './scheduled.ts'

/** A function that runs at times of its own. */
export interface ScheduleInfo {
  readonly function: string
  /** The cron expression, in UTC. */
  readonly schedule: string
  /** The next five times. */
  readonly nextRuns: readonly Date[]
  /** Whether the clock of this process runs it: not with `schedule: false`, and not before the server listens. */
  readonly active: boolean
  /** Its times pass by unqueued. */
  readonly paused: boolean
  /** The newest run that the queue still has: among all jobs of the function or, if clients call it too, its newest 100. */
  readonly lastRun: ScheduledRun | undefined
}

export interface ScheduledRun {
  /** When it was queued. */
  readonly at: Date
  readonly state: JobState
  /** What its last attempt failed with, unless it has succeeded since. */
  readonly error?: string
  /** Id of its job. */
  readonly job: string
}

/** The schedules of a site. */
export interface Schedules {
  list (): Promise<ScheduleInfo[]>
  /**
   * Queues a run for now, as the clock would, and gives the id of its job. While a run is due that has not begun, that is the one.
   * @throws FST_NETLIFY_FUNCTION_NOT_FOUND for what has no schedule, FST_NETLIFY_QUEUE_UNAVAILABLE
   */
  run (functionName: string): Promise<string>
  /** What the clock of this process leaves out for the time being. */
  readonly paused: Paused
  /**
   * Lets the times of one function, or of all, pass by unqueued, in this process only and until it ends.
   * @throws FST_NETLIFY_FUNCTION_NOT_FOUND for what has no schedule
   */
  pause (functionName?: string): void
  /** Takes back the pause of one function; without a name, every pause. @throws FST_NETLIFY_FUNCTION_NOT_FOUND for what has no schedule */
  resume (functionName?: string): void
}

export interface SchedulesOptions {
  /** Those of the moment. */
  readonly functions: () => ReadonlyMap<string, FunctionDefinition>
  readonly scheduler: Pick<Scheduler, 'active' | 'stopped' | 'paused' | 'pause' | 'resume'>
  readonly background: Pick<Background, 'accept'>
  readonly driver: Pick<QueueDriver, 'list'>
  /** Opens the queue, which a site whose schedules are off has not done. */
  readonly openQueue: () => Promise<void>
  readonly siteUrl: () => string | undefined
}

const NEXT_RUNS = 5
/** How far back the last run is looked for: mostly the newest job is it, and jobs bring their bodies with them. */
const LOOKS = [1, 100]

/** Makes `app.netlifyFunctions.schedules`. */
export function createSchedules ({ functions, scheduler, background, driver, openQueue, siteUrl }: SchedulesOptions): Schedules {
  return {
    async list () {
      return await Promise.all([...functions().keys()].flatMap((name) => {
        const schedule = scheduleOf(name)
        return schedule === undefined ? [] : describe(name, schedule)
      }))
    },

    async run (functionName) {
      const schedule = checkName(functionName)
      if (!scheduler.stopped) await openQueue()
      const waiting = await findDueRun(functionName)
      if (waiting !== undefined) return waiting
      return await background.accept({
        functionName,
        requestId: createRequestId(),
        ip: '',
        params: {},
        route: undefined,
        request: scheduledRequest(functionName, nextRun(schedule, Date.now()), siteUrl())
      })
    },

    get paused () {
      return scheduler.paused
    },
    pause (functionName) {
      if (functionName !== undefined) checkName(functionName)
      scheduler.pause(functionName)
    },
    resume (functionName) {
      if (functionName !== undefined) checkName(functionName)
      scheduler.resume(functionName)
    }
  }

  async function describe (name: string, schedule: string): Promise<ScheduleInfo> {
    const { all, functions: paused } = scheduler.paused
    return {
      function: name,
      schedule,
      nextRuns: nextRuns(schedule),
      active: scheduler.active,
      paused: all || paused.includes(name),
      lastRun: await findLastRun(name)
    }
  }

  async function findLastRun (name: string): Promise<ScheduledRun | undefined> {
    for (const limit of LOOKS) {
      const jobs = await driver.list({ function: name, limit })
      const run = jobs.find(isScheduledRun)
      if (run !== undefined) return toRun(run)
      if (jobs.length < limit) return undefined
    }
    return undefined
  }

  /** One that is to be tried again later is none: somebody wants the function to run now. */
  async function findDueRun (functionName: string): Promise<string | undefined> {
    const now = Date.now()
    const jobs = await driver.list({ function: functionName, state: 'waiting' })
    return jobs.find((job) => isScheduledRun(job) && job.runAt <= now)?.id
  }

  function checkName (name: string): string {
    const schedule = scheduleOf(name)
    if (schedule === undefined) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(name)
    return schedule
  }

  function scheduleOf (name: string): string | undefined {
    const definition = functions().get(name)
    return definition?.state === 'ready' ? definition.config.schedule : undefined
  }
}

function nextRuns (schedule: string): Date[] {
  const times: number[] = []
  for (let time = nextRun(schedule, Date.now()); time !== Infinity && times.length < NEXT_RUNS; time = nextRun(schedule, time)) times.push(time)
  return times.map((time) => new Date(time))
}

function toRun ({ id, state, enqueuedAt, error }: Job): ScheduledRun {
  return { at: new Date(enqueuedAt), state, job: id, ...error !== undefined && state !== 'succeeded' && { error } }
}
