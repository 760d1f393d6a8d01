import { FST_NETLIFY_FUNCTION_NOT_FOUND, FST_NETLIFY_INVALID_JOB_FILTER, FST_NETLIFY_JOB_NOT_CHANGED } from '../errors.ts'
import type { Paused } from '../queue/consumer.ts'
import type { Job, JobCounts, JobFilter, JobState, QueueDriver } from '../queue/driver.ts'
import type { HeaderSeal } from '../queue/sealed-headers.ts'
import type { Background } from './background.ts'

/** The background jobs of a site, and of those with the same queue. Secret headers are left out. */
export interface Jobs {
  /** Newest first, 100 at a time unless the filter says otherwise. @throws FST_NETLIFY_INVALID_JOB_FILTER */
  list (filter?: JobFilter): Promise<Job[]>
  get (id: string): Promise<Job | undefined>
  /** Makes a failed or cancelled job due now, with all attempts again. @throws FST_NETLIFY_JOB_NOT_CHANGED */
  retry (id: string): Promise<void>
  /** Takes a waiting job out. @throws FST_NETLIFY_JOB_NOT_CHANGED */
  cancel (id: string): Promise<void>
  stats (): Promise<JobCounts>
  /** What this process does not run for the time being. */
  readonly paused: Paused
  /**
   * Begins no more jobs, of one function or at all, in this process only and until it ends. Calls are accepted all the
   * same, and running jobs go on. @throws FST_NETLIFY_FUNCTION_NOT_FOUND
   */
  pause (functionName?: string): void
  /** Takes back the pause of one function; without a name, every pause. @throws FST_NETLIFY_FUNCTION_NOT_FOUND */
  resume (functionName?: string): void
}

export interface JobsOptions {
  readonly driver: QueueDriver
  readonly background: Pick<Background, 'paused' | 'pause' | 'resume'>
  readonly seal: HeaderSeal
  readonly hasFunction: (name: string) => boolean
}

export const JOB_STATES: readonly JobState[] = ['waiting', 'running', 'succeeded', 'failed', 'cancelled']

const FILTER_RULES: Readonly<Record<keyof JobFilter, readonly [isGood: (value: unknown) => boolean, rule: string]>> = {
  id: [isText, 'must be a text'],
  function: [isText, 'must be the name of a function'],
  state: [(value) => JOB_STATES.some((state) => state === value), `must be one of ${JOB_STATES.map((state) => `"${state}"`).join(', ')}`],
  offset: [isCount, 'must be a whole number from 0 on'],
  limit: [(value) => value === Infinity || isCount(value), 'must be a whole number from 0 on, or Infinity for all jobs']
}

/** Makes `app.netlifyFunctions.jobs`. */
export function createJobs ({ driver, background, seal, hasFunction }: JobsOptions): Jobs {
  return {
    async list (filter) {
      if (filter !== undefined) checkFilter(filter)
      return (await driver.list(filter)).map(seal.conceal)
    },
    async get (id) {
      const [job] = await driver.list({ id })
      return job && seal.conceal(job)
    },
    retry: async (id) => { await change(id, 'retry') },
    cancel: async (id) => { await change(id, 'cancel') },
    stats: async () => await driver.stats(),
    get paused () {
      return background.paused
    },
    pause (functionName) {
      checkName(functionName)
      background.pause(functionName)
    },
    resume (functionName) {
      checkName(functionName)
      background.resume(functionName)
    }
  }

  async function change (id: string, what: 'cancel' | 'retry'): Promise<void> {
    if (await driver.change(id, what)) return
    const [job] = await driver.list({ id })
    throw new FST_NETLIFY_JOB_NOT_CHANGED(id, job === undefined ? 'there is no such job' : `it cannot ${what} while it is ${job.state}`)
  }

  function checkName (functionName: string | undefined): void {
    if (functionName !== undefined && !hasFunction(functionName)) throw new FST_NETLIFY_FUNCTION_NOT_FOUND(functionName)
  }
}

/** A filter often comes from a query string. */
function checkFilter (filter: unknown): void {
  if (typeof filter !== 'object' || filter === null) throw new FST_NETLIFY_INVALID_JOB_FILTER('the filter must be an object')
  const known = new Map(Object.entries(FILTER_RULES))
  for (const [key, value] of Object.entries(filter)) {
    const [isGood, rule] = known.get(key) ?? []
    if (isGood === undefined) throw new FST_NETLIFY_INVALID_JOB_FILTER(`the filter must have no "${key}", only ${[...known.keys()].join(', ')}`)
    if (value !== undefined && !isGood(value)) throw new FST_NETLIFY_INVALID_JOB_FILTER(`"${key}" of the filter ${rule}`)
  }
}

function isText (value: unknown): boolean {
  return typeof value === 'string'
}

function isCount (value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
